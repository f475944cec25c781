import type { Instruction } from "../../declare/instruction.ts";
import type { RunOptions } from "../../declare/options.ts";
import type { Site } from "../../declare/site.ts";
import { runText } from "../created-by.ts";
import type { ConfigInstruction, ExecOperation } from "../operation.ts";
import { checkCommand, checkImagePath, checkUser, checkValues } from "./check.ts";
import { compileMounts } from "./compile-mounts.ts";
import { type Draft, layOn, onTop, shellOf, type Workshop } from "./draft.ts";
import { problem } from "./problems.ts";
import { dedent } from "./script.ts";

type RunInstruction = Extract<Instruction, { type: "run" }>;

/** Where a script that begins with `#!` lies while it runs: below `/dev`, which is never part of a layer. */
const scriptPath = "/dev/tsdock/script";
const scriptMode = 0o755;

export function compileRun(workshop: Workshop, draft: Draft, instruction: RunInstruction, site: Site): void {
  const written = checkCommand(instruction.command, "run", site);
  const text = typeof written === "string" ? dedent(written) : written;
  const script = typeof text === "string" && text.startsWith("#!") ? text : undefined;
  const { base, inputs } = onTop(draft);
  const mounts = compileMounts(workshop, draft, instruction.options.mounts ?? [], inputs, site);
  if (script !== undefined) {
    mounts.list.push({ type: "file", target: scriptPath, content: { text: script }, mode: scriptMode });
  }
  const command = script === undefined ? text : [scriptPath];
  const op: ExecOperation = {
    type: "exec",
    command,
    ...(base === undefined ? {} : { base }),
    mounts: mounts.list,
    ...optionsOf(instruction.options, site),
    config: draft.config.filter((one) => concerns(one, command)),
  };
  const line = runText(script ?? text, shellOf(draft).Shell);
  const vertex = workshop.add(draft, op, mounts.inputs, nameOf(text), site);
  const shellText = typeof command === "string" ? { shellText: command } : {};
  layOn(draft, vertex, { createdBy: script === undefined ? line : `RUN ${script}`, ...shellText, site });
}

/** `RUN` and the command on one line, as a person who watches a build sees it. */
const nameOf = (command: string | readonly string[]): string =>
  `RUN ${(typeof command === "string" ? command : command.join(" ")).trim().replace(/\s*\n\s*/g, " ⏎ ")}`;

function concerns(instruction: ConfigInstruction, command: string | readonly string[]): boolean {
  if (instruction.type === "shell") return typeof command === "string";
  return ["env", "env-extend", "workdir", "user"].includes(instruction.type);
}

const networks = ["default", "host", "none"] as const;

function optionsOf(
  options: RunOptions,
  site: Site,
): Pick<ExecOperation, "network" | "user" | "workdir" | "env"> {
  const network = networks.find((known) => known === (options.network ?? "default"));
  if (network === undefined) {
    throw problem(
      "DECLARATION_INVALID",
      `${JSON.stringify(options.network)} is not a network`,
      site,
      `write one of ${networks.join(", ")}`,
    );
  }
  return {
    network,
    ...(options.user === undefined ? {} : { user: checkUser(options.user, site) }),
    ...(options.workdir === undefined
      ? {}
      : { workdir: checkImagePath(options.workdir, "the directory of a run", site) }),
    env: checkValues(options.env ?? {}, "ENV_INVALID", "env", site),
  };
}
