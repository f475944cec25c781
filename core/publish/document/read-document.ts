import * as v from "valibot";
import { configPlaces } from "../../config/config-places.ts";
import type { ErrorCode } from "../../errors/codes.ts";
import type { Place } from "../../errors/place.ts";
import { throwAll, TsdockError } from "../../errors/tsdock-error.ts";

export interface DocumentKind {
  /** `plan`, `journal`. */
  readonly what: string;
  readonly code: ErrorCode;
  readonly version: number;
  readonly hint: string;
}

/**
 * A JSON document of ours that somebody hands over, checked to the last member: one that this version does not know might
 * matter. Throws every mistake with its place.
 */
export function readDocument<T>(
  text: string,
  file: string,
  schema: v.GenericSchema<unknown, T>,
  kind: DocumentKind,
): T {
  const value = parseJson(text, file, kind);
  const { version } = (value ?? {}) as { readonly version?: unknown };
  const places = configPlaces(file);
  if (version !== kind.version) {
    const is = version === undefined ? "it has no version" : `its version is ${JSON.stringify(version)}`;
    throw invalid(
      kind,
      file,
      `${is}, and this tsdock reads version ${kind.version}`,
      places(["version"], "value"),
    );
  }
  const { success, issues, output } = v.safeParse(schema, value);
  if (success) return output;
  const errors = issues.map((issue) => {
    const path = (issue.path ?? []).map(({ key }) => String(key));
    // valibot reports a member that is not known as a key that should never be there.
    const unknown = issue.expected === "never";
    const name = path.length === 0 ? "it" : path.join(".");
    const why = unknown ? `${name} is not known` : `${name} ${issue.message}`;
    return invalid(kind, file, why, places(path, unknown ? "key" : "value"));
  });
  throwAll(errors);
  throw new Error("a document was refused without a reason");
}

function parseJson(text: string, file: string, kind: DocumentKind): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const { message } = error as Error;
    const offset = Number(/position (\d+)/.exec(message)?.[1] ?? 0);
    const before = text.slice(0, offset).split("\n");
    const place = { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
    throw invalid(kind, file, `it is not JSON (${message})`, place);
  }
}

const invalid = (
  { what, code, hint }: DocumentKind,
  file: string,
  why: string,
  place: Place | undefined,
): TsdockError => new TsdockError(code, `${file} is not a ${what} that can be used: ${why}`, { place, hint });
