// What is promised of the server, beside what the official one was measured at, and whether it is kept.
import type { Host, Kind } from "./server-hosts.ts";

export interface Aim {
  readonly measure: string;
  readonly unit: string;
  /** More is better. */
  readonly isRate?: boolean;
  readonly sqlite: number;
  readonly postgres: number;
}

export const AIMS = {
  start: { measure: "start to ready", unit: "ms", sqlite: 1_000, postgres: 1_000 },
  wait: { measure: "run of ten nodes, wait, alone", unit: "ms", sqlite: 25, postgres: 70 },
  first: { measure: "first event of a stream", unit: "ms", sqlite: 10, postgres: 40 },
  load: {
    measure: "runs of ten nodes, 64 at a time",
    unit: "runs/s",
    isRate: true,
    sqlite: 45,
    postgres: 80,
  },
  memory: { measure: "memory of the largest process", unit: "MiB", sqlite: 200, postgres: 200 },
  /** One node of 400 ms is part of it. SQLite: at restart; PostgreSQL: in another worker. */
  recovery: {
    measure: "kill -9 to the run's next step",
    unit: "ms",
    sqlite: 2_000,
    postgres: 12_000,
  },
} satisfies Record<string, Aim>;

const bound = (aim: Aim, kind: Exclude<Kind, "official">): string =>
  `${aim.isRate === true ? ">=" : "<="} ${aim[kind]}`;

/** The measure and what it should be. */
export const titleOf = (aim: Aim): string =>
  `${aim.measure} (aim ${bound(aim, "sqlite")} ${aim.unit} on SQLite, ${bound(aim, "postgres")} on PostgreSQL)`;

const verdicts: string[] = [];

/** Keeps whether one of ours is where it should be. */
export const judge = (aim: Aim, { kind, name }: Host, value: number): void => {
  if (kind === "official") return;
  const isReached = aim.isRate === true ? value >= aim[kind] : value <= aim[kind];
  const figure = `${value.toFixed(value < 100 ? 1 : 0)} ${aim.unit} (${bound(aim, kind)})`;
  verdicts.push(
    `${isReached ? "reached" : "MISSED "}  ${aim.measure.padEnd(48)} ${figure.padEnd(30)} ${name}`,
  );
};

export const sayVerdicts = (): void => {
  console.log("\nAims, against the medians above");
  for (const verdict of verdicts) console.log(verdict);
};
