import type { Digest } from "../oci/spec/digest.ts";
import type { Json } from "../util/json.ts";

/** What `tsdock.lock` says. Only `tsdock lock` writes it: a build only reads. */
export interface LockedReferences {
  imageDigest(reference: string): Digest | undefined;
  /** The commit of `add({ git, ref })`, by `gitEntry`. */
  gitCommit(entry: string): string | undefined;
  pluginEntry(plugin: string, key: string): Json | undefined;
  /** `--locked`: what the lock lacks is an error instead of being resolved. */
  readonly strict: boolean;
}
