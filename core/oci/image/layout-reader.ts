import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { Descriptor } from "../spec/descriptor.ts";
import { type Digest, hexOf } from "../spec/digest.ts";
import type { StoredImage } from "../store/contract.ts";
import { layoutVersion, parseLayoutIndex } from "../store/layout-index.ts";
import { toStored } from "../store/named-images.ts";
import { isMissing } from "../store/store-error.ts";
import { readVerified } from "../store/verified-file.ts";
import { type ContentSource, readDocument } from "./copy-image.ts";
import type { DocumentSource } from "./image-view.ts";

/** An OCI image layout on disk that somebody else may have written: nothing in it is believed unverified. */
export class LayoutReader implements ContentSource, DocumentSource {
  readonly #directory: string;
  readonly images: readonly StoredImage[];

  private constructor(directory: string, images: readonly StoredImage[]) {
    this.#directory = directory;
    this.images = images;
  }

  /** Error `LAYOUT_INVALID` where the directory is no layout. */
  static open(directory: string): LayoutReader {
    checkVersion(directory, readText(directory, "oci-layout"));
    const file = path.join(directory, "index.json");
    const index = parseLayoutIndex(readText(directory, "index.json"), file);
    return new LayoutReader(directory, index.manifests.map(toStored));
  }

  /** The image of a name, or the only one. Error `IMAGE_NOT_FOUND`. */
  find(name: string | undefined): Descriptor {
    return findImage(this.images, name, this.#directory);
  }

  /** Errors `BLOB_MISSING`, `BLOB_CORRUPT` (at the end). */
  open(digest: Digest): AsyncIterable<Uint8Array> {
    return readVerified(this.#path(digest), digest, 0, this.#directory);
  }

  read(digest: Digest): Promise<Uint8Array> {
    const size = fs.statSync(this.#path(digest), { throwIfNoEntry: false })?.size ?? 0;
    return readDocument(this, { digest, size, mediaType: "" });
  }

  #path(digest: Digest): string {
    return path.join(this.#directory, "blobs", "sha256", hexOf(digest));
  }
}

/** Error `IMAGE_NOT_FOUND`, with the names that are there. `where` is for the message. */
export function findImage(
  images: readonly StoredImage[],
  name: string | undefined,
  where: string,
): Descriptor {
  const names = images.flatMap((image) => image.name ?? []);
  const hint =
    names.length === 0 ? "none of its images has a name" : `it has ${names.slice(0, 10).join(", ")}`;
  if (name !== undefined) {
    const image = images.find((candidate) => candidate.name === name);
    if (image !== undefined) return image.descriptor;
    throw new TsdockError("IMAGE_NOT_FOUND", `${where} has no image of the name ${name}`, { hint });
  }
  const [first, ...others] = new Map(
    images.map((image) => [image.descriptor.digest, image.descriptor]),
  ).values();
  if (first === undefined) throw new TsdockError("IMAGE_NOT_FOUND", `${where} holds no image`);
  if (others.length === 0) return first;
  throw new TsdockError(
    "IMAGE_NOT_FOUND",
    `${where} holds ${others.length + 1} images and no name was given`,
    { hint },
  );
}

function checkVersion(directory: string, text: string): void {
  let version: unknown;
  try {
    version = (JSON.parse(text) as { imageLayoutVersion?: unknown } | null)?.imageLayoutVersion;
  } catch (error) {
    throw invalid(directory, `oci-layout is not JSON: ${(error as Error).message}`);
  }
  if (version !== layoutVersion)
    throw invalid(directory, `its version is ${JSON.stringify(version)}, not ${layoutVersion}`);
}

function readText(directory: string, name: string): string {
  try {
    return fs.readFileSync(path.join(directory, name), "utf8");
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw invalid(directory, fs.existsSync(directory) ? `it has no ${name}` : "it does not exist");
  }
}

const invalid = (directory: string, reason: string): TsdockError =>
  new TsdockError("LAYOUT_INVALID", `${directory} is not an OCI image layout: ${reason}`, {
    hint: "an OCI image layout is a directory with oci-layout, index.json and blobs/",
  });
