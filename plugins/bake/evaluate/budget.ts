import { invalid, type Spot } from "../hcl/source.ts";
import type { HclValue } from "../hcl/syntax.ts";

const mostWork = 2_000_000;

/** What evaluating a file may cost: a few lines can ask for more than any machine has. */
export class Budget {
  #left = mostWork;

  /** For all that is in a value: a list may hold another one many times. */
  spendOn(value: HclValue, spot: Spot): void {
    this.spend(typeof value === "string" ? value.length : 1, spot);
    if (typeof value !== "object" || value === null) return;
    for (const item of value.values()) this.spendOn(item, spot);
  }

  /** `amount`: one for a node, characters for text, elements for lists. Error `IMPORT_INVALID`. */
  spend(amount: number, spot: Spot): void {
    this.#left -= amount;
    if (!(this.#left >= 0))
      throw invalid(
        "evaluating the file takes more than two million operations",
        spot,
        "look for loops within loops",
      );
  }
}
