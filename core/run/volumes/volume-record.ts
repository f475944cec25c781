import { TsdockError } from "../../errors/tsdock-error.ts";

/** A directory that outlives containers: `data/volumes/NAME/volume.json`, written once. */
export interface VolumeRecord {
  readonly version: 1;
  readonly name: string;
  /** RFC 3339. */
  readonly created: string;
  /** Made for one container, and removed with it by `--rm` and `rm -v`. */
  readonly anonymous: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Volume extends VolumeRecord {
  /** Absolute path of the directory that containers see. */
  readonly mountpoint: string;
}

const grammar = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Names are names of directories too. */
export const isVolumeName = (name: string): boolean => grammar.test(name) && name.length <= 255;

/** Error `VOLUME_INVALID`. */
export function checkVolumeName(name: string): void {
  if (isVolumeName(name)) return;
  throw new TsdockError("VOLUME_INVALID", `${JSON.stringify(name)} cannot be the name of a volume`, {
    hint: "use at least two of letters, digits and _.-, beginning with a letter or digit",
  });
}

export const volumeNotFound = (name: string): TsdockError =>
  new TsdockError("VOLUME_NOT_FOUND", `there is no volume ${name}`, {
    hint: "`tsdock volume ls` shows all",
  });
