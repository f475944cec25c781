import type { ArgumentSpec, OptionSpec } from "./command.ts";

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
  flags: "--format <template>",
  summary: "json or a Go template: '{{.Id}} {{json .Config}}'",
};
export const reference: ArgumentSpec = {
  form: "<image>",
  summary: "name, tag, id, oci:DIR[:TAG] or docker-archive:FILE",
};
