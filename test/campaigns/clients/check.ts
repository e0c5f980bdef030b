// One line a check; a failed one does not stop the others.
export interface Checks {
  check(name: string, body: () => Promise<string | void>): Promise<void>;
  /** The last line, and whether all passed. */
  conclude(campaign: string): boolean;
}

export const createChecks = (): Checks => {
  let passed = 0;
  const failures: string[] = [];
  return {
    check: async (name, body) => {
      const began = performance.now();
      try {
        const note = await body();
        passed += 1;
        const time = `${Math.round(performance.now() - began)} ms`;
        console.log(`ok    ${name} (${note === undefined ? time : `${note}, ${time}`})`);
      } catch (error) {
        failures.push(name);
        console.log(
          `FAIL  ${name}\n      ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    },
    conclude: (campaign) => {
      const total = passed + failures.length;
      const failed = failures.length === 0 ? "" : `; failed: ${failures.join("; ")}`;
      console.log(`${campaign}: ${passed} of ${total} checks passed${failed}`);
      return failures.length === 0;
    },
  };
};
