import { pause } from "./pause.ts";

/** Origins that asked to be left alone for a while: everybody who wants something of them waits, not only who was told so. */
export class HostPauses {
  /** Milliseconds of `performance.now()`. */
  readonly #until = new Map<string, number>();

  /** Nothing is sent to `origin` for so long; a pause that ends later stays. */
  begin(origin: string, ms: number): void {
    this.#until.set(origin, Math.max(this.#until.get(origin) ?? 0, performance.now() + ms));
  }

  /** Waits until `origin` may be asked, however often that is put off. Rejects with the signal's reason when aborted. */
  async wait(origin: string, signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      const left = (this.#until.get(origin) ?? 0) - performance.now();
      if (left <= 0) return;
      await pause(Math.ceil(left), signal);
    }
  }
}
