import type { ProjectContext } from "./project-context.ts";
import { createRequire } from "node:module";
import { isMembers, parseYamlDocuments, textList } from "./data-file.ts";
import { join, type Manifest, readManifest, readText } from "./manifest.ts";

/** A package of the workspace. */
export interface WorkspacePackage {
  /** Relative to the root of the project; `""` for itself. */
  readonly directory: string;
  readonly manifest: Manifest;
}

/** Directories deeper than this are no packages. */
const deepest = 12;

/** Patterns of `workspaces` in package.json, or of pnpm-workspace.yaml. */
function patternsOf(
  context: ProjectContext,
  root: string,
  manifest: Manifest | undefined,
): readonly string[] {
  const pnpm = readText(context, join(root, "pnpm-workspace.yaml"));
  if (pnpm !== undefined) {
    const [document] = parseYamlDocuments(pnpm, "NODE_MANIFEST_INVALID");
    return isMembers(document) ? (textList(document["packages"]) ?? []) : [];
  }
  const workspaces = manifest?.raw["workspaces"];
  return textList(isMembers(workspaces) ? workspaces["packages"] : workspaces) ?? [];
}

const plain = (pattern: string): string => pattern.replace(/^\.?\//, "").replace(/\/+$/, "");

/** The packages of a workspace: its root first, then by directory. Error `NODE_MANIFEST_INVALID`. */
export function workspacePackages(context: ProjectContext, root: string): readonly WorkspacePackage[] {
  const manifest = readManifest(context, root);
  const patterns = patternsOf(context, root, manifest);
  const wanted = patterns.filter((pattern) => !pattern.startsWith("!")).map(plain);
  const unwanted = patterns.flatMap((pattern) => (pattern.startsWith("!") ? [plain(pattern.slice(1))] : []));
  const own = manifest === undefined ? [] : [{ directory: "", manifest }];
  if (wanted.length === 0) return own;
  const picomatch = createRequire(import.meta.url)("picomatch") as typeof import("picomatch");
  const matches = picomatch(wanted, { ignore: unwanted });
  const depth = wanted.some((pattern) => pattern.includes("**"))
    ? deepest
    : Math.max(...wanted.map((pattern) => pattern.split("/").length));
  const found = [...directories(context, root, "", depth)].filter((directory) => matches(directory));
  return [
    ...own,
    ...found.sort().flatMap((directory) => {
      const one = readManifest(context, join(root, directory));
      return one === undefined ? [] : [{ directory, manifest: one }];
    }),
  ];
}

function* directories(
  context: ProjectContext,
  root: string,
  below: string,
  depth: number,
): Generator<string> {
  if (depth === 0) return;
  for (const { name, type } of context.files.list(join(root, below))) {
    if (type !== "directory" || name === "node_modules" || name.startsWith(".")) continue;
    const directory = join(below, name);
    yield directory;
    yield* directories(context, root, directory, depth - 1);
  }
}
