import * as fc from "fast-check";
import { expect, it } from "vitest";
import { decideReservation, type ReservationRequest } from "../../src/governance/reservation.ts";

const none = { tokens: 0, microEur: 0, calls: 0 };
const request = (more: Partial<ReservationRequest>): ReservationRequest => ({
  limits: {},
  totals: { settled: none, reserved: none },
  promptTokens: 1000,
  wantedOutput: 4000,
  leastOutput: 250,
  cost: (output) => 1000 + output * 4,
  ...more,
});
const of = (tokens: number, microEur: number, calls = 1) => ({ tokens, microEur, calls });

const cases: [string, Partial<ReservationRequest>, object][] = [
  ["nothing limits it", {}, { amounts: of(5000, 17_000) }],
  [
    "only calls are limited",
    { limits: { calls: 1 } },
    { kind: "reserve", amounts: of(5000, 17_000) },
  ],
  ["there is room", { limits: { tokens: 9000 } }, { maxTokens: 4000 }],
  [
    "few tokens are left",
    { limits: { tokens: 2000 } },
    { maxTokens: 1000, amounts: of(2000, 5000) },
  ],
  [
    "little money is left",
    { limits: { microEur: 3001 } },
    { maxTokens: 500, amounts: of(1500, 3000) },
  ],
  [
    "others have reserved",
    { limits: { tokens: 9000 }, totals: { settled: of(3000, 0), reserved: of(4000, 0) } },
    { maxTokens: 1000 },
  ],
  [
    "the answer would be too short",
    { limits: { tokens: 1249 } },
    { kind: "refuse", limit: "tokens", left: 1249, spent: 0 },
  ],
  [
    "the money does not suffice",
    { limits: { microEur: 5000 }, totals: { settled: of(0, 4000), reserved: none } },
    { kind: "refuse", limit: "microEur", left: 1000, spent: 4000 },
  ],
  [
    "no call is left",
    { limits: { calls: 3 }, totals: { settled: of(0, 0, 3), reserved: none } },
    { kind: "refuse", limit: "calls", left: 0, spent: 3 },
  ],
];
it.each(cases)("what a call may take when %s", (_name, more, decision) => {
  expect(decideReservation(request(more))).toMatchObject(decision);
});

it("a grant never passes a limit, and takes all there is up to what is wanted", () => {
  const amount = fc.integer({ min: 0, max: 20_000 });
  fc.assert(
    fc.property(amount, amount, amount, amount, fc.integer({ min: 0, max: 9 }), (a, b, c, d, e) => {
      const given = request({
        limits: { tokens: a, microEur: b },
        totals: { settled: of(c, 0), reserved: of(0, d) },
        promptTokens: 100,
        cost: (output) => 50 + output * e,
      });
      const decision = decideReservation(given);
      if (decision.kind === "refuse") return;
      const { tokens, microEur } = decision.amounts;
      expect(tokens + c).toBeLessThanOrEqual(a);
      expect(microEur + d).toBeLessThanOrEqual(b);
      const more = tokens - 100 + 1;
      const fits = more <= 4000 && 100 + more + c <= a && given.cost(more) + d <= b;
      expect(fits).toBe(false);
    }),
  );
});
