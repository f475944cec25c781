import { TsdockError } from "../../errors/tsdock-error.ts";
import type { Vertex } from "../../graph/definition.ts";
import type { SourceOperation } from "../../graph/operation.ts";
import type { Manifest } from "../../oci/spec/descriptor.ts";
import type { ImageConfig } from "../../oci/spec/image-config.ts";
import { formatPlatform } from "../../oci/spec/platform.ts";
import { parseReference } from "../../oci/spec/reference.ts";
import type { BuildContext, PlannedAction, ResolvedImage } from "../operation-handler.ts";
import type { Tree } from "../tree.ts";

type ImageSource = Extract<SourceOperation, { kind: "registry" | "layout" | "archive" }>;

/**
 * An image from outside: its manifest and configuration now, its layers when somebody reads them. There is nothing to run and
 * nothing to cache: what may be had without the network is found by the resolver.
 */
export async function planImageSource(
  op: ImageSource,
  vertex: Vertex,
  context: BuildContext,
): Promise<PlannedAction> {
  const resolved = await resolve(op, vertex, context);
  const tree = treeOf(op, resolved, context);
  return {
    inputs: { op: "image", platform: formatPlatform(vertex.platform), manifest: resolved.manifestDigest },
    run: () => Promise.resolve({ layer: null }),
    tree: () => tree,
    available: () => true,
  };
}

async function resolve(op: ImageSource, vertex: Vertex, context: BuildContext): Promise<ResolvedImage> {
  switch (op.kind) {
    case "registry": {
      const pinned = context.lock.imageDigest(op.reference);
      const image = await context.images.registry(op.reference, vertex.platform, pinned);
      if (pinned === undefined && parseReference(op.reference).digest === undefined)
        context.lock.resolved.add(op.reference);
      return image;
    }
    case "layout":
      return context.images.layout(op.directory, op.tag, vertex.platform);
    case "archive":
      return context.images.archive(op.file, vertex.platform);
  }
}

function treeOf(op: ImageSource, resolved: ResolvedImage, context: BuildContext): Tree {
  const manifest = JSON.parse(Buffer.from(resolved.manifest).toString("utf8")) as Manifest;
  const config = JSON.parse(Buffer.from(resolved.config).toString("utf8")) as ImageConfig;
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== manifest.layers.length) {
    throw new TsdockError(
      "IMAGE_INVALID",
      `${nameOf(op)} has ${manifest.layers.length} layers in its manifest and ${diffIds.length} in its configuration`,
      {
        hint: "the image was not made correctly: use another tag or digest of it",
      },
    );
  }
  for (const [index, diffId] of diffIds.entries()) {
    const descriptor = manifest.layers[index];
    if (descriptor === undefined) continue;
    const open = (signal: AbortSignal) => resolved.openLayer(descriptor.digest, signal);
    context.layers.addOrigin(diffId, {
      descriptor,
      open,
      ...(resolved.repository === undefined ? {} : { repository: resolved.repository }),
    });
  }
  return {
    layers: diffIds.map((diffId) => ({ diffId })),
    base: { config, image: { name: nameOf(op), digest: resolved.pinned } },
  };
}

function nameOf(op: ImageSource): string {
  switch (op.kind) {
    case "registry":
      return op.reference;
    case "layout":
      return `oci:${op.directory}${op.tag === undefined ? "" : `:${op.tag}`}`;
    case "archive":
      return `docker-archive:${op.file}`;
  }
}
