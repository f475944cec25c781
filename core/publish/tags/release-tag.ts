import { parseVersion } from "./version-line.ts";
import type { Version } from "./version.ts";

/** A git tag as a release: `api-v1.2.3` is version 1.2.3 of `api`. */
export interface ReleaseTag {
  /** Undefined where the tag is a version and nothing else. */
  readonly package: string | undefined;
  /** As it is written: `v1.2.3`. */
  readonly raw: string;
  readonly version: Version;
}

/** Reads `v1.2.3`, `@acme/api@1.2.3`, `api-v1.2.3` and `api/v1.2.3`; undefined if the tag is no version. */
export function parseReleaseTag(tag: string, scheme: Version["scheme"]): ReleaseTag | undefined {
  const whole = parseVersion(scheme, tag);
  if (whole !== undefined) return { package: undefined, raw: tag, version: whole };
  for (const { index } of tag.matchAll(/[@/-]/g)) {
    const [name, raw] = [tag.slice(0, index), tag.slice(index + 1)];
    const version = name === "" ? undefined : parseVersion(scheme, raw);
    if (version !== undefined) return { package: name, raw, version };
  }
  return undefined;
}

/** Whether a person would take the tag for a version. */
export const looksLikeVersion = (tag: string): boolean => /(?:^|[@/_-])v?\d+(?:\.\d+)+|^v\d/i.test(tag);

/** The package that a tag which looks like a version is of, whatever scheme the version follows. */
export function packageOfTag(tag: string): string | undefined {
  const [found] = /(?:^|[@/_-])v?\d+(?:\.\d+)*(?:[-+.]?[0-9A-Za-z.+-]*)?$/i.exec(tag) ?? [];
  const strict = parseReleaseTag(tag, "semver") ?? parseReleaseTag(tag, "pep440");
  if (strict !== undefined) return strict.package;
  return found === undefined || found === tag ? undefined : tag.slice(0, tag.length - found.length);
}

/** Whether one of the names is the package's, with its scope or without. */
export const isOwner = (names: readonly string[], name: string | undefined): boolean =>
  name !== undefined && (names.includes(name) || names.includes(withoutScope(name)));

const withoutScope = (name: string): string => name.replace(/^@[^/]+\//, "");

/** All names by which tags and release tools may mean an image: its own, its package's, its directory. */
export function ownerNames(
  image: { readonly name: string; readonly directory: string },
  packageName: string | undefined,
): readonly string[] {
  const names = [image.name, image.name.split("/").at(-1) ?? image.name, image.directory];
  if (packageName !== undefined) names.push(packageName, withoutScope(packageName));
  return [...new Set(names)];
}
