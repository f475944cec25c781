import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { tester } from "./docker-registry.ts";

/** A command of a page and what it prints. */
export interface CourseStep {
  readonly command: string;
  /** Lines; `…` is anything, and a line that is only `…` any number of lines. `[exit code N]` comes last. */
  readonly output: readonly string[];
}

/** The commands in a page's `console` blocks, in their order. */
export function courseSteps(page: string): readonly CourseStep[] {
  const blocks = [...fs.readFileSync(page, "utf8").matchAll(/^```console\n([\s\S]*?)^```$/gm)];
  return blocks.flatMap(([, block = ""]) =>
    block
      .split(/^\$ /m)
      .filter((part) => part !== "")
      .map((part) => {
        const [command = "", ...output] = part.trimEnd().split("\n");
        return { command, output };
      }),
  );
}

/** What is written on the page as an expression for what is really printed. Runs of spaces count as one. */
function outputPattern(lines: readonly string[]): RegExp {
  const source = lines.map((line) => {
    if (line === "…") return "(?:[^\\n]*\\n)*";
    const parts = squeeze(line)
      .split("…")
      .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
    return `${parts.join("[^\\n]*?")}\\n`;
  });
  return new RegExp(`^${source.join("")}$`);
}

const squeeze = (text: string): string => text.replaceAll(/ +/g, " ").replaceAll(/ $/gm, "");

export interface CourseRun {
  /** Absolute path of the page. */
  readonly page: string;
  /** For what the course needs besides the store: a docker config, a command `tsdock`. */
  readonly directory: string;
  readonly store: string;
  /** `host:port` of a registry that knows the tester. */
  readonly registry: string;
  /** A free port, for the page's 8080. */
  readonly port: number;
}

export interface CourseOutput {
  readonly command: string;
  readonly printed: string;
  readonly expected: RegExp;
}

const root = path.resolve(import.meta.dirname, "../..");

/** Runs a page's commands one after another in the course's directory, as a reader would. */
export function* runCourse({ page, directory, store, registry, port }: CourseRun): Generator<CourseOutput> {
  const bin = path.join(directory, "bin");
  fs.mkdirSync(bin, { recursive: true });
  const shim = `#!/bin/sh\nexec '${process.execPath}' '${path.join(root, "dist", "cli.cjs")}' "$@"\n`;
  fs.writeFileSync(path.join(bin, "tsdock"), shim, { mode: 0o755 });
  const env = {
    ...process.env,
    PATH: `${bin}:${process.env.PATH ?? ""}`,
    TSDOCK_HOME: store,
    DOCKER_CONFIG: path.join(directory, "docker"),
    HOME: directory,
    NO_COLOR: "1",
    PASSWORD: tester.password,
  };
  const here = (text: string): string =>
    text.replaceAll("localhost:5000", registry).replaceAll("8080", String(port));
  try {
    for (const { command, output } of courseSteps(page)) {
      const { stdout, status } = spawnSync("/bin/sh", ["-c", `exec 2>&1; ${here(command)}`], {
        cwd: path.join(root, "examples", "course"),
        env,
        encoding: "utf8",
      });
      const ending = status === 0 ? "" : `[exit code ${status ?? "none"}]\n`;
      yield { command, printed: squeeze(`${stdout}${ending}`), expected: outputPattern(output.map(here)) };
    }
  } finally {
    // Where the page was not followed to its end.
    spawnSync(path.join(bin, "tsdock"), ["rm", "-f", "course-web"], { env });
  }
}
