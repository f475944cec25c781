import fs from "node:fs";
import path from "node:path";

/** Directories from a directory up to the root of the file system. */
export function ancestors(directory: string): readonly string[] {
  const parent = path.dirname(directory);
  return parent === directory ? [directory] : [directory, ...ancestors(parent)];
}

/** The root of the monorepo around a directory: npm's and yarn's `workspaces` in package.json, or pnpm-workspace.yaml. */
export const findWorkspaceRoot = (cwd: string): string | undefined => ancestors(cwd).find(isWorkspaceRoot);

/** The nearest directory with a package.json. */
export const findPackage = (
  cwd: string,
  exists: (file: string) => boolean = fs.existsSync,
): string | undefined => ancestors(cwd).find((directory) => exists(path.join(directory, "package.json")));

/** How far up a configuration is looked for: the monorepo, the repository, the package; never beyond. */
export const searchLimit = (cwd: string): string =>
  findWorkspaceRoot(cwd) ??
  ancestors(cwd).find((directory) => fs.existsSync(path.join(directory, ".git"))) ??
  findPackage(cwd) ??
  cwd;

function isWorkspaceRoot(directory: string): boolean {
  if (fs.existsSync(path.join(directory, "pnpm-workspace.yaml"))) return true;
  const manifest = path.join(directory, "package.json");
  const text = fs.existsSync(manifest) ? readManifest(manifest) : "";
  return text.includes('"workspaces"') && hasWorkspaces(text);
}

/** One that cannot be read says nothing. */
export function readManifest(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return "";
  }
}

/** A package.json that is not JSON is npm's to complain about. */
function hasWorkspaces(text: string): boolean {
  try {
    return (JSON.parse(text) as { workspaces?: unknown }).workspaces !== undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
