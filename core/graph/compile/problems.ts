import type { Site } from "../../declare/site.ts";
import type { ErrorCode } from "../../errors/codes.ts";
import { formatPlace, type Place } from "../../errors/place.ts";
import type { WarningCode } from "../../errors/warning-codes.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";

/** Something that is probably not meant, and does not stop a build. */
export interface Warning {
  readonly code: WarningCode;
  readonly message: string;
  readonly place?: Place;
  readonly hint?: string;
}

/** Everything wrong with the declarations, each thing once: an instruction is compiled once per platform and image. */
export class Problems {
  readonly errors: TsdockError[] = [];
  readonly warnings: Warning[] = [];
  readonly #known = new Set<string>();

  add(error: TsdockError): void {
    if (this.#isNew(error.code, error.message, error.place)) this.errors.push(error);
  }

  warn(warning: Warning): void {
    if (this.#isNew(warning.code, warning.message, warning.place)) this.warnings.push(warning);
  }

  /** Does `work`; an expected failure is written down and gives undefined. Anything else is a bug and goes on up. */
  attempt<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof TsdockError)) throw error;
      this.add(error);
      return undefined;
    }
  }

  #isNew(code: string, message: string, place: Place | undefined): boolean {
    const key = `${code} ${place === undefined ? "" : formatPlace(place)} ${message}`;
    if (this.#known.has(key)) return false;
    this.#known.add(key);
    return true;
  }
}

export const problem = (
  code: ErrorCode,
  message: string,
  site: Site | undefined,
  hint?: string,
): TsdockError => new TsdockError(code, message, { place: site?.place(), hint });

/** A base or source of files that is none. Undefined is what an import gives that is not there, or not there yet. */
export function notFiles(value: unknown, what: string, site: Site): TsdockError {
  const shown =
    typeof value === "function"
      ? "a function"
      : typeof value === "object" && value !== null
        ? "an object of another kind"
        : String(value);
  const hint =
    value === undefined
      ? "is the export's name right, and do two modules import one another?"
      : "give an image, a reference, or what a plugin, merge() or diff() gives";
  return problem(
    "DECLARATION_INVALID",
    `${what} takes an image or another source of files, and ${shown} is none`,
    site,
    hint,
  );
}
