import { stackPlaces } from "../analyze/loading/thrown-place.ts";
import { createSiteMapper } from "../analyze/site-mapper.ts";
import { TsdockError } from "../errors/tsdock-error.ts";

/** Timers and promises of a module may fail after it was loaded, when nobody waits for them. */
export function explainUncaught(error: unknown): unknown {
  const [place] = stackPlaces(error).map(createSiteMapper());
  if (place === undefined) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new TsdockError("MODULE_THREW", `code of the module failed after it was loaded: ${message}`, {
    place,
    hint: "a module of images only declares: leave out what goes on after that",
  });
}
