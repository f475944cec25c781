import fs from "node:fs";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { EventSink } from "../events.ts";
import type { Downloads, StateFiles } from "../oci/store/contract.ts";
import type { Download } from "../plugin/contract.ts";
import { createLimiter } from "../util/limiter.ts";
import { memoizeAsync } from "../util/memoize-async.ts";
import type { Http } from "./http.ts";
import { DigestCheck, type ExpectedDigest, parseIntegrity } from "./integrity.ts";

/** Connections of downloads at once: enough to fill a line, few enough for a mirror's patience. */
const parallelDownloads = 8;

interface DownloadStore {
  readonly downloads: Downloads;
  /** Remembers which SHA-256 has which other digest. */
  readonly contexts: StateFiles;
}

const expectedOf = (file: Download): ExpectedDigest =>
  file.sha256 === undefined ? parseIntegrity(file.integrity) : { algorithm: "sha256", hex: [file.sha256] };
const nameOf = ({ algorithm, hex }: ExpectedDigest): string => `${algorithm} ${hex.join(" ")}`;

/** Verified downloads in the store, each at most once however many ask. */
export function createDownloader(http: Http, { downloads, contexts }: DownloadStore, emit: EventSink) {
  const limited = createLimiter(parallelDownloads);
  const bySum = new Map<string, Download>();
  const once = memoizeAsync((sum: string) => {
    const file = bySum.get(sum);
    if (file === undefined) throw new Error(`no download is known for ${sum}`);
    return limited(() => transfer(file, expectedOf(file)));
  });

  async function transfer(file: Download, expected: ExpectedDigest): Promise<string> {
    const failures: string[] = [];
    for (const url of file.urls) {
      const sha256 = await http.withRetries(url, () => receive(file, expected, url));
      if (sha256 !== undefined) return downloads.path(sha256);
      failures.push(`${url}: not found`);
    }
    throw new TsdockError("DOWNLOAD_FAILED", `${file.name} cannot be downloaded`, {
      details: failures.join("\n"),
      hint: "the server no longer has it: update the lock to pin what it has now",
    });
  }

  /** The SHA-256 of what was received and verified; undefined where the server has nothing. */
  async function receive(file: Download, expected: ExpectedDigest, url: string): Promise<string | undefined> {
    const response = await http.get(url, file.headers, file.ca);
    if (response === undefined) return undefined;
    await using pending = downloads.pending();
    const transferOf = {
      type: "transfer",
      id: expected.hex[0] ?? "",
      kind: "download",
      name: file.name,
      ...(file.size === undefined ? {} : { total: file.size }),
    } as const;
    const check = new DigestCheck(expected);
    const handle = fs.openSync(pending.path, "w");
    let done = 0;
    try {
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        done += chunk.length;
        if (file.size !== undefined && done > file.size)
          throw mismatch(file, url, `more than ${file.size} bytes`);
        check.update(chunk);
        fs.writeSync(handle, chunk);
      }
    } finally {
      fs.closeSync(handle);
    }
    const { sha256, found, ok } = check.end();
    if (!ok) throw mismatch(file, url, `${label(expected)} ${found} instead of ${expected.hex.join(" or ")}`);
    await pending.commit(sha256, done);
    if (expected.algorithm !== "sha256") contexts.put(stateKey(expected), Buffer.from(sha256));
    emit({ ...transferOf, done, state: "done" });
    return sha256;
  }

  /** What is there already, by the digest that is asked for. */
  function present(expected: ExpectedDigest): string | undefined {
    const [only = ""] = expected.hex;
    if (expected.algorithm === "sha256") return downloads.has(only) ? downloads.path(only) : undefined;
    const known = contexts.get(stateKey(expected));
    const sha256 = known === undefined ? "" : Buffer.from(known).toString();
    return /^[0-9a-f]{64}$/.test(sha256) && downloads.has(sha256) ? downloads.path(sha256) : undefined;
  }

  return async (file: Download): Promise<string> => {
    const expected = expectedOf(file);
    const path = present(expected);
    if (path !== undefined) return path;
    const sum = nameOf(expected);
    if (!bySum.has(sum)) bySum.set(sum, file);
    return once(sum);
  };
}

const stateKey = (expected: ExpectedDigest): string => `download ${nameOf(expected)}`;
const label = ({ algorithm }: ExpectedDigest): string => algorithm.toUpperCase().replace("SHA", "SHA-");

const mismatch = (file: Download, url: string, found: string): TsdockError =>
  new TsdockError("DOWNLOAD_MISMATCH", `${file.name} from ${url} is not what was expected: ${found}`, {
    hint: "the file changed on the server, or something on the way changed it: do not use it before you know why",
  });
