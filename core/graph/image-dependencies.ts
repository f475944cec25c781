import type { Definition } from "./definition.ts";

/** For each image the others whose files it contains or was made with. Images with equal files do not depend on one another. */
export function imageDependencies({ images, vertices }: Definition): ReadonlyMap<string, readonly string[]> {
  const dependsOn = new Map<string, Set<string>>(images.map(({ name }) => [name, new Set<string>()]));
  const tops = new Map(images.map(({ name, platforms }) => [name, new Set(platforms.map(({ top }) => top))]));
  for (const { name, platforms } of images) {
    for (const { top } of platforms) {
      if (top === undefined) continue;
      for (const user of vertices.get(top)?.images ?? []) {
        if (user !== name && tops.get(user)?.has(top) !== true) dependsOn.get(user)?.add(name);
      }
    }
  }
  return new Map([...dependsOn].map(([name, others]) => [name, [...others]]));
}
