import type { Instruction } from "../../declare/instruction.ts";
import type { HealthcheckOptions } from "../../declare/options.ts";
import type { Site } from "../../declare/site.ts";
import type { Healthcheck } from "../../oci/spec/image-config.ts";
import type { ConfigInstruction } from "../operation.ts";
import {
  checkAbsolute,
  checkCommand,
  checkDuration,
  checkImagePath,
  checkPort,
  checkSignal,
  checkSome,
  checkUser,
  checkValues,
} from "./check.ts";
import { configure, type Draft, layOn, onTop, type Workshop } from "./draft.ts";
import { functionIdentity } from "./function-identity.ts";
import { parseTrigger } from "./parse-trigger.ts";
import { problem } from "./problems.ts";
import { settlePath } from "./settle-path.ts";

type ConfigDeclaration = Extract<
  Instruction,
  {
    type:
      | "env"
      | "user"
      | "shell"
      | "label"
      | "expose"
      | "volume"
      | "entrypoint"
      | "cmd"
      | "stopSignal"
      | "healthcheck"
      | "onBuild";
  }
>;

/** Instructions that change the configuration alone. */
export function compileConfig(draft: Draft, instruction: ConfigDeclaration, site: Site): void {
  const compiled = translate(draft, instruction, site);
  if (instruction.type === "cmd") draft.cmdGiven = true;
  if (compiled.type === "on-build") draft.triggers.push(...compiled.triggers.map((text) => ({ text, site })));
  configure(draft, compiled, site);
}

function translate(draft: Draft, one: ConfigDeclaration, site: Site): ConfigInstruction {
  switch (one.type) {
    case "env":
      return compileEnv(one.values, site);
    case "user":
      return { type: "user", user: checkUser(one.user, site) };
    case "shell": {
      const shell = checkCommand(one.shell, "shell", site);
      return { type: "shell", shell: typeof shell === "string" ? [shell] : shell };
    }
    case "label":
      return { type: "label", labels: checkValues(one.labels, "LABEL_INVALID", "label", site) };
    case "expose":
      return {
        type: "expose",
        ports: checkSome(one.ports, "expose", site).map((port) => checkPort(port, site)),
      };
    case "volume":
      return {
        type: "volume",
        paths: checkSome(one.paths, "volume", site).map((path) =>
          checkAbsolute(path, "the path of a volume", site),
        ),
      };
    case "entrypoint":
      return { type: "entrypoint", argv: argv(one, site), keepsCmd: draft.cmdGiven };
    case "cmd":
      return { type: "cmd", argv: argv(one, site) };
    case "stopSignal":
      return { type: "stop-signal", signal: checkSignal(one.signal, site) };
    case "healthcheck":
      return { type: "healthcheck", healthcheck: compileHealthcheck(one.check, site) };
    case "onBuild":
      for (const trigger of checkSome(one.triggers, "onBuild", site)) parseTrigger(trigger, site);
      return { type: "on-build", triggers: one.triggers.map((trigger) => trigger.trim()) };
  }
}

function argv(
  { type, command, more }: Extract<Instruction, { type: "entrypoint" | "cmd" }>,
  site: Site,
): string | readonly string[] | null {
  if (more !== undefined && more.length > 0) {
    const words = JSON.stringify([command, ...more]);
    throw problem(
      "DECLARATION_INVALID",
      `${type} takes one command`,
      site,
      `a command of several words is a list: ${type}(${words})`,
    );
  }
  return command === null ? null : checkCommand(command, type, site);
}

function compileEnv(values: Extract<Instruction, { type: "env" }>["values"], site: Site): ConfigInstruction {
  if (typeof values !== "function")
    return { type: "env", values: checkValues(values, "ENV_INVALID", "env", site) };
  return { type: "env-extend", extend: values, identity: functionIdentity(values), site };
}

function compileHealthcheck(check: HealthcheckOptions | "none", site: Site): Healthcheck {
  if (check === "none") return { Test: ["NONE"] };
  if (typeof (check as unknown) !== "object" || (check as unknown) === null) {
    throw problem("DECLARATION_INVALID", 'healthcheck takes { test, … } or "none"', site);
  }
  const test = checkCommand(check.test, "healthcheck", site);
  const { retries } = check;
  if (retries !== undefined && !(Number.isInteger(retries) && retries >= 0)) {
    throw problem(
      "DECLARATION_INVALID",
      `retries must be a whole number, and ${String(retries)} is none`,
      site,
    );
  }
  const durations = {
    Interval: check.interval,
    Timeout: check.timeout,
    StartPeriod: check.startPeriod,
    StartInterval: check.startInterval,
  };
  const checked = Object.entries(durations).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [[name, checkDuration(value, name.charAt(0).toLowerCase() + name.slice(1), site)] as const],
  );
  return {
    Test: typeof test === "string" ? ["CMD-SHELL", test] : ["CMD", ...test],
    ...Object.fromEntries(checked),
    ...(retries === undefined ? {} : { Retries: retries }),
  };
}

/**
 * `WORKDIR` settles the working directory and makes it where it is missing, for the user who holds here: one line of history, perhaps a
 * layer.
 */
export function compileWorkdir(
  workshop: Workshop,
  draft: Draft,
  instruction: Extract<Instruction, { type: "workdir" }>,
  site: Site,
): void {
  const written = checkImagePath(instruction.path, "the working directory", site);
  const { path, config } = settlePath(draft, written);
  const directory = path.length > 1 ? path.replace(/\/+$/, "") : path;
  const own: ConfigInstruction = { type: "workdir", path: directory };
  if (directory === "/") {
    configure(draft, own, site);
    return;
  }
  const { base, inputs } = onTop(draft);
  const name = `WORKDIR ${directory}`;
  const vertex = workshop.add(
    draft,
    {
      type: "file",
      action: { type: "directory", path: directory, unlessPresent: true, ...ownerOf(draft) },
      ...(base === undefined ? {} : { base }),
      link: false,
      config,
    },
    inputs,
    name,
    site,
  );
  layOn(draft, vertex, { createdBy: name, instruction: own, site });
}

/** Undefined: whom the base names. */
function ownerOf(draft: Draft): { readonly chown?: string } {
  const last = draft.config.findLast((one) => one.type === "user");
  return last?.type === "user" ? { chown: last.user } : {};
}
