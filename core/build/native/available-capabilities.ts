import fs from "node:fs";
import { type Capability, sandboxCapabilities, withinBoundingSet } from "../../oci/runtime/capabilities.ts";

let known: string | undefined;

/** Those of a list that this process may have itself, and so can give. */
export const boundedCapabilities = (names: readonly Capability[]): readonly Capability[] =>
  withinBoundingSet(names, boundingSet());

/** What commands get here. */
export const availableCapabilities = (): readonly Capability[] => boundedCapabilities(sandboxCapabilities);

/** proc(5), `CapBnd`. */
function boundingSet(): string {
  known ??= /^CapBnd:\s*([0-9a-f]+)/m.exec(fs.readFileSync("/proc/self/status", "latin1"))?.[1] ?? "0";
  return known;
}
