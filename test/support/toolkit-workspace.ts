import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import * as debian from "../../plugins/debian/index.ts";
import * as tsdock from "../../core/index.ts";
import * as plugin from "../../core/plugin/index.ts";
import type { BuildOptions } from "../../core/toolkit/build-images.ts";
import type { Host } from "../../core/toolkit/host.ts";

/** What `tsdock build` without options asks for. */
export const plainBuild: BuildOptions = {
  images: [],
  platforms: [],
  params: {},
  secrets: [],
  ssh: [],
  noCache: false,
  jobs: 4,
  keepGoing: false,
  locked: false,
  runtime: undefined,
  config: undefined,
  tags: [],
  outputs: [],
  verify: false,
  explain: undefined,
};

/** A workspace of its own with a store of its own, worked on through the toolkit in this process. */
export class ToolkitWorkspace implements AsyncDisposable {
  readonly directory = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "tsdock-toolkit-")));
  readonly home = path.join(this.directory, ".home");
  readonly #stop = new AbortController();

  constructor() {
    fs.mkdirSync(this.home);
    this.write("package.json", '{"name":"workspace","private":true,"type":"module"}');
  }

  path(...names: string[]): string {
    return path.join(this.directory, ...names);
  }

  write(name: string, text: string): void {
    fs.mkdirSync(path.dirname(this.path(name)), { recursive: true });
    fs.writeFileSync(this.path(name), text);
  }

  host(env: Readonly<Record<string, string>> = {}): Host {
    return {
      cwd: this.directory,
      env: { PATH: process.env["PATH"], HOME: this.directory, TSDOCK_HOME: this.home, ...env },
      emit: () => undefined,
      signal: this.#stop.signal,
      self: { tsdock, "tsdock/plugin": plugin, "tsdock/plugins/debian": debian },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await fs.promises.rm(this.directory, { recursive: true, force: true });
  }
}
