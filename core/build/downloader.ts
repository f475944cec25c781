import { createHash } from "node:crypto";
import fs from "node:fs";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { EventSink } from "../events.ts";
import type { Downloads } from "../oci/store/contract.ts";
import type { Download } from "../plugin/contract.ts";
import { createLimiter } from "../util/limiter.ts";
import { memoizeAsync } from "../util/memoize-async.ts";
import type { Http } from "./http.ts";

/** Connections of downloads at once: enough to fill a line, few enough for a mirror's patience. */
const parallelDownloads = 8;

/** Verified downloads in the store, each at most once however many ask. */
export function createDownloader(http: Http, downloads: Downloads, emit: EventSink) {
  const limited = createLimiter(parallelDownloads);
  const bySum = new Map<string, Download>();
  const once = memoizeAsync((sha256: string) => {
    const file = bySum.get(sha256);
    if (file === undefined) throw new Error(`no download is known for ${sha256}`);
    return limited(() => transfer(file));
  });

  async function transfer(file: Download): Promise<string> {
    const failures: string[] = [];
    for (const url of file.urls) {
      const found = await http.withRetries(url, () => receive(file, url));
      if (found) return downloads.path(file.sha256);
      failures.push(`${url}: not found`);
    }
    throw new TsdockError("DOWNLOAD_FAILED", `${file.name} cannot be downloaded`, {
      details: failures.join("\n"),
      hint: "the server no longer has it: run tsdock lock --update to pin what it has now",
    });
  }

  async function receive(file: Download, url: string): Promise<boolean> {
    const response = await http.get(url);
    if (response === undefined) return false;
    await using pending = downloads.pending();
    const transferOf = {
      type: "transfer",
      id: file.sha256,
      kind: "download",
      name: file.name,
      ...(file.size === undefined ? {} : { total: file.size }),
    } as const;
    const hash = createHash("sha256");
    const handle = fs.openSync(pending.path, "w");
    let done = 0;
    try {
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        done += chunk.length;
        if (file.size !== undefined && done > file.size)
          throw mismatch(file, url, `more than ${file.size} bytes`);
        hash.update(chunk);
        fs.writeSync(handle, chunk);
      }
    } finally {
      fs.closeSync(handle);
    }
    const actual = hash.digest("hex");
    if (actual !== file.sha256) throw mismatch(file, url, `SHA-256 ${actual}`);
    await pending.commit(actual, done);
    emit({ ...transferOf, done, state: "done" });
    return true;
  }

  return (file: Download): Promise<string> => {
    if (downloads.has(file.sha256)) return Promise.resolve(downloads.path(file.sha256));
    if (!bySum.has(file.sha256)) bySum.set(file.sha256, file);
    return once(file.sha256);
  };
}

const mismatch = (file: Download, url: string, found: string): TsdockError =>
  new TsdockError(
    "DOWNLOAD_MISMATCH",
    `${file.name} from ${url} is not what was expected: ${found} instead of SHA-256 ${file.sha256}`,
    {
      hint: "the file changed on the server, or something on the way changed it: do not use it before you know why",
    },
  );
