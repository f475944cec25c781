import { expect, test } from "vitest";
import { createReporter } from "../../../core/cli/reporters/create-reporter.ts";
import type { TsdockEvent } from "../../../core/events.ts";
import { recordedTerminal } from "../../support/recorded-terminal.ts";

function printed(events: readonly TsdockEvent[], env: Readonly<Record<string, string>> = {}): string {
  const { terminal, text } = recordedTerminal();
  const reporter = createReporter("plain", { terminal, debug: false, env });
  for (const event of events) reporter.emit(event);
  reporter.close();
  return text();
}

const blob = (state: "done" | "existing", id: string): TsdockEvent => ({
  type: "transfer",
  id,
  kind: "push",
  name: "oci:/release@sha256:00",
  done: 1000,
  state,
});

test("a layer that images share is told of once", () => {
  expect(printed([blob("done", "1"), blob("existing", "2"), blob("existing", "3")])).toBe(
    "push oci:/release@sha256:00 1.00kB\n",
  );
});

test("what a step or a registry says does not command the terminal", () => {
  const text = printed([
    { type: "vertex.log", id: "1", stream: "stdout", text: "\u001b[2J\u001b]0;x\u0007hello\n" },
    { type: "retry", what: "push", reason: "\u001b[1Abusy", delayMs: 1000, attempt: 1 },
  ]);
  expect(text).toBe("#1 hello\nretry push: busy; again in 1.0s\n");
});

test("a warning is one command to the runner of GitHub Actions", () => {
  const text = printed(
    [
      { type: "vertex.log", id: "1", stream: "stdout", text: "##[add-path]/tmp\n" },
      {
        type: "warning",
        code: "CONTEXT_SKIPPED",
        message: "100% odd\n::error::x",
        place: { file: "a,b:c.ts", line: 1, column: 2 },
      },
    ],
    { GITHUB_ACTIONS: "true" },
  );
  expect(text).not.toContain("##[");
  expect(text).toContain("::warning file=a%2Cb%3Ac.ts,line=1,col=2::100%25 odd%0A::error::x\n");
});

test("what could not begin has its name, and what ran the time that it took", () => {
  const vertex = (id: string) => ({ id, name: `RUN ${id}`, op: "exec", images: ["web"] });
  const text = printed([
    { type: "vertex.start", vertex: vertex("a"), at: 0 },
    { type: "vertex.done", vertex: vertex("b"), at: 1, ms: 0, outcome: "failed" },
    { type: "vertex.done", vertex: vertex("a"), at: 1500, ms: 1500, outcome: "failed" },
    { type: "vertex.done", vertex: vertex("c"), at: 1500, ms: 0, outcome: "cancelled" },
  ]);
  expect(text).toBe("#1 [web] RUN a\n#2 [web] RUN b\n#2 FAILED 0.0s\n#1 FAILED 1.5s\n");
});
