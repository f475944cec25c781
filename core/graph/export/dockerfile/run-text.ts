import type { Site } from "../../../declare/site.ts";
import type { Vertex } from "../../definition.ts";
import type { CopySource, ExecMount, ExecOperation } from "../../operation.ts";
import { refuse } from "../refuse.ts";
import { isPlainCommand } from "./config-text.ts";
import { heredoc } from "./heredoc.ts";
import type { StageState, Surroundings } from "./surroundings.ts";
import { flagValue, list, word } from "./words.ts";

interface Place {
  readonly vertex: Vertex;
  readonly around: Surroundings;
  readonly state: StageState;
  readonly site: Site | undefined;
}

/** `RUN` as a Dockerfile has it, with what it says of one step alone put before and after. Error `EXPORT_UNSUPPORTED`. */
export function runText(op: ExecOperation, place: Place): string {
  const script = scriptOf(op);
  const mounts = op.mounts.filter((mount) => mount !== script?.mount);
  const flags = [
    ...mounts.map((mount) => `--mount=${mountText(mount, place)}`),
    ...(op.network === "default" ? [] : [`--network=${op.network}`]),
  ];
  const start = ["RUN", ...flags.slice(0, 1)].join(" ");
  const run = [start, ...flags.slice(1)].join(" \\\n    ");
  const line = `${run}${flags.length > 1 ? " \\\n    " : " "}${commandText(op, script?.text, place)}`;
  return aroundText(op, line, place);
}

/** A script that begins with `#!` lies in a file while it runs: as a here-document it does in BuildKit too. */
function scriptOf(op: ExecOperation): { readonly text: string; readonly mount: ExecMount } | undefined {
  const mount = op.mounts.at(-1);
  if (mount?.type !== "file" || !("text" in mount.content) || typeof op.command === "string")
    return undefined;
  const isScript =
    op.command.length === 1 && op.command[0] === mount.target && mount.target.startsWith("/dev/tsdock/");
  return isScript ? { text: mount.content.text, mount } : undefined;
}

function commandText(op: ExecOperation, script: string | undefined, { state, site }: Place): string {
  if (script !== undefined) {
    if (Object.keys(op.env).length > 0) throw ownEnvironment(site);
    return document(script);
  }
  if (typeof op.command !== "string") {
    if (Object.keys(op.env).length > 0) throw ownEnvironment(site);
    return list(op.command);
  }
  const before = [...exports(op, site), ...change(op)];
  if (before.length > 0 && !isPosix(state.config.Shell)) throw ownEnvironment(site);
  return before.length === 0 && isPlainCommand(op.command)
    ? op.command
    : document([...before, op.command].join("\n"));
}

function document(text: string): string {
  const { mark, body } = heredoc(text.endsWith("\n") ? text : `${text}\n`);
  return `${mark}\n${body}`;
}

const ownEnvironment = (site: Site | undefined) =>
  refuse(
    "a Dockerfile has no variables or directories for one step alone, unless a shell can set them",
    site,
    "write the command as text, or set them with env() and workdir()",
  );

const isPosix = (shell: readonly string[] | undefined): boolean =>
  shell === undefined || /(?:^|\/)(?:ba|da|a|z|k)?sh$/.test(shell[0] ?? "");

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function exports(op: ExecOperation, site: Site | undefined): readonly string[] {
  return Object.entries(op.env).map(([name, value]) => {
    if (/^[A-Za-z_]\w*$/.test(name)) return `export ${name}=${quoted(value)}`;
    throw refuse(`a shell cannot set the variable ${JSON.stringify(name)}`, site, "set it with env()");
  });
}

const change = (op: ExecOperation): readonly string[] =>
  op.workdir === undefined
    ? []
    : [`cd ${quoted(op.workdir.startsWith("-") ? `./${op.workdir}` : op.workdir)} || exit`];

/** A user (and, where no shell can change it, a directory) of one step is set before it and set back after it. */
function aroundText(op: ExecOperation, run: string, { state, site }: Place): string {
  const needsDirectory = op.workdir !== undefined && typeof op.command !== "string";
  if (op.user === undefined && !needsDirectory) return run;
  if (!state.isKnown && (op.user === undefined ? state.config.WorkingDir : state.config.User) === undefined)
    throw new Error("the base's configuration is read where a step has a user of its own");
  const { User: user, WorkingDir: directory } = state.config;
  return [
    ...(op.user === undefined ? [] : [`USER ${word(op.user, site)}`]),
    ...(needsDirectory ? [`WORKDIR ${word(op.workdir ?? ".", site)}`] : []),
    run,
    ...(needsDirectory ? [`WORKDIR ${word(directory ? directory : "/", site)}`] : []),
    ...(op.user === undefined ? [] : [`USER ${word(user ? user : "0:0", site)}`]),
  ].join("\n");
}

function sourceFields(source: CopySource, { vertex, around, site }: Place): readonly string[] {
  if (source.type === "context") {
    const name = around.contextOf(source.directory);
    return name === undefined ? [] : [`from=${name}`];
  }
  return [`from=${inputOf(source.input, { vertex, around, site })}`];
}

function inputOf(index: number, { vertex, around, site }: Pick<Place, "vertex" | "around" | "site">): string {
  const input = vertex.inputs[index];
  if (input === undefined) throw new Error("an operation names an input that it has not");
  return around.fromOf(input, site);
}

function mountText(mount: ExecMount, place: Place): string {
  const { around, site } = place;
  const value = (text: string): string => flagValue(text, site, true);
  const target = (path: string): string => `target=${value(path)}`;
  switch (mount.type) {
    case "cache":
      return fields([
        "type=cache",
        target(mount.target),
        mount.id !== mount.target && `id=${value(mount.id)}`,
        mount.sharing !== "shared" && `sharing=${mount.sharing}`,
        mount.readonly && "readonly",
        mount.from !== undefined && `from=${inputOf(mount.from, place)}`,
        mount.source !== undefined && `source=${value(mount.source)}`,
        ...owned(mount),
      ]);
    case "secret":
      return fields([
        "type=secret",
        `id=${value(mount.id)}`,
        mount.target !== undefined && mount.target !== `/run/secrets/${mount.id}` && target(mount.target),
        mount.env !== undefined && mount.target === `/run/secrets/${mount.id}` && target(mount.target),
        mount.env !== undefined && `env=${value(mount.env)}`,
        mount.required && "required=true",
        ...owned(mount),
      ]);
    case "ssh":
      return fields([
        "type=ssh",
        mount.id !== "default" && `id=${value(mount.id)}`,
        mount.target !== undefined && target(mount.target),
        mount.required && "required=true",
        ...owned(mount),
      ]);
    case "bind":
      return fields([
        "type=bind",
        ...sourceFields(mount.source, place),
        mount.path !== "/" && `source=${value(mount.path)}`,
        target(mount.target),
        !mount.readonly && "rw",
      ]);
    case "tmpfs":
      return fields(["type=tmpfs", target(mount.target), mount.size !== undefined && `size=${mount.size}`]);
    case "file": {
      const made = around.mountedFile(mount.content, mount.mode, site);
      return fields(["type=bind", `from=${made.from}`, `source=${made.path}`, target(mount.target)]);
    }
  }
}

const owned = (mount: { readonly mode?: number; readonly uid?: number; readonly gid?: number }) => [
  mount.mode !== undefined && `mode=${mount.mode.toString(8).padStart(4, "0")}`,
  mount.uid !== undefined && `uid=${mount.uid}`,
  mount.gid !== undefined && `gid=${mount.gid}`,
];

const fields = (parts: readonly (string | false)[]): string =>
  parts.filter((part) => part !== false).join(",");
