// Figures as Prometheus reads them.
import { createMetrics } from "../../src/observability/index.ts";

const idle = { runs: {}, oldestDueSeconds: 0 };

describe("metrics", () => {
  it("count runs by status, and how long the queue waits", async () => {
    const text = await createMetrics().text({
      runs: { pending: 3, success: 10 },
      oldestDueSeconds: 1.5,
    });
    expect(text).toContain('tutti_runs{status="pending"} 3');
    expect(text).toContain("tutti_queue_depth 3");
    expect(text).toContain("tutti_queue_oldest_due_seconds 1.5");
  });

  it("forget statuses that no run has any more", async () => {
    const metrics = createMetrics();
    await metrics.text({ runs: { error: 1 }, oldestDueSeconds: 0 });
    expect(await metrics.text(idle)).not.toContain('status="error"');
  });

  it("measure requests by route, runs by graph, and open streams", async () => {
    const metrics = createMetrics();
    metrics.request({ method: "GET", route: "/threads/{thread_id}", status: 200, seconds: 0.02 });
    metrics.run({ graph: "chain", status: "success", seconds: 3 });
    metrics.stream(1);
    metrics.stream(1);
    metrics.stream(-1);
    const text = await metrics.text(idle);
    expect(text).toMatch(/tutti_http_request_duration_seconds_bucket\{le="0.025",.*\} 1/);
    expect(text).toContain('tutti_runs_ended_total{graph="chain",status="success"} 1');
    expect(text).toContain("tutti_streams_open 1");
  });

  it("of two servers in one process are apart", async () => {
    const [one, other] = [createMetrics(), createMetrics()];
    one.stream(1);
    expect(await other.text(idle)).toContain("tutti_streams_open 0");
  });
});
