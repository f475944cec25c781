/** `<<EOF`, `<<-"EOF"`, `3<<EOF` in a command: what it is called and how its lines are read. */
export interface HeredocMark {
  readonly name: string;
  readonly expand: boolean;
  readonly chomp: boolean;
}

/** The here-documents that a line announces, in their order. Quotes hide them, as a shell has it. */
export function heredocMarks(line: string): readonly HeredocMark[] {
  return shellWords(line).flatMap((word) => {
    const mark = heredocMark(word);
    return mark === undefined ? [] : [mark];
  });
}

/** What a word announces; undefined where it is no here-document. */
export function heredocMark(word: string): HeredocMark | undefined {
  const [, dash = "", rest = ""] = /^\d*<<(-?)\s*([^<]+)$/.exec(word) ?? [];
  const parts = shellWords(rest);
  if (rest === "" || parts.length !== 1) return undefined;
  const name = unquote(rest);
  return { name, expand: name === rest, chomp: dash === "-" };
}

const unquote = (word: string): string =>
  word.replace(
    /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g,
    (_, single?: string, double?: string, escaped?: string) =>
      single ?? double?.replace(/\\(["$\\])/g, "$1") ?? escaped ?? "",
  );

/** Words with their quotes; white space between `<<` and a name belongs to the word. */
function shellWords(text: string): readonly string[] {
  const words: string[] = [];
  let word = "";
  for (let at = 0; at < text.length; ) {
    const [whole = "", mark, space] =
      /^(?:(<<-?[\t ]*)|(\s)|'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^])/s.exec(text.slice(at)) ?? [];
    at += whole.length;
    if (space === undefined || mark !== undefined) word += whole;
    else {
      if (word !== "") words.push(word);
      word = "";
    }
  }
  return word === "" ? words : [...words, word];
}

/** The lines of a document without the tabs that `<<-` takes away. */
export const withoutTabs = (content: string): string => content.replace(/^\t+/gm, "");
