import { createHash } from "node:crypto";
import type { StateFiles } from "../../oci/store/contract.ts";
import { canonicalJson } from "../../util/json.ts";

/** Raised when the same operation on the same files would give other entries. */
const version = 1;

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/**
 * Remembers what entries an operation gives, by all that it was planned from: so that a build in which nothing changed looks
 * into no layer. An answer names the question that it belongs to: one that was damaged counts for nothing.
 */
export class PlanMemo {
  readonly #state: StateFiles;
  readonly #question: string;

  constructor(state: StateFiles, question: unknown) {
    this.#state = state;
    this.#question = `plan ${sha256(canonicalJson({ version, question }))}`;
  }

  /** The digest of the entries: 64 hex digits. */
  get(): string | undefined {
    const bytes = this.#state.get(this.#question);
    const [answer = "", check] = Buffer.from(bytes ?? [])
      .toString("latin1")
      .split(" ");
    return check === this.#checkOf(answer) ? answer : undefined;
  }

  put(answer: string): void {
    this.#state.put(this.#question, Buffer.from(`${answer} ${this.#checkOf(answer)}`, "latin1"));
  }

  #checkOf(answer: string): string {
    return sha256(`${this.#question} ${answer}`);
  }
}
