import { TsdockError } from "../../errors/tsdock-error.ts";
import type { Fact, PackageFacts } from "./release-facts.ts";

/** A file that was read: its text, and its name for people. */
export interface ReadFile {
  readonly name: string;
  readonly text: string;
}

/** Files that say what is released; those that do not exist are undefined. */
export interface PackageFiles {
  /** Relative to the workspace: `services/web`, or `.`. */
  readonly directory: string;
  readonly manifest: ReadFile | undefined;
  /** `tmp/DIRECTORY/.docker-version` of Nx: the reference of the image that is released. */
  readonly nx: ReadFile | undefined;
  /** `.release-please-manifest.json`: versions by directory. */
  readonly releasePlease: ReadFile | undefined;
}

/** The package of an image. Nx and release-please know its version better than package.json. Error `RELEASE_INVALID`. */
export function packageFacts(files: PackageFiles): PackageFacts {
  const { manifest } = files;
  const { name, version } = manifest === undefined ? {} : objectOf(manifest);
  const own =
    manifest !== undefined && typeof version === "string" && version !== ""
      ? { value: version, source: manifest.name }
      : undefined;
  return {
    name: typeof name === "string" ? name : undefined,
    version: nxVersion(files.nx) ?? listedVersion(files.releasePlease, files.directory) ?? own,
  };
}

function nxVersion(file: ReadFile | undefined): Fact<string> | undefined {
  if (file === undefined) return undefined;
  const tag = /:([A-Za-z0-9_][A-Za-z0-9._-]*)$/.exec(file.text.trim())?.[1];
  if (tag !== undefined) return { value: tag, source: file.name };
  throw invalid(file.name, "it is no image reference with a tag");
}

function listedVersion(file: ReadFile | undefined, directory: string): Fact<string> | undefined {
  if (file === undefined) return undefined;
  const versions = objectOf(file);
  const version = Object.hasOwn(versions, directory) ? versions[directory] : undefined;
  if (version === undefined) return undefined;
  if (typeof version === "string") return { value: version, source: file.name };
  throw invalid(file.name, `the version of ${directory} is no text`);
}

/** `.changeset/pre.json`: what pre-releases are called, while there are such. Error `RELEASE_INVALID`. */
export function preTag(file: ReadFile | undefined): Fact<string> | undefined {
  if (file === undefined) return undefined;
  const { mode, tag } = objectOf(file);
  if (typeof tag !== "string") throw invalid(file.name, "it has no `tag`");
  return mode === "pre" ? { value: tag, source: file.name } : undefined;
}

function objectOf({ name, text }: ReadFile): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalid(name, `it is no JSON: ${error.message}`);
  }
  throw invalid(name, "it is no object");
}

const invalid = (file: string, why: string): TsdockError =>
  new TsdockError("RELEASE_INVALID", `${file} does not say which version is released: ${why}`, {
    hint: "repair the file, or let the tool that writes it make it again",
  });
