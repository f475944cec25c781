import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import {
  type DiagnosticMessageChain,
  ModuleKind,
  ModuleResolutionKind,
  Project,
  ScriptTarget,
} from "ts-morph";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { SelfModules } from "./loading/load-session.ts";

/**
 * What the compiler says of image modules: errors `TYPE_ERROR` with places. Each package's own tsconfig.json counts where there
 * is one; `tsdock` is the running installation. Loads ts-morph, which takes most of a second: for `check`, never for a build.
 */
export function checkTypes(files: readonly string[], self: SelfModules): readonly TsdockError[] {
  const byConfig = new Map<string | undefined, string[]>();
  for (const file of files) {
    const config = nearestConfig(path.dirname(file));
    byConfig.set(config, [...(byConfig.get(config) ?? []), file]);
  }
  return [...byConfig].flatMap(([config, modules]) => checkGroup(config, modules, self));
}

function checkGroup(
  config: string | undefined,
  files: readonly string[],
  self: SelfModules,
): readonly TsdockError[] {
  const project = new Project({
    ...(config === undefined ? {} : { tsConfigFilePath: config }),
    skipAddingFilesFromTsConfig: true,
    compilerOptions: {
      noEmit: true,
      allowImportingTsExtensions: true,
      skipLibCheck: true,
      ...(config === undefined ? plainOptions : {}),
      paths: typesOfInstallation(self),
    },
  });
  const wanted = new Set(files);
  for (const file of files) project.addSourceFileAtPath(file);
  return project.getPreEmitDiagnostics().flatMap((diagnostic) => {
    const file = diagnostic.getSourceFile();
    const start = diagnostic.getStart();
    if (file === undefined || start === undefined || !wanted.has(file.getFilePath())) return [];
    const { line, column } = file.getLineAndColumnAtPos(start);
    return [
      new TsdockError("TYPE_ERROR", `TS${diagnostic.getCode()}: ${textOf(diagnostic.getMessageText())}`, {
        place: { file: file.getFilePath(), line, column },
        hint: "the type of the method says what it takes: hover it in an editor",
      }),
    ];
  });
}

const plainOptions = {
  strict: true,
  target: ScriptTarget.ES2022,
  module: ModuleKind.NodeNext,
  moduleResolution: ModuleResolutionKind.NodeNext,
  types: [],
};

const textOf = (message: string | DiagnosticMessageChain): string =>
  typeof message === "string"
    ? message
    : [message.getMessageText(), ...(message.getNext() ?? []).map(textOf)].join(" ");

function nearestConfig(directory: string): string | undefined {
  const file = path.join(directory, "tsconfig.json");
  if (fs.existsSync(file)) return file;
  const parent = path.dirname(directory);
  return parent === directory ? undefined : nearestConfig(parent);
}

/** Declarations lie beside the modules of the installation. */
function typesOfInstallation(self: SelfModules): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(self).flatMap(([specifier, url]) => {
      if (typeof url !== "string") return [];
      const file = fileURLToPath(url);
      const types = file.replace(/\.js$/, ".d.ts");
      return [[specifier, [fs.existsSync(types) ? types : file]]];
    }),
  );
}
