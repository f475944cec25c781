/**
 * Go's `path.Match` as a function: `*` and `?` do not match `/`, `[a-z]` and `[^a-z]` are classes, `\` takes the next character
 * as it is. Undefined where the pattern is malformed.
 */
export function pathMatcher(pattern: string): ((text: string) => boolean) | undefined {
  const parts = [...pattern.matchAll(/\*|\?|\[(\^?)((?:\\.|[^\]\\])+)\]|\\(.)|([^[\\])|(.)/gsu)];
  let source = "";
  for (const [all, negated, members, escaped, plain, malformed] of parts) {
    if (malformed !== undefined) return undefined;
    if (all === "*") source += "[^/]*";
    else if (all === "?") source += "[^/]";
    else if (members !== undefined) source += `[${negated ?? ""}${classMembers(members)}]`;
    else source += escapeCharacter(escaped ?? plain ?? "");
  }
  try {
    const expression = new RegExp(`^${source}$`, "su");
    return (text) => expression.test(text);
  } catch (error) {
    // A range whose ends are in the wrong order.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Outside brackets a hyphen is a plain character, and must not be escaped. */
const escapeCharacter = (one: string): string => one.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
const escapeMember = (one: string): string => (one === "-" ? "\\-" : escapeCharacter(one));

const classMembers = (members: string): string =>
  members.replaceAll(/\\(.)|([^-])|-/gsu, (all, escaped: string | undefined, plain: string | undefined) =>
    all === "-" ? "-" : escapeMember(escaped ?? plain ?? ""),
  );
