import { describe, expect, it } from "vitest";
import type { Terminal } from "../../../core/cli/command.ts";
import { sharedTerminal } from "../../../core/cli/reporters/reporter.ts";
import { terminalReporter } from "../../../core/cli/reporters/terminal-reporter.ts";
import type { TsdockEvent, VertexInfo } from "../../../core/events.ts";

/** What a terminal shows after what was written to it: text, newlines, cursor up and clear to the end. */
function shown(text: string): string {
  const rows = [""];
  let row = 0;
  for (const [, up, clear, newline, other] of text.matchAll(
    /\u001b\[(\d+)A|(\u001b\[0J)|(\n)|([^\n\u001b]+)/g,
  )) {
    if (up !== undefined) row -= Number(up);
    else if (clear !== undefined) {
      rows.length = row + 1;
      rows[row] = "";
    } else if (newline !== undefined) {
      row++;
      rows[row] ??= "";
    } else rows[row] = `${rows[row] ?? ""}${other ?? ""}`;
  }
  return rows.join("\n");
}

function screen(): { readonly terminal: Terminal; readonly text: () => string } {
  let written = "";
  const take = (text: string): void => {
    written += text;
  };
  const terminal: Terminal = {
    out: take,
    err: take,
    interactive: true,
    color: false,
    columns: () => 80,
    inputIsTerminal: false,
    write: (_stream, chunk) => take(Buffer.from(chunk).toString()),
  };
  return { terminal, text: () => shown(written) };
}

const vertex: VertexInfo = { id: "1", name: "RUN make", op: "exec", images: ["web"] };
const start: TsdockEvent = { type: "vertex.start", vertex, at: 0 };
const warning: TsdockEvent = { type: "warning", code: "NO_IMAGES", message: "look" };

describe("the reporter of a terminal", () => {
  it("loses nothing that others write while it draws", () => {
    const { terminal, text } = screen();
    const reporter = terminalReporter({ terminal, debug: false, env: {} });
    const others = sharedTerminal(terminal, reporter);
    reporter.emit(start);
    reporter.emit(warning);
    expect(text()).toMatch(
      /^warning NO_IMAGES look\n\[0\.0s\] 0 ran, 0 cached\n => \[web\] RUN make 0\.0s\n$/,
    );
    void others.write("stdout", Buffer.from("GET /\nand a line without e"));
    reporter.emit(warning);
    others.err("an end\n");
    reporter.emit({ type: "vertex.done", vertex, at: 1, ms: 1, outcome: "ran" });
    reporter.close();
    expect(text()).toBe(
      "warning NO_IMAGES look\nGET /\nand a line without e\nwarning NO_IMAGES look\nan end\n✓ [web] RUN make 0.0s\n",
    );
  });
});
