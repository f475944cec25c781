import { isTsdockError } from "../errors/tsdock-error.ts";
import type { Definition } from "../graph/definition.ts";
import { formatPlatform, type Platform } from "../oci/spec/platform.ts";
import type { BuildContext } from "./operation-handler.ts";

export type TriggersOf = (reference: string, platform: Platform) => readonly string[];

/**
 * The ONBUILD triggers of bases in registries; undefined where no base has any, which is nearly always. `later`: a base that
 * cannot be had is left to whoever builds on it, who fails with the same and says where.
 */
export async function resolveTriggers(
  definition: Definition,
  context: BuildContext,
  unreachable: "fail" | "later",
): Promise<TriggersOf | undefined> {
  const triggers = new Map<string, readonly string[]>();
  await Promise.all(
    [...definition.vertices.values()].map(async ({ op, platform }) => {
      if (op.type !== "source" || op.kind !== "registry") return;
      const config = await configOf(op.reference, platform, context, unreachable);
      if (config === undefined) return;
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

async function configOf(
  reference: string,
  platform: Platform,
  { images, lock }: BuildContext,
  unreachable: "fail" | "later",
): Promise<Uint8Array | undefined> {
  try {
    return (await images.registry(reference, platform, lock.imageDigest(reference))).config;
  } catch (error) {
    if (unreachable === "later" && isTsdockError(error)) return undefined;
    throw error;
  }
}
