import type { ContainerConfig, Healthcheck } from "../oci/spec/image-config.ts";
import { defaultShell, shellForm } from "./apply-config.ts";
import { healthcheckFlags } from "./healthcheck-flags.ts";
import type { ConfigInstruction } from "./operation.ts";

/** A list as history shows it: `["nginx" "-g" "daemon off;"]`. */
export const listText = (argv: readonly string[]): string =>
  `[${argv.map((word) => JSON.stringify(word)).join(" ")}]`;

/** The line that history has for a command: `RUN /bin/sh -c apt-get update`. */
export const runText = (
  command: string | readonly string[],
  shell: readonly string[] = defaultShell,
): string => `RUN ${(typeof command === "string" ? shellForm(command, shell) : command).join(" ")}`;

const assignments = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");

/**
 * The line that an image's history has for an instruction, in BuildKit's form.
 * @param config what holds before it: its shell runs commands that are text
 */
export function createdBy(instruction: ConfigInstruction, config: ContainerConfig = {}): string {
  switch (instruction.type) {
    case "env":
      return `ENV ${assignments(instruction.values)}`;
    case "env-extend":
      return "ENV (computed)";
    case "workdir":
      return `WORKDIR ${instruction.path}`;
    case "user":
      return `USER ${instruction.user}`;
    case "shell":
      return `SHELL ${listText(instruction.shell)}`;
    case "label":
      return `LABEL ${assignments(instruction.labels)}`;
    case "expose":
      return `EXPOSE ${listText(instruction.ports).replaceAll('"', "")}`;
    case "volume":
      return `VOLUME ${listText(instruction.paths).replaceAll('"', "")}`;
    case "entrypoint":
    case "cmd":
      return `${instruction.type.toUpperCase()} ${commandText(instruction.argv, config.Shell)}`;
    case "stop-signal":
      return `STOPSIGNAL ${instruction.signal}`;
    case "healthcheck":
      return `HEALTHCHECK ${healthcheckText(instruction.healthcheck)}`;
    case "on-build":
      return instruction.triggers.map((trigger) => `ONBUILD ${trigger}`).join("; ");
  }
}

const commandText = (argv: string | readonly string[] | null, shell: readonly string[] | undefined): string =>
  listText(typeof argv === "string" ? shellForm(argv, shell) : (argv ?? []));

function healthcheckText(check: Healthcheck): string {
  const [kind = "NONE", ...words] = check.Test ?? [];
  const command =
    kind === "NONE" ? "NONE" : kind === "CMD-SHELL" ? `CMD ${words.join(" ")}` : `CMD ${listText(words)}`;
  return [...healthcheckFlags(check), command].join(" ");
}
