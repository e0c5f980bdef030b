import { useState } from "react";
import "./cards.css";

const Letter = ({ to }) => {
  const [isOpen, open] = useState(false);
  return <button onClick={() => open(!isOpen)}>A letter to {to}</button>;
};

export default { letter: Letter };
