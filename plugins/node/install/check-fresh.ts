import { TsdockError } from "tsdock/plugin";
import type { Manifest } from "../project/manifest.ts";
import { placeOf } from "../project/data-file.ts";

type Ranges = Readonly<Record<string, string>>;

/** What a lockfile was written for. */
export interface LockedRanges {
  /** Needed in production; a value of undefined is not compared. */
  readonly required: Readonly<Record<string, string | undefined>>;
  /** Names whose ranges something else decides: overrides. */
  readonly free: ReadonlySet<string>;
}

/** What has to be in the lockfile: dependencies in production. */
const wantedOf = ({ dependencies, optionalDependencies }: Manifest): Ranges => ({
  ...dependencies,
  ...optionalDependencies,
});

/**
 * Whether a lockfile was written for a package.json as it is: its dependencies in production by name and range. Error
 * `NODE_LOCKFILE_STALE` with the place in the package.json.
 */
export function checkFresh(manifest: Manifest, { required, free }: LockedRanges, install: string): void {
  const wanted = wantedOf(manifest);
  const missing = Object.keys(wanted).find((name) => !Object.hasOwn(required, name));
  const other = Object.entries(wanted).find(([name, range]) => {
    const locked = Object.hasOwn(required, name) ? required[name] : undefined;
    return locked !== undefined && locked !== range && !free.has(name);
  });
  const name = missing ?? other?.[0];
  if (name === undefined) return;
  const what =
    missing === undefined
      ? `asks for ${name} ${wanted[name] ?? ""}, and the lockfile was written for ${required[name] ?? ""}`
      : `asks for ${name}, which the lockfile does not know`;
  throw new TsdockError("NODE_LOCKFILE_STALE", `package.json ${what}`, {
    place: placeOf(manifest.file, JSON.stringify(name)),
    hint: `run ${install}, and commit the lockfile`,
  });
}
