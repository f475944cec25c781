import { TsdockError } from "../errors/tsdock-error.ts";
import type { CompiledImage, Definition, Vertex, VertexId } from "./definition.ts";
import { nearestNames } from "./nearest-names.ts";

const groupPrefix = "group:";

export interface SelectOptions {
  /** Names, globs (`services/*`, `**`, `{a,b}`) and `group:NAME`; none means all images. */
  readonly names: readonly string[];
  /** Groups of the configuration, besides those that modules declare: names or globs of images. */
  readonly groups?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** The images that a command line means, in the order of the definition. Error `NAME_UNKNOWN`. */
export function select(
  definition: Definition,
  { names, groups = {} }: SelectOptions,
): readonly CompiledImage[] {
  if (names.length === 0) return definition.images;
  const chosen = new Set(names.flatMap((name) => chooseOne(definition.images, name, groups)));
  return definition.images.filter((image) => chosen.has(image));
}

/** The part of a definition that these images need. */
export function narrow(definition: Definition, images: readonly CompiledImage[]): Definition {
  const needed = new Set<VertexId>(
    images.flatMap(({ platforms }) => platforms.flatMap(({ top }) => top ?? [])),
  );
  const kept: [VertexId, Vertex][] = [];
  for (const [id, vertex] of [...definition.vertices].reverse()) {
    if (!needed.has(id)) continue;
    for (const input of vertex.inputs) needed.add(input);
    kept.push([id, vertex]);
  }
  return { vertices: new Map(kept.reverse()), images };
}

function chooseOne(
  images: readonly CompiledImage[],
  name: string,
  groups: Readonly<Record<string, readonly string[]>>,
): readonly CompiledImage[] {
  if (name.startsWith(groupPrefix)) return chooseGroup(images, name.slice(groupPrefix.length), groups);
  const found = matching(images, name);
  if (found.length > 0) return found;
  throw unknown(
    isGlob(name) ? `no image matches ${name}` : `there is no image ${name} in this workspace`,
    name,
    images.map((image) => image.name),
  );
}

function chooseGroup(
  images: readonly CompiledImage[],
  group: string,
  groups: Readonly<Record<string, readonly string[]>>,
): readonly CompiledImage[] {
  const configured = Object.hasOwn(groups, group) ? (groups[group] ?? []) : undefined;
  const members = images.filter((image) => image.groups.includes(group));
  if (configured === undefined && members.length === 0) {
    const known = new Set([...Object.keys(groups), ...images.flatMap((image) => image.groups)]);
    throw unknown(`there is no group ${group}`, group, [...known], groupPrefix);
  }
  return [...members, ...(configured ?? []).flatMap((name) => chooseOne(images, name, {}))];
}

function unknown(message: string, name: string, known: readonly string[], prefix = ""): TsdockError {
  const near = nearestNames(name, known).map((one) => prefix + one);
  const all = known.map((one) => prefix + one).sort();
  const some =
    all.length > 10 ? `${all.slice(0, 10).join(", ")} and ${all.length - 10} more` : all.join(", ");
  const hint =
    near.length > 0
      ? `did you mean ${near.join(" or ")}?`
      : all.length === 0
        ? "there is none at all"
        : `there are ${some}`;
  return new TsdockError("NAME_UNKNOWN", message, { hint });
}

const isGlob = (text: string): boolean => /[*?{[]/.test(text);

function matching(images: readonly CompiledImage[], name: string): readonly CompiledImage[] {
  if (!isGlob(name)) return images.filter((image) => image.name === name);
  const pattern = globPattern(name);
  return images.filter((image) => pattern.test(image.name));
}

/** `*` and `?` stop at `/`, `**` does not; `{a,b}` is either, `[a-z]` one of. */
function globPattern(glob: string): RegExp {
  let depth = 0;
  const source = glob.replace(/\*\*\/?|\*|\?|\[!?[^\]]+\]|[{},]|[^*?{},[]|\[/g, (part) => {
    if (part === "**/") return "(?:.*/)?";
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    if (part.length > 2 && part.startsWith("["))
      return `[${part.slice(1, -1).replace(/^!/, "^").replace(/\\/g, "\\\\")}]`;
    if (part === "{") depth += 1;
    else if (part === "}" && depth > 0) {
      depth -= 1;
      return ")";
    } else if (part === "," && depth > 0) return "|";
    return part === "{" ? "(?:" : part.replace(/[\\^$.|+()[\]{}]/g, "\\$&");
  });
  return new RegExp(`^${source}${")".repeat(depth)}$`);
}
