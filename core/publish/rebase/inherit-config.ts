import type { ContainerConfig } from "../../oci/spec/image-config.ts";
import { canonicalJson } from "../../util/json.ts";

const same = (a: unknown, b: unknown): boolean =>
  a === b || (a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b));

/**
 * The settings of an image on another base: what it has from its old base becomes what the new base says, what it says
 * itself stays. Variables, labels, ports and volumes are taken one by one, everything else whole.
 */
export function inheritConfig(
  image: ContainerConfig,
  before: ContainerConfig,
  after: ContainerConfig,
): ContainerConfig {
  const keys = new Set([...Object.keys(after), ...Object.keys(image)]) as Set<keyof ContainerConfig>;
  const settled = [...keys].map((key) => [key, settle(key, image, before, after)] as const);
  return Object.fromEntries(settled.filter(([, value]) => value !== undefined));
}

function settle(
  key: keyof ContainerConfig,
  image: ContainerConfig,
  before: ContainerConfig,
  after: ContainerConfig,
): unknown {
  switch (key) {
    case "Env":
      return environment(image.Env, before.Env, after.Env);
    case "Labels":
    case "ExposedPorts":
    case "Volumes":
      return record(image[key], before[key], after[key]);
    default:
      return same(image[key], before[key]) ? after[key] : image[key];
  }
}

type Named = Readonly<Record<string, unknown>>;

function record(image: Named = {}, before: Named = {}, after: Named = {}): Named | undefined {
  const own = Object.entries(image).filter(([name, value]) => !same(value, before[name]));
  const removed = new Set(Object.keys(before).filter((name) => !(name in image)));
  const inherited = Object.entries(after).filter(([name]) => !removed.has(name));
  const entries = [...new Map([...inherited, ...own])];
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

const nameOf = (line: string): string => line.slice(0, line.indexOf("="));
const byName = (lines: readonly string[] = []): Named =>
  Object.fromEntries(lines.map((line) => [nameOf(line), line]));

function environment(
  image?: readonly string[],
  before?: readonly string[],
  after?: readonly string[],
): readonly string[] | undefined {
  const lines = record(byName(image), byName(before), byName(after));
  return lines && (Object.values(lines) as string[]);
}
