/** Fields of a paragraph by lower-case name; values of several lines keep their line ends. */
export type Paragraph = ReadonlyMap<string, string>;

/** Reads paragraphs of control data (deb822(5)); `#` begins a comment line. */
export function parseParagraphs(text: string): Paragraph[] {
  const paragraphs: Map<string, string>[] = [];
  let current: Map<string, string> | undefined;
  let field = "";
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("#")) continue;
    if (line.trim() === "") {
      current = undefined;
      continue;
    }
    if (current === undefined) {
      current = new Map();
      paragraphs.push(current);
      field = "";
    }
    if (/^[ \t]/.test(line)) {
      if (field !== "") current.set(field, `${current.get(field) ?? ""}\n${line.slice(1)}`);
      continue;
    }
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    field = line.slice(0, colon).toLowerCase();
    current.set(field, line.slice(colon + 1).trim());
  }
  return paragraphs;
}

/** The words of a field. */
export const words = (value: string | undefined): string[] =>
  (value ?? "").split(/\s+/).filter((word) => word !== "");
