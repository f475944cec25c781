import { parsePep440 } from "./pep440.ts";
import { parseSemver } from "./semver.ts";
import { compareVersions, type Version } from "./version.ts";

export type VersionPart = "major" | "minor" | "patch";

/**
 * The versions that a rolling tag may ever mean: plain data, so that a plan can keep it.
 * `1.2` means those that share major and minor, `latest` all stable ones.
 */
export interface VersionLine {
  readonly scheme: Version["scheme"];
  /** The one that is published now. */
  readonly version: string;
  /** What all of the line have in common with it. */
  readonly same: readonly VersionPart[];
  /** Which of them are compared: stable ones, pre-releases of one name, or all. */
  readonly among: "stable" | "all" | { readonly channel: string };
  /** What stands around a whole version in this image's tags. */
  readonly forms: readonly TagForm[];
}

export interface TagForm {
  readonly prefix: string;
  readonly suffix: string;
}

export interface RollingDecision {
  readonly action: "move" | "skip";
  /** For people: `2.5.2 is published and newer than 1.1.1`. */
  readonly reason: string;
}

export const parseVersion = (scheme: Version["scheme"], text: string): Version | undefined =>
  scheme === "semver" ? parseSemver(text) : parsePep440(text);

/**
 * Whether a rolling tag may be moved, given all tags that its repository has: only to a version that is not older than any
 * of its line that is published. Tags without a line (`edge`, branches) always move.
 */
export function decideRolling(
  { line }: { readonly line?: VersionLine | undefined },
  publishedTags: readonly string[],
): RollingDecision {
  if (line === undefined) return { action: "move", reason: "it follows what is published last" };
  const wanted = parseVersion(line.scheme, line.version);
  if (wanted === undefined) return { action: "skip", reason: `${line.version} is not a version` };
  const newest = newestOf(publishedTags.flatMap((tag) => publishedVersions(tag, line, wanted)));
  if (newest === undefined)
    return { action: "move", reason: `no other version of ${nameOf(line, wanted)} is published` };
  if (compareVersions(newest, wanted) > 0)
    return { action: "skip", reason: `${newest.text} is published and newer than ${wanted.text}` };
  return { action: "move", reason: `${wanted.text} is the newest of ${nameOf(line, wanted)}` };
}

/** The versions of the line that a tag stands for. */
function publishedVersions(tag: string, line: VersionLine, wanted: Version): readonly Version[] {
  return line.forms.flatMap(({ prefix, suffix }) => {
    if (tag.length <= prefix.length + suffix.length || !tag.startsWith(prefix) || !tag.endsWith(suffix))
      return [];
    const text = tag.slice(prefix.length, tag.length - suffix.length);
    if (!/^v?\d/i.test(text)) return [];
    // A lone number is a rolling tag or a date; it is a version only where versions are lone numbers.
    if (!text.includes(".") && line.version.includes(".")) return [];
    const version = parseVersion(line.scheme, text);
    return version !== undefined && isInLine(version, line, wanted) ? [version] : [];
  });
}

function isInLine(version: Version, { same, among }: VersionLine, wanted: Version): boolean {
  if (same.some((part) => version[part] !== wanted[part])) return false;
  if (among === "all") return true;
  return among === "stable" ? version.stable : version.channel === among.channel;
}

const newestOf = (versions: readonly Version[]): Version | undefined =>
  versions.reduce<Version | undefined>(
    (newest, one) => (newest === undefined || compareVersions(one, newest) > 0 ? one : newest),
    undefined,
  );

function nameOf({ same, among }: VersionLine, wanted: Version): string {
  const of = typeof among === "object" ? `${among.channel} of ` : "";
  return of + (same.length === 0 ? "all" : same.map((part) => wanted[part]).join("."));
}
