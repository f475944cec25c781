import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { makeDirectories } from "../../util/make-directories.ts";
import { statIfThere } from "./last-use.ts";
import { layoutVersion } from "./layout-index.ts";
import { uniqueOwner } from "./process-owner.ts";
import { codeOf, isMissing, storeError, unwritable } from "./store-error.ts";

const folders = [
  "blobs/sha256",
  "actions",
  "layers",
  "snapshots",
  "l",
  "downloads/sha256",
  "mounts",
  "contexts",
  "records",
  "facts",
  "leases",
  "locks",
  "tmp",
];

/** Where programs of images lie as they are: one that is setuid root must not be within reach of the machine's users (CVE-2021-41091). */
const closed = new Set(["snapshots", "mounts", "tmp"]);

/**
 * Makes the folders of a store where they are not there yet. `oci-layout` is written last: where it exists, so do they,
 * and opening costs one read. Error `STORE_INVALID`, `STORE_UNWRITABLE`, `DISK_FULL`.
 */
export function openDirectory(directory: string): void {
  const marker = path.join(directory, "oci-layout");
  const text = readMarker(marker);
  if (text !== undefined && isLayout(text)) return;
  if (text !== undefined && text !== "") {
    throw new TsdockError(
      "STORE_INVALID",
      `${marker} is not that of an OCI image layout ${layoutVersion}: ${text.slice(0, 80)}`,
      {
        hint: "use another TSDOCK_HOME, or remove this directory if it is a store that may be lost",
      },
    );
  }
  try {
    makeDirectories(directory);
    for (const folder of folders) {
      const mode = closed.has(folder) ? 0o700 : 0o777;
      fs.mkdirSync(path.join(directory, folder), { recursive: true, mode });
    }
    writeWhole(
      path.join(directory, "index.json"),
      JSON.stringify({ schemaVersion: 2, manifests: [] }),
      directory,
    );
    writeWhole(marker, JSON.stringify({ imageLayoutVersion: layoutVersion }), directory);
  } catch (error) {
    throw noPlace.has(codeOf(error) ?? "") ? unwritable(error, directory) : storeError(error, directory);
  }
}

/** A file stands where a directory should, or nothing can be made there (/proc says ENOENT), or the path is none at all. */
const noPlace: ReadonlySet<string> = new Set(["EEXIST", "ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG"]);

function readMarker(marker: string): string | undefined {
  try {
    return fs.readFileSync(marker, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw codeOf(error) === "ENAMETOOLONG" ? unwritable(error, marker) : storeError(error, marker);
  }
}

function isLayout(text: string): boolean {
  try {
    return (
      (JSON.parse(text) as { imageLayoutVersion?: unknown } | null)?.imageLayoutVersion === layoutVersion
    );
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** Several processes may do this at once: link(2) lets the first win. A file left empty by a power failure is replaced. */
function writeWhole(file: string, text: string, directory: string): void {
  if (statIfThere(file)?.size === 0) fs.rmSync(file);
  const temporary = path.join(directory, "tmp", uniqueOwner());
  try {
    fs.writeFileSync(temporary, text, { flush: true });
    fs.linkSync(temporary, file);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  } finally {
    fs.rmSync(temporary, { force: true });
  }
}
