import path from "node:path";
import { LayoutReader } from "../oci/image/layout-reader.ts";
import type { RegistryClient } from "../oci/registry/client.ts";
import { parseReference, repositoryName, withDefaultTag } from "../oci/spec/reference.ts";
import type { Destination } from "../publish/destination.ts";
import { LayoutDestination } from "../publish/layout-destination.ts";
import { type ImageOrigin, layoutOrigin, registryOrigin } from "../publish/promote/image-origin.ts";
import { RegistryDestination } from "../publish/registry-destination.ts";
import { splitLayout } from "./find-image.ts";
import type { Host } from "./host.ts";

/** Transfers at the same time. */
export const transferJobs = 8;

/** Where one image is published: in a registry or in a layout. */
export interface PublishedPlace {
  /** The layout's directory; undefined for registries. */
  readonly layout: string | undefined;
  /** As destinations have it: `host/path`, or the image's name. */
  readonly repository: string;
  readonly tag: string | undefined;
  /** Whether a digest says which image is meant. */
  readonly pinned: boolean;
  origin(client: () => Promise<RegistryClient>): Promise<ImageOrigin>;
}

/** Reads `HOST/NAME[:TAG][@DIGEST]` or `oci:DIR[:NAME[:TAG]]`. Error `REFERENCE_INVALID`. */
export function publishedPlace(text: string, host: Host): PublishedPlace {
  if (!text.startsWith("oci:")) return inRegistry(text);
  const { directory, tag: name } = splitLayout(text.slice(4));
  const layout = path.resolve(host.cwd, directory);
  const at = name?.lastIndexOf(":") ?? -1;
  return {
    layout,
    repository: (at < 0 ? name : name?.slice(0, at)) ?? "",
    tag: at < 0 ? undefined : name?.slice(at + 1),
    pinned: false,
    origin: () => Promise.resolve(layoutOrigin(LayoutReader.open(layout), name)),
  };
}

function inRegistry(text: string): PublishedPlace {
  const reference = parseReference(text);
  return {
    layout: undefined,
    repository: repositoryName(reference),
    tag: reference.tag,
    pinned: reference.digest !== undefined,
    origin: async (client) => registryOrigin(await client(), withDefaultTag(reference)),
  };
}

/** A layout's directory, or registries. */
export const destinationAt = async (
  layout: string | undefined,
  client: () => Promise<RegistryClient>,
  { emit }: Host,
): Promise<Destination> =>
  layout === undefined
    ? new RegistryDestination(await client(), transferJobs)
    : new LayoutDestination(layout, (message) => emit({ type: "warning", code: "PUBLISH_WAITING", message }));
