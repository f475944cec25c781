import fs from "node:fs";
import path from "node:path";
import { acquireLock } from "../../oci/store/lock.ts";
import { bootId } from "../../oci/store/process-owner.ts";
import { isMissing, storeError } from "../../oci/store/store-error.ts";
import type { Definitions, Endpoints } from "./plan/network-state.ts";
import { randomHex } from "../../util/random-hex.ts";

/**
 * `networks.json` and `endpoints.json` in a directory of their own. Read by anybody at any time; written by whoever has the
 * lock, each by one rename. Everything of ours in the kernel is in them: they are written before something is made and
 * again after it is gone.
 */
export class NetworkFiles {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  definitions(): Definitions | undefined {
    return this.#read("networks.json") as Definitions | undefined;
  }

  /** None after a reboot. */
  endpoints(): Endpoints {
    const read = this.#read("endpoints.json") as Endpoints | undefined;
    return read?.boot === bootId() ? read : { version: 1, boot: bootId(), endpoints: [], last: {} };
  }

  writeDefinitions(definitions: Definitions): void {
    this.#write("networks.json", definitions, true);
  }

  /** Not synced: it means nothing after the power failed. */
  writeEndpoints(endpoints: Endpoints): void {
    this.#write("endpoints.json", endpoints, false);
  }

  async lock(signal: AbortSignal): Promise<AsyncDisposable> {
    try {
      fs.mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw storeError(error, this.directory);
    }
    return acquireLock(path.join(this.directory, "lock"), signal);
  }

  #read(name: string): unknown {
    try {
      return JSON.parse(fs.readFileSync(path.join(this.directory, name), "utf8"));
    } catch (error) {
      // A file that was cut short when the power failed is as none.
      if (isMissing(error) || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  #write(name: string, value: object, flush: boolean): void {
    const file = path.join(this.directory, name);
    const temporary = `${file}.${randomHex(6)}`;
    try {
      fs.writeFileSync(temporary, `${JSON.stringify(value)}\n`, { flush, mode: 0o600 });
      fs.renameSync(temporary, file);
    } catch (error) {
      fs.rmSync(temporary, { force: true });
      throw storeError(error, this.directory);
    }
  }
}
