// The whole job by way of a language model's wire: ChatOpenAI over a real socket to a scripted
// OpenAI-compatible server. Behind the server stands the offline model, so that answers are sound; what
// is under test is the path, and what happens when the wire fails.
import { OfflineModel } from "../../src/models/offline/index.ts";
import { answer, type RunEnd } from "../../src/runs/index.ts";
import { answeringWith } from "../fakes/openai-llm.ts";
import { type Fault, type Script, startOpenAIServer } from "../fakes/openai-server.ts";
import { openJob, rejectionsOf, SALES_GOAL, valuesOf } from "./job.ts";

const sound = answeringWith(new OfflineModel());

const withServer = async <Result>(
  script: Script,
  use: (job: Awaited<ReturnType<typeof openJob>>, requests: unknown[]) => Promise<Result>,
  environment: Record<string, string> = {},
): Promise<Result> => {
  const server = await startOpenAIServer(script, { key: "secret" });
  const job = await openJob({
    TUTTI_MODEL: "openai:scripted",
    OPENAI_API_KEY: "secret",
    OPENAI_BASE_URL: server.url,
    ...environment,
  });
  try {
    return await use(job, server.requests);
  } finally {
    await job.close();
    await server.close();
  }
};

const FILES = ["sales.csv", "plan.xlsx"];
/** Fewer figures where the wire is what matters. */
const SMALL_GOAL = "Revenue by region in September 2026";
const failureOf = (end: RunEnd) =>
  end.questions.map(({ payload }) => payload?.actionRequests[0]?.args["code"]);

describe("the whole job by an OpenAI-compatible server", () => {
  it("finishes with verified figures, its tokens counted", async () => {
    await withServer(sound, async (job, requests) => {
      const end = await job.run(SALES_GOAL, FILES);
      expect(end.error).toBeUndefined();
      expect(end.status).toBe("finished");
      expect(rejectionsOf(end)).toEqual({});
      expect(requests.length).toBeGreaterThan(10);
      const { spent } = valuesOf(end);
      expect(spent.calls).toBe(requests.length);
      expect(spent.inputTokens).toBeGreaterThan(1000);
      expect(spent.costEur).toBe(0); // a server on this machine costs nothing
    });
  });

  it("pauses at its budget before it is overspent, and goes on when more is granted", async () => {
    await withServer(sound, async (job, requests) => {
      await job.data.budget.limit(job.execution.threadId, { calls: 4 });
      const end = await job.run(SALES_GOAL, FILES);
      expect(end.status).toBe("limit");
      expect(requests).toHaveLength(4);
      const [question] = end.questions;
      const done = await answer(job.execution, {
        [question?.interruptId ?? ""]: { type: "respond", value: "500calls" },
      });
      expect(done.status).toBe("finished");
    });
  });

  // Faults that pass: the call is tried again and the job finishes without anyone noticing.
  const passing: [string, Fault][] = [
    ["429 with Retry-After", { fault: "status", status: 429, headers: { "retry-after": "0" } }],
    ["500", { fault: "status", status: 500 }],
    ["a cut connection", { fault: "reset" }],
    ["a stream cut in the middle", { fault: "cut", after: 2, reply: { text: "half of an ans" } }],
    ["no choices", { fault: "empty-choices" }],
  ];
  it.each(passing)("gets over %s in the middle", async (_name, fault) => {
    await withServer(
      (request, n) => (n === 3 ? fault : sound(request, n)),
      async (job) => {
        const end = await job.run(SMALL_GOAL, ["sales.csv"]);
        expect(end.error).toBeUndefined();
        expect(end.status).toBe("finished");
      },
    );
  });

  it("gets over malformed tool arguments and prose where a call was due", async () => {
    await withServer(
      (request, n) => {
        if (n === 2) return { text: "I think the revenue went up quite a lot." };
        if (n === 4) return { toolCalls: [{ name: "sql", args: '{"query": "select' }] };
        return sound(request, n);
      },
      async (job) => {
        const end = await job.run(SMALL_GOAL, ["sales.csv"]);
        expect(end.status).toBe("finished");
      },
    );
  });

  // Faults that stay: a durable pause that names the cause; once mended, the run goes on where it stood.
  it.each([
    ["401", { fault: "status", status: 401, message: "Incorrect API key" }, "MODEL_AUTH"],
    ["a refused connection", { fault: "status", status: 503 }, "MODEL_UNAVAILABLE"],
  ] as [string, Fault, string][])(
    "stands still at %s, names it, and goes on when it is mended",
    async (_name, fault, code) => {
      let isBroken = false;
      await withServer(
        (request, n) => (isBroken ? fault : sound(request, n)),
        async (job, requests) => {
          isBroken = true;
          const end = await job.run(SMALL_GOAL, ["sales.csv"]);
          expect(end.status).toBe("failed");
          expect(end.error).toMatchObject({ code });
          expect(failureOf(end)).toEqual([code]);
          isBroken = false;
          const before = requests.length;
          const done = await answer(job.execution, {
            [end.questions[0]?.interruptId ?? ""]: { type: "approve" },
          });
          expect(done.status).toBe("finished");
          expect(requests.length).toBeGreaterThan(before);
        },
      );
    },
  );

  it("ends honestly when the model refuses the goal", async () => {
    await withServer(
      () => ({ refusal: "I can't help with that." }),
      async (job) => {
        const end = await job.run(SALES_GOAL, FILES);
        expect(end).toMatchObject({ status: "failed", error: { code: "MODEL_REFUSED" } });
        expect(valuesOf(end).artifacts).toEqual([]);
      },
    );
  });
});
