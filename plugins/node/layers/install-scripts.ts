import { TsdockError } from "tsdock/plugin";
import type { InstalledPackage } from "../install/installation.ts";

/**
 * Packages that want to run scripts have to be named: `name` to run them, `!name` to install it without. Gives those to
 * run. Error `NODE_INSTALL_SCRIPTS` with the list of the others.
 */
export function checkScripts(
  packages: readonly InstalledPackage[],
  allowed: readonly string[],
): readonly InstalledPackage[] {
  const wanting = packages.filter(({ scripts }) => scripts === true);
  const unknown = wanting.filter(({ name }) => !allowed.includes(name) && !allowed.includes(`!${name}`));
  if (unknown.length === 0) return wanting.filter(({ name }) => allowed.includes(name));
  const names = [...new Set(unknown.map(({ name }) => name))].sort();
  throw new TsdockError(
    "NODE_INSTALL_SCRIPTS",
    `${names.length === 1 ? "a package wants" : `${names.length} packages want`} to run scripts when installed: ${names.join(", ")}`,
    {
      hint: `name those that must run them, and those that work without: installScripts: [${names.map((name) => JSON.stringify(`!${name}`)).join(", ")}]`,
    },
  );
}
