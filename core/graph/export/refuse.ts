import type { Site } from "../../declare/site.ts";
import type { TsdockError } from "../../errors/tsdock-error.ts";
import { problem } from "../compile/problems.ts";

/** Error `EXPORT_UNSUPPORTED`: at the declaration, with what to write instead. Nothing is ever left out in silence. */
export const refuse = (what: string, site: Site | undefined, hint: string): TsdockError =>
  problem("EXPORT_UNSUPPORTED", what, site, hint);
