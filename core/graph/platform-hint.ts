import { formatPlatform, knownArchitectures, type Platform } from "../oci/spec/platform.ts";
import { nearestNames } from "./nearest-names.ts";

/** What may have been meant, or what platforms look like. */
export function platformHint(platform: Platform | undefined): string {
  const near = platform === undefined ? [] : nearestNames(platform.architecture, knownArchitectures);
  return near[0] === undefined || platform === undefined
    ? 'write "linux/amd64", "linux/arm64" or "linux/arm/v7"'
    : `did you mean ${formatPlatform({ os: "linux", architecture: near[0] })}?`;
}
