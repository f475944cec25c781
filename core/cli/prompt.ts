import process from "node:process";
import { TsdockError } from "../errors/tsdock-error.ts";

export interface Question {
  /** Written to standard error as it is. */
  readonly text: string;
  /** What is typed is not shown. */
  readonly hidden?: boolean;
}

/** Whether somebody sits at the keyboard. */
export const canAsk = (): boolean => process.stdin.isTTY;

const interrupted = (): TsdockError => new TsdockError("INTERRUPTED", "interrupted");

/** Asks the person at the terminal for a line. Error `INTERRUPTED` for Ctrl-C and for the end of the input. */
export function ask({ text, hidden = false }: Question): Promise<string> {
  const { stdin, stderr } = process;
  // First, so that nothing typed in answer to the question is shown by the terminal itself.
  stdin.setRawMode(true);
  stderr.write(text);
  return new Promise((resolve, reject) => {
    let typed = "";
    const done = (finish: () => void): void => {
      stdin.off("data", read);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write("\n");
      finish();
    };
    const show = (echo: string): void => {
      if (!hidden) stderr.write(echo);
    };
    const key = (one: string): boolean => {
      if (one === "\r" || one === "\n") done(() => resolve(typed));
      else if (one === "\u0003" || (one === "\u0004" && typed === "")) done(() => reject(interrupted()));
      else if (one === "\u007f" || one === "\b") {
        if (typed !== "") show("\b \b");
        typed = [...typed].slice(0, -1).join("");
      } else if (one === "\u0015") {
        show("\b \b".repeat([...typed].length));
        typed = "";
      } else if (one >= " ") {
        typed += one;
        show(one);
      }
      return one === "\r" || one === "\n" || one === "\u0003";
    };
    const read = (chunk: Buffer | string): void => {
      for (const one of chunk.toString()) if (key(one)) return;
    };
    stdin.setEncoding("utf8");
    stdin.on("data", read);
    stdin.resume();
  });
}

/** All of standard input as text. */
export async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString("utf8");
}
