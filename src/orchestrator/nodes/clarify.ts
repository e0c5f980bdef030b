// Asks the person, once and in one form, what the goal leaves open.
import { z } from "zod";
import { ask } from "../../governance/index.ts";
import { clarifyQuestion } from "../questions.ts";
import type { Patch, State } from "../state.ts";

export const clarify = (state: State): Patch => {
  const { form } = state.ledger;
  if (form === null) return {};
  const answer = ask(clarifyQuestion(form));
  const given =
    answer.type === "respond" ? z.record(z.string(), z.unknown()).parse(answer.value) : {};
  const usual = form.questions.map(({ id, default: value }) => [id, value] as const);
  const clarifications = {
    ...Object.fromEntries(usual.filter(([, value]) => value !== undefined)),
    ...given,
  };
  return { ledger: { ...state.ledger, form: null, clarifications } };
};
