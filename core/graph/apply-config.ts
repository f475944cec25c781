import type { Environment } from "../declare/instruction.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { ContainerConfig } from "../oci/spec/image-config.ts";
import type { ConfigInstruction } from "./operation.ts";
import { resolveFrom } from "./posix-path.ts";

/** The shell of an image that names none. */
export const defaultShell: readonly string[] = ["/bin/sh", "-c"];

type Draft = { -readonly [Key in keyof ContainerConfig]: ContainerConfig[Key] };

/**
 * The configuration of an image that begins with `base` and follows `instructions`, as docker builds it: variables keep the place
 * of their first definition, ports, volumes and labels are added, relative working directories go on from the one before, and an
 * ENTRYPOINT drops the CMD that came from the base. The base's ONBUILD triggers are not inherited.
 *
 * Functions given to `env` are called. Error `ENV_EXTENSION_FAILED`.
 */
export function applyConfig(
  base: ContainerConfig,
  instructions: readonly ConfigInstruction[],
): ContainerConfig {
  const draft: Draft = { ...base };
  delete draft.OnBuild;
  for (const instruction of instructions) apply(draft, instruction);
  return draft;
}

/** The variables that hold after `instructions`, in the order of the configuration. */
export const environmentOf = (
  base: ContainerConfig,
  instructions: readonly ConfigInstruction[],
): Environment =>
  readEnvironment(
    applyConfig(
      base,
      instructions.filter(({ type }) => type === "env" || type === "env-extend"),
    ).Env,
  );

/** `instructions` with every function given to `env` replaced by what it gives: each is called once. */
export function resolveExtensions(
  base: ContainerConfig,
  instructions: readonly ConfigInstruction[],
): readonly ConfigInstruction[] {
  const resolved: ConfigInstruction[] = [];
  let environment = readEnvironment(base.Env);
  for (const instruction of instructions) {
    const next: ConfigInstruction =
      instruction.type === "env-extend"
        ? { type: "env", values: extend(instruction, environment) }
        : instruction;
    if (next.type === "env") environment = { ...environment, ...next.values };
    resolved.push(next);
  }
  return resolved;
}

export function readEnvironment(env: readonly string[] = []): Environment {
  // No prototype: `__proto__` is a name like any other.
  const values = Object.create(null) as Record<string, string>;
  for (const line of env) {
    const at = line.indexOf("=");
    values[at < 0 ? line : line.slice(0, at)] = at < 0 ? "" : line.slice(at + 1);
  }
  return values;
}

export const writeEnvironment = (environment: Environment): readonly string[] =>
  Object.entries(environment).map(([name, value]) => `${name}=${value}`);

function apply(draft: Draft, instruction: ConfigInstruction): void {
  switch (instruction.type) {
    case "env":
      draft.Env = setVariables(draft.Env, instruction.values);
      return;
    case "env-extend":
      draft.Env = setVariables(draft.Env, extend(instruction, readEnvironment(draft.Env)));
      return;
    case "workdir":
      draft.WorkingDir = resolveFrom(draft.WorkingDir ?? "/", instruction.path);
      return;
    case "user":
      draft.User = instruction.user;
      return;
    case "shell":
      draft.Shell = instruction.shell;
      return;
    case "label":
      draft.Labels = { ...draft.Labels, ...instruction.labels };
      return;
    case "expose":
      draft.ExposedPorts = { ...draft.ExposedPorts, ...setOf(instruction.ports) };
      return;
    case "volume":
      draft.Volumes = { ...draft.Volumes, ...setOf(instruction.paths) };
      return;
    case "entrypoint":
      setOrDelete(draft, "Entrypoint", argvOf(instruction.argv, draft.Shell));
      if (instruction.keepsCmd !== true) delete draft.Cmd;
      return;
    case "cmd":
      setOrDelete(draft, "Cmd", argvOf(instruction.argv, draft.Shell));
      return;
    case "stop-signal":
      draft.StopSignal = instruction.signal;
      return;
    case "healthcheck":
      draft.Healthcheck = instruction.healthcheck;
      return;
    case "on-build":
      setOrDelete(draft, "OnBuild", listOrNull([...(draft.OnBuild ?? []), ...instruction.triggers]));
      return;
    default:
      instruction satisfies never;
  }
}

const listOrNull = (list: readonly string[]): readonly string[] | null => (list.length === 0 ? null : list);

function setOrDelete(
  draft: Draft,
  key: "Entrypoint" | "Cmd" | "OnBuild",
  value: readonly string[] | null,
): void {
  if (value !== null) draft[key] = value;
  else Reflect.deleteProperty(draft, key);
}

/** What runs a command: text goes to the shell as one argument. */
export const shellForm = (text: string, shell: readonly string[] | undefined): readonly string[] => [
  ...(shell?.length ? shell : defaultShell),
  text,
];

const argvOf = (
  argv: string | readonly string[] | null,
  shell: readonly string[] | undefined,
): readonly string[] | null => (typeof argv === "string" ? shellForm(argv, shell) : argv);

const setOf = (names: readonly string[]): Record<string, Record<string, never>> =>
  Object.fromEntries(names.map((name) => [name, {}]));

const setVariables = (
  env: readonly string[] | undefined,
  values: Readonly<Record<string, string>>,
): readonly string[] => writeEnvironment(Object.assign(readEnvironment(env), values));

function extend(
  instruction: Extract<ConfigInstruction, { type: "env-extend" }>,
  environment: Environment,
): Readonly<Record<string, string>> {
  const fail = (why: string, cause?: unknown): TsdockError =>
    new TsdockError("ENV_EXTENSION_FAILED", `a function given to env() ${why}`, {
      place: instruction.site?.place(),
      hint: "return an object of names and values; a variable that the base does not set is undefined",
      cause,
    });
  let values: unknown;
  try {
    values = instruction.extend(Object.freeze({ ...environment }));
  } catch (cause) {
    throw fail(`failed: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  if (typeof values !== "object" || values === null || Array.isArray(values))
    throw fail("did not return an object");
  const text: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== "string" && typeof value !== "number") throw fail(`gave no text for ${name}`);
    if (!/^[^=\0\s]+$/.test(name) || String(value).includes("\0"))
      throw fail(`gave ${JSON.stringify(name)}, which cannot be a variable`);
    text[name] = String(value);
  }
  return text;
}
