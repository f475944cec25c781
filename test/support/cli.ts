import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { takeDownNetworks } from "./host-networks.ts";
import { machineCertificates } from "./machine-certificates.ts";

const root = path.resolve(import.meta.dirname, "../..");

export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Whose processes they are: another user than the one who runs the tests. */
export interface CliUser {
  readonly uid: number;
  readonly gid: number;
}

/** A workspace of its own with a store of its own; runs the built program in it, on the Node that runs the tests. */
export class CliWorkspace implements AsyncDisposable {
  readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), "tsdock-e2e-"));
  readonly home: string;
  /** Whether its commands fetch packages: see `machineCertificates`. */
  fetchesPackages = false;
  readonly #user: CliUser | undefined;

  constructor(home?: string, user?: CliUser) {
    this.home = home ?? path.join(this.directory, ".home");
    this.#user = process.geteuid?.() === 0 ? user : undefined;
    fs.mkdirSync(this.home, { recursive: true });
    for (const directory of [this.directory, this.home]) this.#give(directory);
    this.write("package.json", '{"name":"workspace","private":true,"type":"module"}');
  }

  path(...names: string[]): string {
    return path.join(this.directory, ...names);
  }

  write(name: string, text: string): void {
    fs.mkdirSync(path.dirname(this.path(name)), { recursive: true });
    fs.writeFileSync(this.path(name), text);
    this.#give(this.path(name));
  }

  #give(file: string): void {
    if (this.#user !== undefined) fs.chownSync(file, this.#user.uid, this.#user.gid);
  }

  /** Starts it with pipes for what it writes; `detached`: in a process group of its own. */
  start(args: readonly string[], env: Readonly<Record<string, string>> = {}, detached = false): ChildProcess {
    return spawn(path.join(root, "dist", "cli.cjs"), args, {
      cwd: this.directory,
      env: this.environment(env),
      stdio: ["ignore", "pipe", "pipe"],
      detached,
      ...this.#user,
    });
  }

  /** What its commands are given. */
  environment(env: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
    const own = this.#user === undefined ? {} : { HOME: this.directory };
    const trusted = this.fetchesPackages ? machineCertificates() : {};
    const node = { PATH: `${path.dirname(process.execPath)}:${process.env["PATH"]}` };
    return { ...process.env, ...node, ...trusted, ...own, TSDOCK_HOME: this.home, NO_COLOR: "1", ...env };
  }

  run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliResult> {
    return finished(this.start(args, env));
  }

  async json<T>(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<T> {
    const result = await this.run([...args, "--json"], env);
    if (result.exitCode !== 0) throw new Error(`tsdock ${args.join(" ")}: ${result.stderr}`);
    return JSON.parse(result.stdout) as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    takeDownNetworks(this.home);
    await fs.promises.rm(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Waits for its end. */
export function finished(child: ChildProcess): Promise<CliResult> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString("utf8")));
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString("utf8")));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolve({ exitCode: code ?? 128, stdout, stderr: signal === null ? stderr : `${stderr}${signal}` }),
    );
  });
}
