import type { ArgumentSpec, OptionSpec } from "./command.ts";

/** The global options beside a command's own, whose meaning of a flag wins. */
export function globalsBeside(own: readonly OptionSpec[]): readonly OptionSpec[] {
  const taken = new Set(
    own.flatMap(({ flags }) => flags.split(/[ ,]+/).filter((flag) => flag.startsWith("-"))),
  );
  const isFree = (flag: string): boolean => !taken.has(flag.split(" ")[0] ?? "");
  return globalOptions
    .map((spec) => ({ ...spec, flags: spec.flags.split(", ").filter(isFree).join(", ") }))
    .filter(({ flags }) => flags !== "");
}

/** Options of every command. */
export const globalOptions: readonly OptionSpec[] = [
  { flags: "-f, --config <file>", summary: "the configuration file" },
  { flags: "-C, --cwd <dir>", summary: "work as if started in this directory" },
  {
    flags: "--progress <mode>",
    summary: "how progress is shown",
    choices: ["auto", "tty", "plain", "json", "quiet"],
    default: "auto",
  },
  { flags: "--debug", summary: "show debug messages, and stack traces of failures" },
];

export const json: OptionSpec = { flags: "--json", summary: "print one JSON document on standard output" };
export const platform: OptionSpec = {
  flags: "--platform <list>",
  summary: "target platforms, separated by commas",
  many: true,
};
export const format: OptionSpec = {
  flags: "--format <template>",
  summary: "table, table TEMPLATE, json or a Go template: '{{.ID}}: {{.Size}}'",
};
/** Of inspect commands. */
export const inspectFormat: OptionSpec = {
  flags: "-f, --format <template>",
  summary: "json or a Go template: '{{.Id}} {{json .Config}}'",
};
export const reference: ArgumentSpec = {
  form: "<image>",
  summary: "name, tag, id, oci:DIR[:TAG] or docker-archive:FILE",
};
export const set: OptionSpec = {
  flags: "--set <name=value>",
  summary: "give a param another value",
  many: true,
};
const locked: OptionSpec = { flags: "--locked", summary: "refuse to resolve what tsdock.lock lacks" };

/** Of commands that build. */
export const solving: readonly OptionSpec[] = [
  platform,
  set,
  { flags: "--secret <spec>", summary: "id=NAME,src=FILE or id=NAME,env=VARIABLE", many: true },
  { flags: "--ssh <spec>", summary: "default, or id=SOCKET", many: true },
  {
    flags: "--no-cache [images]",
    summary: "run everything again, or only the steps of these images (separated by commas)",
  },
  { flags: "-j, --jobs <n>", summary: "how many steps run at once (default: the number of processors)" },
  { flags: "--keep-going", summary: "after a failure, finish whatever does not depend on it" },
  locked,
  { flags: "--runtime <name>", summary: "what runs RUN steps", choices: ["crun", "runc", "kernel"] },
];

export const images: ArgumentSpec = {
  form: "[images...]",
  summary: "names, globs or group:NAME (default: all images of the workspace)",
};
