import fs from "node:fs/promises";
import { type LayerEntry, TsdockError } from "tsdock/plugin";
import { type Paragraph, parseParagraphs } from "../control/paragraphs.ts";
import { readAr } from "./ar.ts";
import { decompress } from "./decompress.ts";
import { readTar } from "./tar.ts";

/** A .deb in memory. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly fields: Paragraph;
  /** The text of `control`, without empty lines at its end. */
  readonly control: string;
  /** The other files of the control archive: scripts, conffiles, md5sums, triggers …, by name. */
  readonly controlFiles: ReadonlyMap<string, Uint8Array>;
  /** As the package has them, before any of them is moved. */
  readonly entries: readonly LayerEntry[];
}

function member(
  members: ReadonlyMap<string, Uint8Array>,
  prefix: string,
  file: string,
): readonly [string, Uint8Array] {
  for (const found of members) if (found[0].startsWith(prefix)) return found;
  throw new TsdockError("DEBIAN_PACKAGE_INVALID", `${file} is not a package: it has no ${prefix}*`);
}

const contentOf = (entry: LayerEntry): Uint8Array | undefined =>
  entry.type === "file" && entry.content instanceof Uint8Array ? entry.content : undefined;

/** Reads a .deb (deb(5)). `name` is for messages. Error `DEBIAN_PACKAGE_INVALID`. */
export async function readPackage(file: string, name: string, signal: AbortSignal): Promise<DebianPackage> {
  const members = readAr(await fs.readFile(file, { signal }), name);
  if (
    !Buffer.from(member(members, "debian-binary", name)[1])
      .toString("latin1")
      .startsWith("2.")
  ) {
    throw new TsdockError("DEBIAN_PACKAGE_INVALID", `${name} has a format that is not known`);
  }
  const controlFiles = new Map<string, Uint8Array>();
  for (const entry of readTar(await decompress(...member(members, "control.tar", name), signal))) {
    const content = contentOf(entry);
    if (content !== undefined) controlFiles.set(entry.path, content);
  }
  const control = Buffer.from(controlFiles.get("control") ?? "")
    .toString("utf8")
    .trimEnd();
  controlFiles.delete("control");
  const [fields] = parseParagraphs(control);
  const [pkg, version, architecture] = ["package", "version", "architecture"].map((field) =>
    fields?.get(field),
  );
  if (fields === undefined || pkg === undefined || version === undefined || architecture === undefined) {
    throw new TsdockError("DEBIAN_PACKAGE_INVALID", `${name} does not say which package it is`);
  }
  const entries = readTar(await decompress(...member(members, "data.tar", name), signal));
  return { name: pkg, version, architecture, fields, control, controlFiles, entries };
}
