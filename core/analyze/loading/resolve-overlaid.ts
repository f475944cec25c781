import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { SourceOverlay } from "./load-report.ts";
import type { ResolvedModule, ResolveModule } from "./resolve-module.ts";

/** Endings that a path without one may have, and what may be written for another, as the resolver has them. */
const endings = [".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs", ".jsx", ".json"];
const aliases: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx", ".js"],
  ".jsx": [".tsx", ".jsx"],
  ".mjs": [".mts", ".mjs"],
  ".cjs": [".cts", ".cjs"],
};

/**
 * Finds a module as it was found then. Relative imports are looked up in the overlay and on the disk; packages and paths of a
 * tsconfig where they are now, which is refused where the files that say so were others: nobody may be told a wrong answer.
 */
export function resolveOverlaid(
  specifier: string,
  parent: string,
  overlay: SourceOverlay | undefined,
  resolve: ResolveModule,
): ResolvedModule {
  if (overlay === undefined) return resolve(specifier, parent);
  const request = specifier.startsWith("file:") ? fileURLToPath(specifier) : specifier;
  if (/^\.{0,2}\//.test(request)) {
    const target = path.resolve(path.dirname(parent), request);
    const file = candidates(target).find((candidate) => isFile(candidate, overlay));
    if (file !== undefined) return { file: overlay[file] === undefined ? fs.realpathSync(file) : file };
    return directoryOrError(specifier, parent, target, overlay, resolve);
  }
  const changed = deciding(parent, overlay);
  const found = resolve(specifier, parent);
  if (found.file?.includes(`${path.sep}node_modules${path.sep}`) === true && changed.length === 0)
    return found;
  const all = [...changed, ...(found.file === undefined ? [] : deciding(found.file, overlay))];
  const [first] = all;
  if (first !== undefined) return { error: `${first} was another then, and says where ${specifier} is` };
  if (found.file !== undefined && overlay[found.file] === null)
    return { error: `${found.file} was not there then` };
  return found;
}

/** A directory with a package.json says itself what it means. */
function directoryOrError(
  specifier: string,
  parent: string,
  target: string,
  overlay: SourceOverlay,
  resolve: ResolveModule,
): ResolvedModule {
  const found = resolve(specifier, parent);
  if (found.file === undefined) return found;
  if (overlay[path.join(target, "package.json")] !== undefined)
    return { error: `the package.json of ${target} was another then` };
  return overlay[found.file] === null ? { error: `cannot find ${specifier}` } : found;
}

function candidates(target: string): readonly string[] {
  const extension = path.extname(target);
  const stem = target.slice(0, target.length - extension.length);
  const written = (aliases[extension] ?? [extension]).map((ending) => `${stem}${ending}`);
  return [
    ...written,
    ...endings.map((ending) => `${target}${ending}`),
    ...endings.map((ending) => path.join(target, `index${ending}`)),
  ];
}

function isFile(file: string, overlay: SourceOverlay): boolean {
  const was = overlay[file];
  if (was !== undefined) return was !== null;
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}

/** The files that are not as they were and that say where packages and aliases are: of a file and all directories above. */
function deciding(file: string, overlay: SourceOverlay): readonly string[] {
  const found: string[] = [];
  for (let at = path.dirname(file); ; at = path.dirname(at)) {
    for (const one of Object.keys(overlay))
      if (path.dirname(one) === at && /^(?:package|tsconfig.*)\.json$/.test(path.basename(one)))
        found.push(one);
    if (at === path.dirname(at)) return found;
  }
}
