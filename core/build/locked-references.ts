import type { Digest } from "../oci/spec/digest.ts";
import type { Json } from "../util/json.ts";

/** What `tsdock.lock` says. Only `tsdock lock` writes it: a build only reads. */
export interface LockedReferences {
  imageDigest(reference: string): Digest | undefined;
  /** The commit of `add({ git, ref })`, by `gitEntry`. */
  gitCommit(entry: string): string | undefined;
  pluginEntry(plugin: string, key: string): Json | undefined;
  /** What was looked up in this run since the lock lacks it, as a person knows it: added to by whoever looks up. */
  readonly resolved: Set<string>;
  /** `--locked`: what the lock lacks is an error instead of being resolved. */
  readonly strict: boolean;
}
