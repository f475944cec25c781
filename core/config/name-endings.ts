/**
 * How a name that matches any of the patterns must end: most files of a workspace are none of its modules, and a pattern costs more
 * than a look at the end of a name. Undefined where a pattern does not say it plainly.
 */
export function endingsOf(patterns: readonly string[]): readonly string[] | undefined {
  const endings: string[] = [];
  for (const pattern of patterns) {
    const [, stem = "", choices] = /[*/]([\w.-]*)(?:\{([\w.,-]*)\})?$/.exec(`/${pattern}`) ?? [];
    const own = choices === undefined ? [stem] : choices.split(",").map((choice) => stem + choice);
    if (own.some((ending) => ending === "")) return undefined;
    endings.push(...own);
  }
  return endings;
}

/** Whether a pattern says how a name ends and nothing else: `**\/*.image.{ts,mts}`. */
export const isEndingOnly = (pattern: string): boolean =>
  /^\*\*\/\*[\w.-]*(?:\{[\w.-]+(?:,[\w.-]+)+\})?$/.test(pattern);
