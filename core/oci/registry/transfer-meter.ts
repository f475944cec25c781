import type { EventSink, TsdockEvent } from "../../events.ts";

type Transfer = Extract<TsdockEvent, { type: "transfer" }>;

/** Milliseconds between two reports of one transfer. */
const interval = 100;

/** Tells how far one transfer is, not more often than eyes can follow. */
export class TransferMeter {
  readonly #emit: EventSink;
  readonly #transfer: Pick<Transfer, "id" | "kind" | "name"> & { readonly total: number };
  #told = 0;

  constructor(
    emit: EventSink,
    transfer: Pick<Transfer, "id" | "kind" | "name"> & { readonly total: number },
  ) {
    this.#emit = emit;
    this.#transfer = transfer;
  }

  /** `done`: bytes so far; may go back after a failure. */
  advance(done: number): void {
    const now = performance.now();
    if (now - this.#told < interval) return;
    this.#told = now;
    this.#tell(done, "running");
  }

  /** `from`: the repository that it was mounted from. */
  end(state: "done" | "existing" | "mounted", from?: string): void {
    this.#tell(state === "done" ? this.#transfer.total : 0, state, from);
  }

  failed(done: number): void {
    this.#tell(done, "failed");
  }

  #tell(done: number, state: Transfer["state"], from?: string): void {
    const mounted = from === undefined ? {} : { from };
    this.#emit({ type: "transfer", ...this.#transfer, done, state, ...mounted });
  }
}
