import { writeModule } from "../../../core/analyze/write-module.ts";
import type { ImportedModule, ImportRequest } from "../../../core/plugin/importer.ts";
import { dockerfileImporter } from "../../../plugins/dockerfile/index.ts";

/** A Dockerfile as the module that it becomes. */
export const readDockerfile = (text: string, request: Partial<ImportRequest> = {}): ImportedModule =>
  dockerfileImporter.read({
    file: "/w/Dockerfile",
    text,
    name: "web",
    files: { find: () => [], head: () => new Uint8Array() },
    context: undefined,
    targets: [],
    args: {},
    paramPrefix: "",
    baseEnv: {},
    platform: "linux/amd64",
    ...request,
  });

export const writtenModule = (text: string, request: Partial<ImportRequest> = {}): string =>
  writeModule(readDockerfile(text, request));
