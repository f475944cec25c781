import { createHash } from "node:crypto";
import type { ByteString } from "../../oci/layer/entry.ts";

const batchLength = 64 * 1024;

/** A SHA-256 over many short texts: handed to the hash in large pieces, since every call costs more than a line. */
export class LineHash {
  readonly #hash = createHash("sha256");
  #pending = "";

  add(bytes: ByteString): void {
    this.#pending += bytes;
    if (this.#pending.length >= batchLength) this.#flush();
  }

  /** 64 hex digits; ends the hash. */
  digest(): string {
    this.#flush();
    return this.#hash.digest("hex");
  }

  #flush(): void {
    this.#hash.update(this.#pending, "latin1");
    this.#pending = "";
  }
}
