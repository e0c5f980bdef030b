// The dashboard's only script: sorting and filtering of tables. Without it the page is complete.

export const DASHBOARD_SCRIPT = `
"use strict";
for (const table of document.querySelectorAll("table[data-sortable]")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const original = [...body.rows];
  const key = (row, i) => row.cells[i].dataset.value ?? row.cells[i].textContent;
  heads.forEach((head, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const was = head.getAttribute("aria-sort");
      const next = was === "ascending" ? "descending" : was === "descending" ? null : "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      if (next === null) return body.append(...original);
      head.setAttribute("aria-sort", next);
      const sign = next === "ascending" ? 1 : -1;
      const numeric = head.classList.contains("num");
      const missing = (value) => value === "" || (numeric && Number.isNaN(Number(value)));
      body.append(...[...original].sort((a, b) => {
        const [x, y] = [key(a, i), key(b, i)];
        if (missing(x) || missing(y)) return Number(missing(x)) - Number(missing(y));
        return sign * (numeric ? Number(x) - Number(y) : x.localeCompare(y));
      }));
    });
  });
}
for (const slot of document.querySelectorAll("[data-filter]")) {
  const table = document.getElementById(slot.dataset.filter);
  const label = document.createElement("label");
  const input = document.createElement("input");
  input.type = "search";
  label.append("Filter rows", input);
  slot.append(label);
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    for (const row of table.tBodies[0].rows) {
      row.hidden = wanted !== "" && !row.textContent.toLowerCase().includes(wanted);
    }
  });
}
`;
