import { type Json, type SourceContext, TsdockError } from "tsdock/plugin";
import { readMachineApt } from "./apt/machine-apt.ts";
import { debianArchitecture } from "./architecture.ts";
import { type Archive, archivesFor } from "./archive/archives.ts";
import { type FetchedArchive, fetchArchive } from "./archive/fetch-archive.ts";
import { packageUniverse } from "./archive/package-universe.ts";
import { closePackages } from "./closure/close.ts";
import { type DebianLock, toLocked } from "./lock.ts";
import { type DebianSpec, type Mirror, normalizeMirror } from "./options.ts";

function isMirror(value: unknown): value is Mirror {
  if (typeof value === "string") return true;
  if (typeof value !== "object" || value === null) return false;
  const { main, security } = value as { main?: unknown; security?: unknown };
  return typeof main === "string" && (security === undefined || typeof security === "string");
}

/** The mirror of the declaration, else of the plugin's options in the configuration: `plugins: { debian: { mirror } }`. */
function mirrorOf(
  spec: DebianSpec,
  options: Json | undefined,
): { readonly main: string; readonly security?: string } | undefined {
  if (spec.mirror !== undefined) return spec.mirror;
  const configured =
    typeof options === "object" && options !== null && "mirror" in options ? options.mirror : undefined;
  if (configured === undefined) return undefined;
  if (isMirror(configured)) return normalizeMirror(configured);
  throw new TsdockError("CONFIG_INVALID", "plugins.debian.mirror is neither a URL nor { main, security }");
}

export const architectureOf = (spec: DebianSpec, context: SourceContext): string =>
  spec.arch ?? debianArchitecture(context.platform);

/** Where packages of this source come from, on this machine. Errors `DEBIAN_NO_MIRROR`, `DEBIAN_OPTIONS`. */
export const archivesOf = (spec: DebianSpec, context: SourceContext): Archive[] =>
  archivesFor(spec, architectureOf(spec, context), mirrorOf(spec, context.options), readMachineApt());

/** Reads the indices and settles which packages, in which versions. Errors `DEBIAN_*`. */
export async function resolve(spec: DebianSpec, context: SourceContext): Promise<DebianLock> {
  const architecture = architectureOf(spec, context);
  const now = new Date();
  const found = await Promise.all(
    archivesOf(spec, context).map((archive) => fetchArchive(archive, architecture, context, now)),
  );
  const fetched = found.filter((archive): archive is FetchedArchive => archive !== undefined);
  const main = fetched.find(({ archive }) => archive.kind === "release");
  if (main === undefined) throw new TsdockError("DEBIAN_NO_MIRROR", "no archive has the suite itself");
  const universe = packageUniverse(
    architecture,
    fetched.flatMap(({ records }) => records),
  );
  const base = new Set(spec.essential ? closePackages([], true, universe) : []);
  return {
    suite: main.release.codename || main.release.suite,
    arch: architecture,
    date: main.release.date.toISOString(),
    packages: closePackages(spec.packages, spec.essential, universe).map((record) =>
      toLocked(record, base.has(record)),
    ),
  };
}
