import { inspectVolume } from "../../toolkit/volume-inspect.ts";
import type { InspectedKind } from "../inspect-each.ts";

export const volumeKind: InspectedKind = {
  shape: { Labels: "texts", Options: "texts" },
  look: (name, { host }) => Promise.resolve(inspectVolume(name, host)),
};
