import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../errors/tsdock-error.ts";
import { githubOutputs, githubSummary } from "../publish/record/ci-outputs.ts";
import { releaseRecord } from "../publish/record/release-record.ts";
import type { PublishResult } from "../publish/publish-result.ts";
import type { Host } from "./host.ts";

export const recordName = "tsdock-release.json";

/** Writes the record of a release: into a file, and into what GitHub Actions gives for it where we run there. */
export function recordRelease(
  result: PublishResult,
  { record = recordName }: { readonly record: string | undefined },
  host: Host,
): void {
  const { env, cwd } = host;
  const file = path.resolve(cwd, record);
  const text = `${JSON.stringify(releaseRecord(result), undefined, 2)}\n`;
  // The same release again leaves it as it is, its time too.
  if (!fs.existsSync(file) || fs.readFileSync(file, "utf8") !== text) write(file, text, false);
  if (env["GITHUB_ACTIONS"] !== "true") return;
  if (env["GITHUB_OUTPUT"]) write(env["GITHUB_OUTPUT"], githubOutputs(result, file), true);
  if (env["GITHUB_STEP_SUMMARY"]) write(env["GITHUB_STEP_SUMMARY"], githubSummary(result), true);
}

function write(file: string, text: string, append: boolean): void {
  try {
    fs.writeFileSync(file, text, { flag: append ? "a" : "w" });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const message = `the release is published, and its record cannot be written to ${file}: ${code}`;
    throw new TsdockError("RECORD_UNWRITABLE", message, {
      hint: "name another file by --record, and publish again: what is done is not done twice",
      cause: error,
    });
  }
}
