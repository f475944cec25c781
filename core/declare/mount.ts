import type { Files } from "./files.ts";
import type { ModeText, Size } from "./values.ts";

interface Owned {
  readonly mode?: ModeText;
  readonly uid?: number;
  readonly gid?: number;
}

export interface CacheMountOptions extends Owned {
  /** Caches of one id are one; the target unless given. */
  readonly id?: string;
  /** `shared` (default): several steps write at once; `locked`: one waits for the other; `private`: each its own. */
  readonly sharing?: "shared" | "private" | "locked";
  readonly readonly?: boolean;
  /** What an empty cache begins with, and the directory in it. */
  readonly from?: Files;
  readonly source?: string;
}

export interface SecretMountOptions extends Owned {
  /** A file at this absolute path; `/run/secrets/ID` unless `env` is given. */
  readonly target?: string;
  /** An environment variable. */
  readonly env?: string;
  /** The build fails where the secret is not given (default); otherwise the step runs without it. */
  readonly required?: boolean;
}

export interface SshMountOptions extends Owned {
  /** `default` unless given. */
  readonly id?: string;
  /** Path of the agent's socket; chosen unless given. `SSH_AUTH_SOCK` says where it is. */
  readonly target?: string;
  readonly required?: boolean;
}

export interface BindMountOptions {
  /** The image's context unless given. */
  readonly from?: Files;
  /** Path in it; its root unless given. */
  readonly source?: string;
  /** Writes are allowed and thrown away. */
  readonly writable?: boolean;
}

/** Something that a `run` step sees and its layer does not hold. */
export type Mount =
  | ({ readonly type: "cache"; readonly target: string } & CacheMountOptions)
  | ({ readonly type: "secret"; readonly id: string } & SecretMountOptions)
  | ({ readonly type: "ssh" } & SshMountOptions)
  | ({ readonly type: "bind"; readonly target: string } & BindMountOptions)
  | { readonly type: "tmpfs"; readonly target: string; readonly size?: Size }
  | {
      readonly type: "file";
      readonly target: string;
      readonly content: string | Uint8Array;
      readonly mode?: ModeText;
    };

/**
 * Mounts for `run({ mounts: […] })`.
 *
 * @example
 * .run("npm ci", { mounts: [mount.cache("/root/.npm"), mount.secret("token", { env: "NPM_TOKEN" })] })
 */
export const mount = Object.freeze({
  /** A directory that stays from build to build. */
  cache: (target: string, options: CacheMountOptions = {}): Mount =>
    Object.freeze({ ...options, type: "cache", target }),
  /** A secret given by `--secret`: in memory only, never in a layer, a key, a log or the history. */
  secret: (id: string, options: SecretMountOptions = {}): Mount =>
    Object.freeze({ ...options, type: "secret", id }),
  /** The ssh agent given by `--ssh`. */
  ssh: (options: SshMountOptions = {}): Mount => Object.freeze({ ...options, type: "ssh" }),
  /** Files of the context or of another image, without copying them. */
  bind: (target: string, options: BindMountOptions = {}): Mount =>
    Object.freeze({ ...options, type: "bind", target }),
  /** An empty directory in memory. */
  tmpfs: (target: string, options: { readonly size?: Size } = {}): Mount =>
    Object.freeze({ ...options, type: "tmpfs", target }),
  /** A file with contents from code that is there only while the step runs. */
  file: (target: string, content: string | Uint8Array, options: { readonly mode?: ModeText } = {}): Mount =>
    Object.freeze({ ...options, type: "file", target, content }),
});
