import { TsdockError } from "tsdock/plugin";
import type { AptSource } from "../apt/parse-sources.ts";
import type { MachineApt } from "../apt/machine-apt.ts";
import type { DebianSpec } from "../options.ts";
import type { ArchiveKind } from "./package-record.ts";

/** One suite on one or more mirrors. */
export interface Archive {
  readonly kind: ArchiveKind;
  /** As the directory below `dists` is named: `bookworm-updates`. */
  readonly suite: string;
  /** Roots that hold it; any of them will do. */
  readonly uris: readonly string[];
  readonly components: readonly string[];
  /** Absolute paths, or armored blocks of keys. */
  readonly keyrings: readonly string[];
  readonly checkValidUntil: boolean;
  readonly checkDate: boolean;
  /** A mirror need not have it: the companions of a suite that was not read from apt's sources. */
  readonly optional: boolean;
}

/** Suites that move too fast to have companions. */
const rolling = new Set(["sid", "unstable", "experimental", "rc-buggy"]);
const kinds: readonly ArchiveKind[] = ["release", "updates", "security"];

const suiteOf = (base: string, kind: ArchiveKind): string => (kind === "release" ? base : `${base}-${kind}`);

/** Takes a suite's name apart: `bookworm-security`; undefined for backports and others that are not wanted by default. */
function classify(suite: string): { base: string; kind: ArchiveKind } | undefined {
  const match = /^([a-z0-9.]+?)(?:(?:-|\/)(updates|security))?$/.exec(suite);
  if (match?.[1] === undefined) return undefined;
  return { base: match[1], kind: match[2] === "updates" || match[2] === "security" ? match[2] : "release" };
}

interface Candidate {
  readonly base: string;
  readonly kind: ArchiveKind;
  readonly source: AptSource;
}

function candidatesOf(
  sources: readonly AptSource[],
  components: readonly string[],
  architecture: string,
): Candidate[] {
  return sources
    .filter((source) => source.components.some((component) => components.includes(component)))
    .filter((source) => source.architectures?.includes(architecture) ?? true)
    .flatMap((source) =>
      source.suites.flatMap((suite) => {
        const found = classify(suite);
        return found === undefined ? [] : [{ ...found, source }];
      }),
    );
}

function fromMachine(spec: DebianSpec, architecture: string, apt: MachineApt): Archive[] {
  const all = candidatesOf(apt.sources, spec.components, architecture);
  const first = all.find(({ kind }) => kind === "release")?.base;
  const base = spec.suite ?? first;
  if (base === undefined || first === undefined) throw noMirror();
  const exact = all.some((candidate) => candidate.base === base && candidate.kind === "release");
  const mine = all.filter((candidate) => candidate.base === (exact ? base : first));
  return kinds.flatMap((kind): Archive[] => {
    const sources = mine.filter((candidate) => candidate.kind === kind).map(({ source }) => source);
    const [leading] = sources;
    if (leading === undefined || (kind !== "release" && rolling.has(base))) return [];
    return [
      {
        kind,
        suite: suiteOf(base, kind),
        uris: [...new Set(sources.flatMap(({ uris }) => uris))],
        components: spec.components,
        keyrings: spec.keyring === undefined ? (leading.signedBy ?? apt.keyrings) : [spec.keyring],
        checkValidUntil: !spec.allowExpired && (leading.checkValidUntil ?? apt.checkValidUntil),
        checkDate: apt.checkDate,
        optional: !exact && kind !== "release",
      },
    ];
  });
}

function noMirror(): TsdockError {
  return new TsdockError(
    "DEBIAN_NO_MIRROR",
    "no Debian mirror is configured: apt's sources of this machine name none",
    {
      hint: 'give one with its suite: debian({ mirror: "http://HOST/debian", suite: "bookworm", … }), or plugins: { debian: { mirror } } in tsdock.config.ts',
    },
  );
}

function fromMirror(
  spec: DebianSpec,
  mirror: { main: string; security?: string },
  apt: MachineApt,
): Archive[] {
  const base = spec.suite;
  if (base === undefined) {
    throw new TsdockError(
      "DEBIAN_OPTIONS",
      "debian(): a mirror is given, but not which suite to take from it",
      {
        hint: 'add suite: "bookworm"',
      },
    );
  }
  const keyrings = spec.keyring === undefined ? apt.keyrings : [spec.keyring];
  const archive = (kind: ArchiveKind, uri: string): Archive => ({
    kind,
    suite: suiteOf(base, kind),
    uris: [uri],
    components: spec.components,
    keyrings,
    checkValidUntil: !spec.allowExpired,
    checkDate: true,
    optional: kind !== "release",
  });
  if (rolling.has(base)) return [archive("release", mirror.main)];
  return [
    archive("release", mirror.main),
    archive("updates", mirror.main),
    ...(mirror.security === undefined ? [] : [archive("security", mirror.security)]),
  ];
}

/**
 * The archives that packages are looked for in: those of the mirror that was given, else those of apt's sources with
 * the wanted suite. A machine of another suite lends its mirror. Errors `DEBIAN_NO_MIRROR`, `DEBIAN_OPTIONS`.
 */
export function archivesFor(
  spec: DebianSpec,
  architecture: string,
  mirror: { readonly main: string; readonly security?: string } | undefined,
  apt: MachineApt,
): Archive[] {
  return mirror === undefined ? fromMachine(spec, architecture, apt) : fromMirror(spec, mirror, apt);
}
