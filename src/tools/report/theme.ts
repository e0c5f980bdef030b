// One look for charts, workbook, PDF and HTML, so that they are siblings.

/** Told apart also by readers who confuse red and green: neighbours differ in lightness. */
export const PALETTE = [
  "#1f5f8b",
  "#e08a1e",
  "#3aa392",
  "#a8446e",
  "#8aa4b8",
  "#c9b037",
  "#6c5ba7",
  "#7a4a2b",
] as const;

export const COLORS = {
  ink: "#1b2733",
  muted: "#5b6875",
  faint: "#8793a0",
  rule: "#d5dce3",
  grid: "#e6ebf0",
  zebra: "#f5f8fa",
  tint: "#eaf1f6",
  accent: "#1f5f8b",
  paper: "#ffffff",
  // The direction of a change, not whether it is good: more complaints are no success.
  up: "#1f5f8b",
  down: "#a03a64",
} as const;
