import { type Paragraph, parseParagraphs, words } from "../control/paragraphs.ts";

/** One repository that apt is configured with. */
export interface AptSource {
  /** Without a slash at the end. */
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** Undefined: those of the machine. */
  readonly architectures: readonly string[] | undefined;
  /** Absolute paths of keyrings, or one armored block of keys; undefined: those that apt trusts for everything. */
  readonly signedBy: readonly string[] | undefined;
  /** Undefined: as apt's configuration says. */
  readonly checkValidUntil: boolean | undefined;
}

const isNo = (value: string): boolean =>
  ["no", "false", "without", "off", "disable", "0"].includes(value.toLowerCase());
const trimSlash = (uri: string): string => uri.replace(/\/+$/, "");
const usable = (source: AptSource): boolean =>
  source.uris.length > 0 && source.suites.length > 0 && source.components.length > 0;
const webOnly = (uris: readonly string[]): string[] =>
  uris.filter((uri) => /^https?:\/\//.test(uri)).map(trimSlash);

/** A block of keys in a field: a line with a dot stands for an empty one (deb822 sources). */
function signedByOf(value: string | undefined): readonly string[] | undefined {
  if (value === undefined || value.trim() === "") return undefined;
  if (!value.includes("-----BEGIN")) return value.split(/[\s,]+/).filter((path) => path.startsWith("/"));
  return [value.trim().replaceAll(/^\.$/gm, "")];
}

function fromParagraph(paragraph: Paragraph): AptSource | undefined {
  const enabled = paragraph.get("enabled");
  if ((enabled !== undefined && isNo(enabled)) || !words(paragraph.get("types")).includes("deb"))
    return undefined;
  const architectures = paragraph.get("architectures");
  const checkValidUntil = paragraph.get("check-valid-until");
  return {
    uris: webOnly(words(paragraph.get("uris"))),
    suites: words(paragraph.get("suites")),
    components: words(paragraph.get("components")),
    architectures: architectures === undefined ? undefined : words(architectures),
    signedBy: signedByOf(paragraph.get("signed-by")),
    checkValidUntil: checkValidUntil === undefined ? undefined : !isNo(checkValidUntil),
  };
}

/** Reads a `.sources` file (sources.list(5), deb822 style). Sources that are disabled, or not of binary packages, are left out. */
export const parseDeb822Sources = (text: string): AptSource[] =>
  parseParagraphs(text)
    .map(fromParagraph)
    .filter((source): source is AptSource => source !== undefined && usable(source));

function parseOptions(text: string): ReadonlyMap<string, string> {
  const pairs = words(text).map((pair): [string, string] => {
    const equals = pair.search(/[+-]?=/);
    return [pair.slice(0, equals).toLowerCase(), pair.slice(pair.indexOf("=") + 1)];
  });
  return new Map(pairs);
}

function fromLine(line: string): AptSource | undefined {
  const match = /^deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*(.*)$/.exec(line.replace(/#.*$/, "").trim());
  if (match === null) return undefined;
  const options = parseOptions(match[1] ?? "");
  const architectures = options.get("arch");
  const signedBy = options.get("signed-by");
  const checkValidUntil = options.get("check-valid-until");
  return {
    uris: webOnly([match[2] ?? ""]),
    suites: [match[3] ?? ""],
    components: words(match[4]),
    architectures: architectures?.split(","),
    signedBy: signedBy?.split(",").filter((path) => path.startsWith("/")),
    checkValidUntil: checkValidUntil === undefined ? undefined : !isNo(checkValidUntil),
  };
}

/** Reads a `.list` file (sources.list(5), one-line style). */
export const parseListSources = (text: string): AptSource[] =>
  text
    .split(/\r?\n/)
    .map(fromLine)
    .filter((source): source is AptSource => source !== undefined && usable(source));
