import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { keyVersions } from "../../build/action-key.ts";
import type { ParamValue } from "../../declare/param.ts";
import type { Workspace } from "../workspace.ts";

/** What the declarations of a build were made from, so that a change of them can be told by its cause. */
export interface RecordedDeclarations {
  readonly params: Readonly<Record<string, ParamValue>>;
  /** SHA-256 (64 hex digits) of each source file, by its path relative to the workspace. */
  readonly files: Readonly<Record<string, string>>;
  /** The source files of each module, all relative to the workspace. */
  readonly modules: Readonly<Record<string, readonly string[]>>;
  /** The file of the configuration, which every module depends on. */
  readonly config?: string;
  /** Versions of tsdock's own work. */
  readonly versions: Readonly<Record<string, number>>;
}

export function recordDeclarations({
  directory,
  config,
  sources,
  params,
}: Pick<Workspace, "directory" | "config" | "sources" | "params">): RecordedDeclarations {
  const relative = (file: string): string => path.relative(directory, file);
  const all = new Set([...sources.values()].flat());
  if (config.file !== undefined) all.add(config.file);
  const files = [...all].flatMap((file) => {
    const digest = digestOf(file);
    return digest === undefined ? [] : [[relative(file), digest] as const];
  });
  return {
    params: Object.fromEntries(params),
    files: Object.fromEntries(files),
    modules: Object.fromEntries([...sources].map(([file, own]) => [relative(file), own.map(relative)])),
    ...(config.file === undefined ? {} : { config: relative(config.file) }),
    versions: keyVersions,
  };
}

/** Undefined where the file is gone since it was loaded. */
function digestOf(file: string): string | undefined {
  try {
    return createHash("sha256").update(fs.readFileSync(file)).digest("hex");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}
