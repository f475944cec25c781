import type { CommandSpec } from "./command.ts";
import { json } from "./common-options.ts";

/** From other builders, and to them. */
export const importCommands: readonly CommandSpec[] = [
  {
    name: "import",
    summary: "write what a Dockerfile, or a bake or compose file, declares as a module",
    arguments: [
      {
        form: "[files...]",
        summary: "a Dockerfile, or bake files (.hcl, .json) or compose files (.yaml) (default: Dockerfile)",
      },
    ],
    options: [
      { flags: "-o, --output <file>", summary: "the module to write (default: standard output)" },
      {
        flags: "--context <dir>",
        summary: "the directory that it copies from (default: where the Dockerfile is)",
      },
      { flags: "--name <name>", summary: "what the image is called" },
      {
        flags: "--target <stage>",
        summary:
          "a stage that becomes an image too, by name or number; of bake and compose files: what to import",
        many: true,
      },
      {
        flags: "--build-arg <name=value>",
        summary: "a default for an ARG, instead of that in the file",
        many: true,
      },
      {
        flags: "--var <name=value>",
        summary: "the value of a variable of bake or compose files",
        many: true,
      },
      {
        flags: "--write-config <file>",
        summary: "write a configuration with the names and tags that bake or compose files give",
      },
      { flags: "--env <name=value>", summary: "a variable that base images set", many: true },
      {
        flags: "--prefix <text>",
        summary: "put this before the names of params, where other modules have params of the same name",
      },
      { flags: "--partial", summary: "mark in the module what cannot be expressed, and write the rest" },
      { flags: "--force", summary: "replace the module if it exists" },
      json,
    ],
    load: async () => (await import("./commands/import.ts")).importCommand,
  },
];
