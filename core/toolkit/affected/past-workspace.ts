import fs from "node:fs";
import path from "node:path";
import { loadDefault } from "../../analyze/load-default.ts";
import type { SourceOverlay } from "../../analyze/loading/load-report.ts";
import { moduleFilter } from "../../config/module-patterns.ts";
import { loadConfig } from "../../config/load-config.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { FileOverlay, type OverlaidFile } from "../../util/file-overlay.ts";
import type { Host } from "../host.ts";
import { openFound, type Workspace, type WorkspaceRequest } from "../workspace.ts";

type Files = ReadonlyMap<string, OverlaidFile | undefined>;

/** A workspace as it was, with the files that were others then. */
export interface PastWorkspace {
  readonly workspace: Workspace;
  readonly overlay: FileOverlay;
}

/** Loads and compiles the declarations that a revision had. Throws what is wrong with them. */
export async function openPast(
  now: Workspace,
  difference: Files,
  request: WorkspaceRequest,
  host: Host,
): Promise<PastWorkspace> {
  const files = withRealPaths(difference, now.directory);
  const overlay = new FileOverlay(files);
  const sources = sourceOverlay(files);
  const config = await configThen(now, files, sources, host);
  const isModule = moduleFilter(config.images);
  const relative = (file: string): string => path.relative(config.directory, file).split(path.sep).join("/");
  const added = [...files].flatMap(([file, was]) => {
    const name = relative(file);
    return was !== undefined && !name.startsWith("../") && isModule(name) ? [file] : [];
  });
  const kept = now.modules.filter((file) => overlay.exists(file) && isModule(relative(file)));
  const modules = [...new Set([...kept, ...added])].sort();
  const exists = (file: string): boolean => overlay.exists(file);
  const read = (file: string): string => textOf(overlay.exists(file) ? overlay.read(file) : undefined);
  const past = await openFound({ config, modules }, request, host, { sources, exists, read });
  return { workspace: past, overlay };
}

/** Imports are followed to real paths, and contexts too, where the workspace itself was reached through a link. */
function withRealPaths(files: Files, directory: string): Files {
  const real = fs.realpathSync(directory);
  if (real === directory) return files;
  const others = [...files].map(
    ([file, was]) => [path.join(real, path.relative(directory, file)), was] as const,
  );
  return new Map([...files, ...others]);
}

const textOf = (bytes: Uint8Array | undefined): string =>
  bytes === undefined ? "" : Buffer.from(bytes).toString("utf8");

const sourceEnding = /\.(?:[cm]?[jt]s|[jt]sx|json)$/;

/** Only what modules may import: the rest may be large. */
const sourceOverlay = (files: Files): SourceOverlay =>
  Object.fromEntries(
    [...files].flatMap(([file, was]) =>
      sourceEnding.test(file)
        ? [
            [
              file,
              was === undefined
                ? null
                : Buffer.from(was.bytes)
                    .toString("utf8")
                    .replace(/^\uFEFF/, ""),
            ],
          ]
        : [],
    ),
  );

const configName = /^tsdock\.config\.(?:[cm]?[jt]s|json|ya?ml)$/;

async function configThen(
  { config }: Workspace,
  files: Files,
  sources: SourceOverlay,
  host: Host,
): Promise<Workspace["config"]> {
  const { file, directory } = config;
  const others = [...files].filter(
    ([name, was]) => configName.test(path.basename(name)) && name !== file && was !== undefined,
  );
  const isData = file !== undefined && /\.(?:json|ya?ml)$/.test(file);
  const lacking = file !== undefined && files.has(file) && files.get(file) === undefined;
  const changedData = isData && files.has(file) && path.basename(file) !== "package.json";
  const changedPackage =
    isData && path.basename(file) === "package.json" && !sameSettings(file, files.get(file));
  if (others.length > 0 || lacking || changedData || changedPackage)
    throw new TsdockError("CONFIG_UNSUPPORTED", "the configuration was another file, or other data, then", {
      hint: "every image counts as affected",
    });
  return loadConfig({
    cwd: file === undefined ? host.cwd : directory,
    file,
    loadDefault: (one) => loadDefault({ file: one, self: host.self, signal: host.signal, overlay: sources }),
  });
}

/** Whether the part of a package.json that configures tsdock is as it was. */
function sameSettings(file: string, was: OverlaidFile | undefined): boolean {
  if (was === undefined) return true;
  const settings = (text: string): string =>
    JSON.stringify((JSON.parse(text) as { readonly tsdock?: unknown }).tsdock ?? null);
  return settings(fs.readFileSync(file, "utf8")) === settings(Buffer.from(was.bytes).toString("utf8"));
}
