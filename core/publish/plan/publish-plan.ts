import type { PlanFact, WantedTag } from "../publish-result.ts";

/** What is to be published where, before anybody is asked. */
export interface PublishPlan {
  /** `ghcr.io/acme`, or `oci:DIR` with an absolute path. */
  readonly destination: string;
  readonly facts: readonly PlanFact[];
  /** Those that others are made from come before them. */
  readonly images: readonly PlannedImage[];
}

export interface PlannedImage {
  readonly name: string;
  /** `host/path` in registries, the image's name in a layout. */
  readonly repository: string;
  /** Images of the plan that it is made from: their tags move first. */
  readonly dependsOn: readonly string[];
  readonly tags: readonly WantedTag[];
}

/** The directory of a destination `oci:DIR`; undefined for registries. */
export const layoutDirectory = (destination: string): string | undefined =>
  destination.startsWith("oci:") ? destination.slice(4) : undefined;

/** Images that depend on nothing, then those that depend on these, and so on. */
export function publishLevels<T extends { readonly plan: Pick<PlannedImage, "name" | "dependsOn"> }>(
  images: readonly T[],
): readonly (readonly T[])[] {
  const waiting = new Set(images);
  const levels: T[][] = [];
  while (waiting.size > 0) {
    const names = new Set([...waiting].map(({ plan }) => plan.name));
    const ready = [...waiting].filter(({ plan }) => !plan.dependsOn.some((name) => names.has(name)));
    // A circle cannot come from a build; were there one, all of it would be one level.
    const level = ready.length === 0 ? [...waiting] : ready;
    for (const image of level) waiting.delete(image);
    levels.push(level);
  }
  return levels;
}
