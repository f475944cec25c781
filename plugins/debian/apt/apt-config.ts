/**
 * Reads one value of apt's configuration (apt.conf(5)), such as `Acquire::Check-Valid-Until`, in both of its notations
 * (`A::B "v";` and `A { B "v"; };`). The last one wins; names are compared without case.
 */
export function aptConfigValue(texts: readonly string[], name: string): string | undefined {
  let value: string | undefined;
  for (const text of texts) value = valuesOf(text).get(name.toLowerCase()) ?? value;
  return value;
}

const token = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|#[^\n]*|"((?:[^"\\]|\\.)*)"|([{};])|([^\s{};"]+)/g;

function valuesOf(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const scopes: string[] = [];
  let words: string[] = [];
  for (const [, quoted, mark, word] of text.matchAll(token)) {
    if (quoted !== undefined) words.push(quoted);
    else if (word !== undefined) words.push(word);
    else if (mark === "{") {
      scopes.push(words[0] ?? "");
      words = [];
    } else if (mark !== undefined) {
      const [key, value] = words;
      if (key !== undefined && value !== undefined)
        values.set([...scopes, key].join("::").toLowerCase(), value);
      if (mark === "}") scopes.pop();
      words = [];
    }
  }
  return values;
}
