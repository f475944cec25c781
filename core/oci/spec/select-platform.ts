import { TsdockError } from "../../errors/tsdock-error.ts";
import type { Descriptor } from "./descriptor.ts";
import { formatPlatform, type Platform, parsePlatform } from "./platform.ts";

/**
 * The entry for a platform, as containerd chooses: the same, else for arm the next lower variant. An entry without a
 * platform fits where it is alone.
 */
export function selectPlatform(entries: readonly Descriptor[], platform: Platform): Descriptor | undefined {
  const named = new Map<string, Descriptor>();
  for (const entry of entries) {
    const name = entry.platform && parsePlatform(formatPlatform(entry.platform));
    if (name === undefined) continue;
    const text = formatPlatform(name);
    if (!named.has(text)) named.set(text, entry);
  }
  for (const wanted of acceptable(platform)) {
    const found = named.get(wanted);
    if (found !== undefined) return found;
  }
  return entries.length === 1 && entries[0]?.platform === undefined ? entries[0] : undefined;
}

function acceptable(platform: Platform): readonly string[] {
  const { os, architecture, variant } = platform;
  const [, version] = /^v([5-8])$/.exec(variant ?? "v7") ?? [];
  if (architecture !== "arm" || version === undefined) return [formatPlatform(platform)];
  const variants = Array.from(
    { length: Number(version) - 4 },
    (_, step) => `${os}/arm/v${Number(version) - step}`,
  );
  return [...variants, `${os}/arm`];
}

/** Error `PLATFORM_MISSING` with the platforms that there are. `name` is what the index is called. */
export function platformMissing(
  name: string,
  entries: readonly Descriptor[],
  platform: Platform,
): TsdockError {
  const there = entries
    .flatMap((entry) => (entry.platform === undefined ? [] : [formatPlatform(entry.platform)]))
    .filter((text) => !text.startsWith("unknown"));
  return new TsdockError("PLATFORM_MISSING", `${name} has no image for ${formatPlatform(platform)}`, {
    hint: there.length === 0 ? "its index names no platforms" : `it has ${there.join(", ")}`,
  });
}
