/** `$NAME` and `${NAME}` as Go's `os.Expand` has them: what is not set is empty, a `$` before anything else stays. */
export const expandVariables = (text: string, env: ReadonlyMap<string, string>): string =>
  text.replace(
    /\$(?:\{([^{}]*)\}|([*#$@!?\-0-9])|([A-Za-z_]\w*))/g,
    (_, braced: string | undefined, special: string | undefined, plain: string | undefined) =>
      env.get(braced ?? special ?? plain ?? "") ?? "",
  );

/** By name; of several lines with one name the last counts. */
export const environmentOf = (lines: readonly string[]): ReadonlyMap<string, string> =>
  new Map(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
