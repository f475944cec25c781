import { createHash } from "node:crypto";
import { canonicalJson, formatPlatform, type Json, type SourcePlugin } from "tsdock/plugin";
import type { DebianSpec } from "./options.ts";

/** The spec is what `debian()` made: JSON by its shape. */
const specOf = (spec: Json): DebianSpec => spec as unknown as DebianSpec;

const shortList = (packages: readonly string[]): string =>
  packages.length <= 4
    ? packages.join(", ")
    : `${packages.slice(0, 3).join(", ")}, ${packages.length - 3} more`;

/** The source plugin behind `debian()`. Everything that does work is loaded when it is needed. */
export const debianPlugin: SourcePlugin = {
  name: "debian",
  version: 1,
  title: (spec) => `debian(${shortList(specOf(spec).packages)})`,
  lockKey(spec, platform) {
    const { suite, packages } = specOf(spec);
    const digest = createHash("sha256").update(canonicalJson(spec)).digest("hex").slice(0, 12);
    return `${suite ?? "default"} ${formatPlatform(platform)} ${shortList(packages)} ${digest}`;
  },
  async resolve(spec, context) {
    const { resolve } = await import("./resolve.ts");
    return (await resolve(specOf(spec), context)) as unknown as Json;
  },
  async build(spec, locked, context) {
    const [{ build }, { readLock }] = await Promise.all([import("./build.ts"), import("./lock.ts")]);
    return await build(specOf(spec), readLock(locked), context);
  },
  async packages(_spec, locked) {
    const [{ lockedPackages }, { readLock }] = await Promise.all([
      import("./locked-packages.ts"),
      import("./lock.ts"),
    ]);
    return lockedPackages(readLock(locked));
  },
  async ephemeral(spec, context) {
    const { ephemeralFiles } = await import("./ephemeral.ts");
    return await ephemeralFiles(specOf(spec), context);
  },
};
