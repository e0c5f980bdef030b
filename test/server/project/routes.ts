// Routes of a project's own: they see requests before the API does, and call it without an address.
import { Client } from "@langchain/langgraph-sdk";
import { Hono } from "hono";

let told: unknown = null;

export const app = new Hono()
  .use(async (context, next) => {
    const voice = context.req.header("x-speak");
    if (voice !== undefined && context.req.method === "POST") {
      const body = (await context.req.json()) as { config?: object };
      body.config = { configurable: { voice } };
      Object.assign(context.req.bodyCache, { json: Promise.resolve(body) });
    }
    if (context.req.header("x-listen") !== undefined) await context.req.json();
    await next();
  })
  .get("/own/speech", async (context) =>
    context.json(await new Client().runs.wait(null, "speaker", { input: { messages: ["hi"] } })),
  )
  .post("/own/told", async (context) => {
    told = await context.req.json();
    return context.json({});
  })
  .get("/own/told", (context) => context.json(told));
