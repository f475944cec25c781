import type { Site } from "../../../declare/site.ts";
import type { Healthcheck } from "../../../oci/spec/image-config.ts";
import { shellForm } from "../../apply-config.ts";
import { healthcheckFlags } from "../../healthcheck-flags.ts";
import type { ConfigInstruction } from "../../operation.ts";
import { refuse } from "../refuse.ts";
import { assignments, list, paths, word } from "./words.ts";

/**
 * An instruction that changes the configuration alone, as a Dockerfile has it.
 * @param shell what runs commands given as text; undefined where the base may say something that is not known
 */
export function configText(
  one: ConfigInstruction,
  shell: readonly string[] | undefined,
  site: Site | undefined,
): string {
  switch (one.type) {
    case "env":
      return `ENV ${assignments(one.values, site)}`;
    case "env-extend":
      throw new Error("functions are settled before");
    case "workdir":
      return `WORKDIR ${word(one.path, site)}`;
    case "user":
      return `USER ${word(one.user, site)}`;
    case "shell":
      return `SHELL ${list(one.shell)}`;
    case "label":
      return `LABEL ${assignments(one.labels, site)}`;
    case "expose":
      return `EXPOSE ${one.ports.join(" ")}`;
    case "volume":
      return `VOLUME ${paths(one.paths)}`;
    case "entrypoint":
    case "cmd":
      return `${one.type.toUpperCase()} ${command(one.argv ?? [], shell, site)}`;
    case "stop-signal":
      return `STOPSIGNAL ${one.signal}`;
    case "healthcheck":
      return `HEALTHCHECK ${healthcheck(one.healthcheck, site)}`;
    case "on-build":
      return one.triggers.map((trigger) => onBuild(trigger, site)).join("\n");
  }
}

/** Whether the text of a command is read as it is: one line, no list, nothing that the end of a line means. */
export const isPlainCommand = (text: string): boolean =>
  !/[\n\r]|\\\s*$|^\s|\s$|^--|<</.test(text) && !isList(text);

function isList(text: string): boolean {
  if (!text.startsWith("[")) return false;
  try {
    return Array.isArray(JSON.parse(text));
  } catch (error) {
    // `[ -f x ] && …` is for the shell.
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function command(
  argv: string | readonly string[],
  shell: readonly string[] | undefined,
  site: Site | undefined,
): string {
  if (typeof argv !== "string") return list(argv);
  if (isPlainCommand(argv)) return argv;
  if (shell !== undefined) return list(shellForm(argv, shell));
  throw refuse(
    `the command ${JSON.stringify(argv)} does not fit on one line, and the shell of the base is not known`,
    site,
    'write it as a list: ["/bin/sh", "-c", "…"]',
  );
}

function healthcheck(check: Healthcheck, site: Site | undefined): string {
  const [kind = "NONE", ...words] = check.Test ?? [];
  if (kind === "NONE") return "NONE";
  const command = kind === "CMD-SHELL" ? healthTest(words[0] ?? "", site) : list(words);
  return [...healthcheckFlags(check), `CMD ${command}`].join(" ");
}

function healthTest(text: string, site: Site | undefined): string {
  if (isPlainCommand(text)) return text;
  throw refuse(
    `the test ${JSON.stringify(text)} does not fit on one line`,
    site,
    'write it as a list: ["/bin/sh", "-c", "…"]',
  );
}

function onBuild(trigger: string, site: Site | undefined): string {
  if (!/[\n\r]|\\\s*$/.test(trigger)) return `ONBUILD ${trigger}`;
  throw refuse(
    `the trigger ${JSON.stringify(trigger)} has more than one line`,
    site,
    "write the trigger on one line",
  );
}
