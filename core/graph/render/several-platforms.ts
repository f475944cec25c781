import { formatPlatform } from "../../oci/spec/platform.ts";
import type { Definition } from "../definition.ts";

/** Whether names need their platform to tell them apart. */
export const severalPlatforms = ({ vertices }: Definition): boolean =>
  new Set([...vertices.values()].map(({ platform }) => formatPlatform(platform))).size > 1;
