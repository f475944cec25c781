import type { FileEntry } from "../../oci/layer/entry.ts";
import type { Owner } from "./file-owner.ts";
import type { LayerDraft } from "./layer-draft.ts";

/** What an action on files does, before it is known what it lies on. */
export interface FileWork {
  /** Gets what `place` needs: for `plan` so much that entries and digests are known, for `run` contents too. */
  prepare(stage: "plan" | "run"): Promise<void>;
  /**
   * Puts the entries into a layer. `owner` is what `chown` said, if it was there.
   * Errors `FILE_CONFLICT`, `COPY_DESTINATION_INVALID`, `FILE_NAME_RESERVED`.
   */
  place(draft: LayerDraft, owner: Owner | undefined): void;
  /** SHA-256 of the content of an entry that was placed, 64 hex digits. */
  digest(file: FileEntry): string;
  /** Error `FILE_CHANGED` if what was read is not what it was any more. */
  verify(files: readonly FileEntry[]): void;
}

export const nothingToPrepare = (): Promise<void> => Promise.resolve();
export const nothingToVerify = (): void => undefined;
