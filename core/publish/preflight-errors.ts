import { TsdockError } from "../errors/tsdock-error.ts";

export interface PreflightFailure {
  readonly error: TsdockError;
  /** What could not be published for it: `web as ghcr.io/acme/web:1.2, latest`. */
  readonly publishing: string;
}

/** Names that are shown of one reason. */
const shown = 8;

/** One error per reason, with all that it is in the way of: fifty images with one wrong password are one mistake. */
export function preflightErrors(failures: readonly PreflightFailure[]): readonly TsdockError[] {
  const groups = new Map<string, PreflightFailure[]>();
  for (const failure of failures) {
    const { code, hint = "" } = failure.error;
    const key = `${code} ${hint}`;
    groups.set(key, [...(groups.get(key) ?? []), failure]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { code, message, hint, place, cause, details } = first.error;
    const names = group.map(({ publishing }) => publishing).sort();
    const more = names.length > shown ? [`and ${names.length - shown} more`] : [];
    const lines = [
      ...(details === undefined ? [] : [details]),
      "nothing was sent, and not published are:",
      ...[...names.slice(0, shown), ...more].map((name) => `  ${name}`),
    ];
    return [new TsdockError(code, message, { hint, place, cause, details: lines.join("\n") })];
  });
}
