import type { CompiledImage } from "./definition.ts";

const prefix = "org.opencontainers.image.";

/** What an image says of itself where its declaration does not (OCI image-spec, annotations.md): without the prefix. */
export const describingNames = ["title", "description", "url", "source", "licenses"] as const;
const baseNames = ["base.name", "base.digest"] as const;
const baseKeys: readonly string[] = baseNames.map((name) => prefix + name);

export const annotationName = (name: string): string => prefix + name;

/** Names that manifest and index have alike: what is declared for one of them holds for both. */
const sharedNames: readonly string[] = [...describingNames, ...baseNames].map(annotationName);

type Annotations = Readonly<Record<string, string>>;

/** Annotations of an image's manifest or index. What is declared wins. */
export function imageAnnotations(
  { annotations, described }: Pick<CompiledImage, "annotations" | "described">,
  level: "manifest" | "index",
  base: Annotations,
): Annotations {
  const own = annotations[level];
  if (described === undefined) return level === "index" ? own : { ...base, ...own };
  const defaults = described.map(({ name, value }) => [name, value] as const);
  const other = annotations[level === "index" ? "manifest" : "index"];
  const shared = Object.entries(other).filter(([name]) => sharedNames.includes(name));
  return { ...base, ...Object.fromEntries([...defaults, ...shared]), ...own };
}

/** Of which image the base is, as annotations say it. */
export function baseAnnotations(
  base: { readonly name: string; readonly digest: string } | undefined,
): Annotations {
  if (base === undefined) return {};
  const digest = { [annotationName("base.digest")]: base.digest };
  // Where a directory or an archive lies is this machine's business.
  return /^(?:oci|docker-archive):/.test(base.name)
    ? digest
    : { [annotationName("base.name")]: base.name, ...digest };
}

/** Annotations without what they say of a base. */
export const withoutBase = (annotations: Annotations = {}): Annotations =>
  Object.fromEntries(Object.entries(annotations).filter(([name]) => !baseKeys.includes(name)));

/** Only what they say of a base. */
export const onlyBase = (annotations: Annotations = {}): Annotations =>
  Object.fromEntries(Object.entries(annotations).filter(([name]) => baseKeys.includes(name)));

/** What is the same in all of them. */
export function commonAnnotations(all: readonly Annotations[]): Annotations {
  const [first = {}, ...others] = all;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((one) => one[name] === value)),
  );
}
