import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ModuleKind, ModuleResolutionKind, Project, ScriptTarget } from "ts-morph";
import type { SelfModules } from "./loading/load-session.ts";

/** Image modules as the compiler sees them: those that share a tsconfig.json. */
export interface CheckedProject {
  readonly project: Project;
  /** Absolute paths. */
  readonly files: readonly string[];
  /** The directory of the declarations of `tsdock`. */
  readonly declarations: string;
}

/**
 * Each package's own tsconfig.json counts where there is one; `tsdock` is the running installation. Loads ts-morph: for `check`,
 * never for a build.
 */
export function createProjects(files: readonly string[], self: SelfModules): readonly CheckedProject[] {
  const byConfig = new Map<string | undefined, string[]>();
  for (const file of files) {
    const config = nearestConfig(path.dirname(file));
    byConfig.set(config, [...(byConfig.get(config) ?? []), file]);
  }
  const paths = typesOfInstallation(self);
  const declarations = path.dirname(paths["tsdock"]?.[0] ?? "/");
  return [...byConfig].map(([config, modules]) => {
    const project = createProject(config, paths);
    for (const file of modules) project.addSourceFileAtPath(file);
    return { project, files: modules, declarations };
  });
}

const createProject = (config: string | undefined, paths: Record<string, string[]>): Project =>
  new Project({
    ...(config === undefined ? {} : { tsConfigFilePath: config }),
    skipAddingFilesFromTsConfig: true,
    compilerOptions: {
      noEmit: true,
      allowImportingTsExtensions: true,
      allowJs: true,
      skipLibCheck: true,
      ...(config === undefined ? plainOptions : {}),
      paths,
    },
  });

const plainOptions = {
  strict: true,
  target: ScriptTarget.ES2022,
  module: ModuleKind.NodeNext,
  moduleResolution: ModuleResolutionKind.NodeNext,
  types: [],
};

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
