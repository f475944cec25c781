/** Words that no constant can have, and what modules import. */
const taken = new Set(
  (
    "await break case catch class const continue debugger default delete do else enum export extends false finally for function if import in " +
    "instanceof let new null package private protected public return static super switch this throw true try typeof var void while with yield " +
    "async arguments eval undefined image scratch param mount group formatPlatform required defaultPath process"
  ).split(" "),
);

/** `my-app` → `myApp`, with `suffix` or a number where that is taken. */
export function constantName(name: string, declared: readonly string[], suffix: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  const joined = words
    .map(
      (word, index) =>
        (index === 0 ? word.slice(0, 1).toLowerCase() : word.slice(0, 1).toUpperCase()) + word.slice(1),
    )
    .join("");
  const camel = /^[A-Za-z]/.test(joined) ? joined : `_${joined}`;
  const isFree = (wish: string): boolean => !taken.has(wish) && !declared.includes(wish);
  if (isFree(camel)) return camel;
  for (let number = 1; ; number += 1) {
    const wish = `${camel}${suffix}${number === 1 ? "" : number}`;
    if (isFree(wish)) return wish;
  }
}
