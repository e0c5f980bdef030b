// Logs are JSON, one object a line, and hold no secret that came in a header.
import { createLogger } from "../../src/observability/index.ts";

const written = (level: "info" | "debug" = "info") => {
  const lines: string[] = [];
  const logger = createLogger({ level, destination: { write: (line) => void lines.push(line) } });
  return { logger, lines };
};

describe("the log", () => {
  it("is one JSON object a line, with level and time in words", () => {
    const { logger, lines } = written();
    logger.info({ runId: "r" }, "began");
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "info", runId: "r", msg: "began" });
    expect((JSON.parse(lines[0] ?? "") as { time: string }).time).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  it("hides keys, tokens and cookies wherever headers are logged", () => {
    const { logger, lines } = written();
    const headers = { authorization: "Bearer s3", "x-api-key": "s3", cookie: "a=s3", accept: "*" };
    logger.info({ headers });
    logger.info({ req: { headers } });
    logger.info(headers);
    expect(lines.join()).not.toContain("s3");
    expect(lines.join()).toContain('"accept":"*"');
  });

  it("leaves out what is below its level", () => {
    const { logger, lines } = written();
    logger.debug("detail");
    expect(lines).toEqual([]);
  });
});
