import fs from "node:fs/promises";
import type { EphemeralFile, SourceContext } from "tsdock/plugin";
import type { Archive } from "./archive/archives.ts";
import type { DebianSpec } from "./options.ts";
import { archivesOf } from "./resolve.ts";

const sourcesPath = "/etc/apt/sources.list.d/tsdock.sources";
const keyringPath = (index: number, armored: boolean): string =>
  `/etc/apt/keyrings/tsdock-${index}.${armored ? "asc" : "gpg"}`;
const isArmored = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.subarray(0, 64)).toString("latin1").trimStart().startsWith("-----BEGIN");

function paragraph(archive: Archive, signedBy: readonly string[], allowExpired: boolean): string {
  return [
    "Types: deb",
    `URIs: ${archive.uris.join(" ")}`,
    `Suites: ${archive.suite}`,
    `Components: ${archive.components.join(" ")}`,
    // Signed-By takes a list of files since apt 1.1
    `Signed-By: ${signedBy.join(",")}`,
    ...(archive.checkValidUntil && !allowExpired ? [] : ["Check-Valid-Until: no"]),
    "",
  ].join("\n");
}

/**
 * What apt inside of a RUN reads packages from: the mirrors of this machine with the keys that they are checked by.
 * Bound while it runs and in no layer. Nothing for an image without apt among the packages that were named.
 */
export async function ephemeralFiles(
  spec: DebianSpec,
  context: SourceContext,
): Promise<readonly EphemeralFile[]> {
  if (!spec.packages.some((name) => /^apt(=|$)/.test(name))) return [];
  const archives = archivesOf(spec, context);
  const keyrings = [...new Set(archives.flatMap((archive) => archive.keyrings))];
  const contents = await Promise.all(
    keyrings.map(async (keyring) =>
      keyring.includes("-----BEGIN") ? Buffer.from(keyring) : await fs.readFile(keyring),
    ),
  );
  const files = contents.map(
    (content, index): EphemeralFile => ({
      target: keyringPath(index, isArmored(content)),
      content,
      mode: 0o644,
    }),
  );
  const pathOf = (keyring: string): string => files[keyrings.indexOf(keyring)]?.target ?? "";
  const text = archives
    .map((archive) => paragraph(archive, archive.keyrings.map(pathOf), spec.allowExpired))
    .join("\n");
  return [{ target: sourcesPath, content: Buffer.from(text), mode: 0o644 }, ...files];
}
