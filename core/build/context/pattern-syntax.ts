/** One bracket expression of Go's `filepath.Match`: the index behind its `]`, undefined where it is malformed. */
function endOfClass(pattern: string, start: number): number | undefined {
  let at = start + 1;
  if (pattern[at] === "^") at++;
  for (let ranges = 0; ; ranges++) {
    if (pattern[at] === "]" && ranges > 0) return at + 1;
    const low = endOfMember(pattern, at);
    if (low === undefined) return undefined;
    const high = pattern[low] === "-" ? endOfMember(pattern, low + 1) : low;
    if (high === undefined) return undefined;
    at = high;
  }
}

/** The index behind one character of a bracket expression. */
function endOfMember(pattern: string, at: number): number | undefined {
  const char = pattern[at];
  if (char === undefined || char === "-" || char === "]") return undefined;
  const end = char === "\\" ? at + 1 : at;
  const code = pattern.codePointAt(end);
  return code === undefined ? undefined : end + (code > 0xffff ? 2 : 1);
}

/** Whether Go's `filepath.Match` takes the pattern: no unclosed or empty brackets, no backslash at the end. */
export function isWellFormed(pattern: string): boolean {
  for (let at = 0; at < pattern.length; ) {
    const char = pattern[at];
    if (char === "[") {
      const end = endOfClass(pattern, at);
      if (end === undefined) return false;
      at = end;
    } else if (char === "\\") {
      if (at + 1 >= pattern.length) return false;
      at += 2;
    } else at++;
  }
  return true;
}

/** Go's `filepath.Clean`: no double slashes, no `.` parts, `..` taken back; `.` for nothing. */
export function cleanPath(path: string): string {
  const rooted = path.startsWith("/");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (!rooted) parts.push("..");
  }
  const joined = parts.join("/");
  return rooted ? `/${joined}` : joined === "" ? "." : joined;
}
