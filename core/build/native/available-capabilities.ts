import fs from "node:fs";
import { type Capability, sandboxCapabilities, withinBoundingSet } from "../../oci/runtime/capabilities.ts";

let known: readonly Capability[] | undefined;

/** What commands get here: no more than this process may have itself (proc(5), `CapBnd`). */
export function availableCapabilities(): readonly Capability[] {
  known ??= withinBoundingSet(sandboxCapabilities, boundingSet());
  return known;
}

const boundingSet = (): string =>
  /^CapBnd:\s*([0-9a-f]+)/m.exec(fs.readFileSync("/proc/self/status", "latin1"))?.[1] ?? "0";
