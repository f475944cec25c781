import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

/** A package below a directory with the digest of its files (paths, executable bits, contents). */
export interface FoundPackage {
  readonly name: string;
  readonly version: string;
  readonly files: string;
}

/** Every package in the `node_modules` below a directory, links not followed: what a package manager put there. */
export function installedPackages(directory: string): readonly FoundPackage[] {
  const found: FoundPackage[] = [];
  const visit = (at: string, isModules: boolean): void => {
    for (const entry of fs.readdirSync(at, { withFileTypes: true })) {
      const inner = path.join(at, entry.name);
      if (!entry.isDirectory() || entry.name === ".bin") continue;
      if (isModules && entry.name.startsWith("@")) visit(inner, true);
      else if (entry.name === ".pnpm")
        for (const one of fs.readdirSync(inner)) visitStore(path.join(inner, one));
      else if (isModules && !entry.name.startsWith(".")) take(inner);
      else if (!isModules) visit(inner, entry.name === "node_modules");
    }
  };
  const visitStore = (at: string): void => {
    const modules = path.join(at, "node_modules");
    if (fs.existsSync(modules)) visit(modules, true);
  };
  const take = (at: string): void => {
    const manifest = path.join(at, "package.json");
    if (!fs.existsSync(manifest)) return;
    const { name, version } = JSON.parse(fs.readFileSync(manifest, "utf8")) as {
      name: string;
      version: string;
    };
    found.push({ name, version, files: digestOf(at) });
    const inner = path.join(at, "node_modules");
    if (fs.existsSync(inner)) visit(inner, true);
  };
  visit(directory, path.basename(directory) === "node_modules");
  return found;
}

function digestOf(directory: string): string {
  const hash = createHash("sha256");
  const visit = (at: string, prefix: string): void => {
    for (const entry of fs
      .readdirSync(at, { withFileTypes: true })
      .sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const [inner, name] = [path.join(at, entry.name), `${prefix}${entry.name}`];
      if (name === "node_modules") continue;
      if (entry.isDirectory()) visit(inner, `${name}/`);
      else if (entry.isFile()) hash.update(`${name}\0`).update(fs.readFileSync(inner));
    }
  };
  visit(directory, "");
  return hash.digest("hex");
}

/** `name@version`, each once, sorted. */
export const moduleSet = (packages: readonly FoundPackage[]): readonly string[] =>
  [...new Set(packages.map(({ name, version }) => `${name}@${version}`))].sort();

/** The same with the digest of the files. */
export const fileSet = (packages: readonly FoundPackage[]): readonly string[] =>
  [...new Set(packages.map(({ name, version, files }) => `${name}@${version} ${files}`))].sort();
