import type { RetryBudget } from "./retry.ts";
import type { TransferMeter } from "./transfer-meter.ts";

/** How far an upload came. Only what it had never reached before counts as progress, so that it cannot go round for ever. */
export class UploadProgress {
  readonly budget: RetryBudget;
  readonly #meter: TransferMeter | undefined;
  #furthest = 0;

  constructor(budget: RetryBudget, meter: TransferMeter | undefined) {
    this.budget = budget;
    this.#meter = meter;
  }

  /** Bytes given to the network. */
  sent(offset: number): void {
    this.#meter?.advance(offset);
  }

  /** Bytes that the registry says it has. */
  kept(offset: number): void {
    if (offset > this.#furthest) {
      this.#furthest = offset;
      this.budget.progress();
    }
  }
}
