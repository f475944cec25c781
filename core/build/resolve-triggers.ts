import type { Definition } from "../graph/definition.ts";
import { formatPlatform, type Platform } from "../oci/spec/platform.ts";
import type { BuildContext } from "./operation-handler.ts";

export type TriggersOf = (reference: string, platform: Platform) => readonly string[];

/** The ONBUILD triggers of bases in registries; undefined where no base has any, which is nearly always. */
export async function resolveTriggers(
  definition: Definition,
  context: BuildContext,
): Promise<TriggersOf | undefined> {
  const triggers = new Map<string, readonly string[]>();
  await Promise.all(
    [...definition.vertices.values()].map(async ({ op, platform }) => {
      if (op.type !== "source" || op.kind !== "registry") return;
      const { config } = await context.images.registry(
        op.reference,
        platform,
        context.lock.imageDigest(op.reference),
      );
      const { config: container } = JSON.parse(Buffer.from(config).toString("utf8")) as {
        config?: { OnBuild?: readonly string[] | null };
      };
      const onBuild = container?.OnBuild ?? [];
      if (onBuild.length > 0) triggers.set(`${op.reference} ${formatPlatform(platform)}`, onBuild);
    }),
  );
  if (triggers.size === 0) return undefined;
  return (reference, platform) => triggers.get(`${reference} ${formatPlatform(platform)}`) ?? [];
}
