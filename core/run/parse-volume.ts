import { TsdockError } from "../errors/tsdock-error.ts";

/** A directory or file of this machine that a container sees. */
export interface Volume {
  /** Absolute. */
  readonly source: string;
  /** Absolute, in the container. */
  readonly target: string;
  readonly readonly: boolean;
}

const modes: Readonly<Record<string, boolean>> = { ro: true, rw: false };

/**
 * Reads `SOURCE:TARGET[:ro|rw]`. Error `VOLUME_INVALID`; named volumes are among what it refuses, since there is nowhere
 * to keep them.
 */
export function parseVolume(text: string): Volume {
  const [source = "", target = "", mode = "rw", ...more] = text.split(":");
  const readonly = modes[mode];
  if (!source.startsWith("/") || !target.startsWith("/") || readonly === undefined || more.length > 0) {
    throw new TsdockError("VOLUME_INVALID", `${JSON.stringify(text)} is not a volume`, {
      hint: "write SOURCE:TARGET or SOURCE:TARGET:ro, both absolute paths: /data:/var/lib/data:ro",
    });
  }
  return { source, target, readonly };
}
