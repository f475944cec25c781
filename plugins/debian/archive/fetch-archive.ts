import fs from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { type SourceContext, TsdockError } from "tsdock/plugin";
import { unxz } from "../package/decompress.ts";
import type { Archive } from "./archives.ts";
import type { PackageRecord } from "./package-record.ts";
import { parsePackages } from "./parse-packages.ts";
import { parseRelease, type Release } from "./release.ts";
import { verifyInRelease } from "./verify-release.ts";

export interface FetchedArchive {
  readonly archive: Archive;
  readonly release: Release;
  readonly records: readonly PackageRecord[];
}

async function readKeyrings(archive: Archive): Promise<Uint8Array[]> {
  if (archive.keyrings.length === 0) {
    throw new TsdockError("DEBIAN_INDEX_UNTRUSTED", `there is no keyring to verify ${archive.suite} with`, {
      hint: "install debian-archive-keyring, or give its path: debian({ keyring: … })",
    });
  }
  return await Promise.all(
    archive.keyrings.map(async (keyring) => {
      if (keyring.includes("-----BEGIN")) return Buffer.from(keyring);
      return await fs.readFile(keyring).catch((cause: unknown) => {
        throw new TsdockError("DEBIAN_INDEX_UNTRUSTED", `the keyring ${keyring} cannot be read`, {
          hint: "install debian-archive-keyring, or give the path of a keyring: debian({ keyring: … })",
          cause,
        });
      });
    }),
  );
}

/** From the first mirror that has it; if none has, the first mirror's failure counts. */
async function fetchFirst(urls: readonly string[], context: SourceContext): Promise<Uint8Array | undefined> {
  const failures: unknown[] = [];
  for (const url of urls) {
    try {
      const bytes = await context.fetch(url);
      if (bytes !== undefined) return bytes;
    } catch (error) {
      context.signal.throwIfAborted();
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return undefined;
}

/** How far a mirror's clock may be ahead of ours. */
const clockSkewMs = 10 * 60 * 1000;

function checkDates(release: Release, archive: Archive, now: Date, context: SourceContext): void {
  const name = archive.suite;
  if (release.date.getTime() > now.getTime() + clockSkewMs && archive.checkDate) {
    throw new TsdockError(
      "DEBIAN_INDEX_EXPIRED",
      `the index of ${name} is from the future: ${release.date.toISOString()}`,
      {
        hint: "set the clock of this machine",
      },
    );
  }
  if (release.validUntil === undefined || release.validUntil >= now) return;
  const message = `the index of ${name} was valid until ${release.validUntil.toISOString()}`;
  if (archive.checkValidUntil) {
    throw new TsdockError("DEBIAN_INDEX_EXPIRED", message, {
      hint: "choose a mirror that is up to date; for an archive of snapshots say debian({ allowExpired: true })",
    });
  }
  context.warn(
    `${message}; that is allowed by apt's configuration or allowExpired`,
    "newer security updates may exist",
  );
}

function checkSuite(release: Release, archive: Archive): void {
  const wanted = archive.suite.replace("/updates", "");
  if (release.codename === wanted || release.suite === wanted) return;
  throw new TsdockError(
    "DEBIAN_INDEX_INVALID",
    `the mirror gave the index of ${release.codename || release.suite || "an unnamed suite"} for ${wanted}`,
    { hint: "check the mirror's URL and the suite" },
  );
}

const inflate = promisify(gunzip);
/** Fastest to read first: unpacking xz takes five times as long as gzip. */
const formats = [".gz", ".xz", ""] as const;

/** Records of lists, as long as the command runs that this is the signal of: many of its images ask for the same ones. */
const known = new WeakMap<AbortSignal, Map<string, Promise<PackageRecord[]>>>();

function readOnce(
  signal: AbortSignal,
  key: string,
  read: () => Promise<PackageRecord[]>,
): Promise<PackageRecord[]> {
  const ofCommand = known.get(signal) ?? new Map<string, Promise<PackageRecord[]>>();
  known.set(signal, ofCommand);
  const records = ofCommand.get(key) ?? read();
  ofCommand.set(key, records);
  return records;
}

async function fetchPackages(
  { archive, release }: Pick<FetchedArchive, "archive" | "release">,
  component: string,
  architecture: string,
  context: SourceContext,
): Promise<PackageRecord[]> {
  const directory = `${component}/binary-${architecture}`;
  const format = formats.find((suffix) => release.files.has(`${directory}/Packages${suffix}`));
  const file = format === undefined ? undefined : release.files.get(`${directory}/Packages${format}`);
  if (format === undefined || file === undefined) {
    throw new TsdockError(
      "DEBIAN_INDEX_MISSING",
      `${archive.suite} has no ${component} for ${architecture}`,
      {
        hint: `it has the architectures ${release.architectures.join(", ")}`,
      },
    );
  }
  const urls = archive.uris.flatMap((uri) => {
    const base = `${uri}/dists/${archive.suite}/${directory}`;
    const plain = `${base}/Packages${format}`;
    return release.byHash ? [`${base}/by-hash/SHA256/${file.sha256}`, plain] : [plain];
  });
  const name = `${archive.suite} ${component} ${architecture}`;
  const list = await context.download({ urls, sha256: file.sha256, size: file.size, name });
  return await readOnce(context.signal, `${archive.kind} ${name} ${file.sha256}`, async () => {
    const bytes = await fs.readFile(list);
    return parsePackages(await unpackList(format, bytes, context.signal), archive.kind, name);
  });
}

async function unpackList(
  format: (typeof formats)[number],
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (format === ".gz") return await inflate(bytes);
  return format === ".xz" ? await unxz(bytes, signal) : bytes;
}

/**
 * Fetches one suite: its InRelease, verified, in date and of that suite, and the package lists that it vouches for.
 * Undefined where an optional suite is not there. Errors `DEBIAN_INDEX_*`.
 */
export async function fetchArchive(
  archive: Archive,
  architecture: string,
  context: SourceContext,
  now: Date,
): Promise<FetchedArchive | undefined> {
  const urls = archive.uris.map((uri) => `${uri}/dists/${archive.suite}/InRelease`);
  const [bytes, keyrings] = await Promise.all([fetchFirst(urls, context), readKeyrings(archive)]);
  if (bytes === undefined) {
    if (archive.optional) {
      context.warn(`the mirror has no ${archive.suite}`, "its updates are not looked at");
      return undefined;
    }
    throw new TsdockError(
      "DEBIAN_INDEX_MISSING",
      `the mirror has no signed index of ${archive.suite} (InRelease)`,
      {
        hint: `check the suite and the mirror: ${archive.uris.join(", ")}`,
      },
    );
  }
  const name = `the index of ${archive.suite}`;
  const release = parseRelease(await verifyInRelease(bytes, keyrings, name, now), name);
  checkSuite(release, archive);
  checkDates(release, archive, now, context);
  const architectures = release.separateAll ? [architecture, "all"] : [architecture];
  const lists = await Promise.all(
    archive.components.flatMap((component) =>
      architectures.map((arch) => fetchPackages({ archive, release }, component, arch, context)),
    ),
  );
  return { archive, release, records: lists.flat() };
}
