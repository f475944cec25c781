import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findProgram } from "./requires.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** Who may use a registry started with `auth: "htpasswd"`. */
export const tester = { username: "tester", password: "pa:ss word!" } as const;
const htpasswd = "tester:$2y$05$qKpga1NTZGZi5PtPZVKyEu2QBz10yd35LTkCSmHJ/qBJzTERfFhMa\n";

export interface DockerRegistryOptions {
  readonly auth?:
    | "none"
    | "htpasswd"
    | {
        readonly realm: string;
        readonly service: string;
        readonly issuer: string;
        readonly certificate: string;
      };
  /** PEM; speaks TLS where given. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

export interface AccessLogLine {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly status: number;
}

export interface DockerRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** Directory of its storage. */
  readonly storage: string;
  /** What it has answered so far, in order; `since` leaves out that many lines. */
  accessLog(since?: number): readonly AccessLogLine[];
}

const startLimitMs = 30_000;
const stopLimitMs = 5_000;

/** Debian's docker-registry on a loopback port with a storage of its own: `requires("docker-registry")`. */
export async function startDockerRegistry(options: DockerRegistryOptions = {}): Promise<DockerRegistry> {
  const tmp = temporaryDirectory();
  const log = path.join(tmp.path, "log");
  const config = path.join(tmp.path, "config.json");
  fs.writeFileSync(config, JSON.stringify(configuration(options, tmp.path)));
  const output = fs.openSync(log, "a");
  const registry = spawn(program(), ["serve", config], {
    stdio: ["ignore", output, output],
    env: { OTEL_TRACES_EXPORTER: "none" },
  });
  fs.closeSync(output);
  const stop = async (): Promise<void> => {
    await end(registry);
    await tmp[Symbol.asyncDispose]();
  };
  let host: string;
  try {
    host = await listening(registry, log);
    await answering(`${options.tls === undefined ? "http" : "https"}://${host}/`, registry, log);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    host,
    storage: path.join(tmp.path, "storage"),
    accessLog: (since = 0) => parseAccessLog(fs.readFileSync(log, "utf8")).slice(since),
    [Symbol.asyncDispose]: stop,
  };
}

function program(): string {
  const file = findProgram("docker-registry");
  if (file === undefined) throw new Error("no docker-registry in PATH");
  return file;
}

/** JSON is YAML. */
function configuration({ auth = "none", tls }: DockerRegistryOptions, directory: string): object {
  const file = (name: string, text: string): string => {
    fs.writeFileSync(path.join(directory, name), text);
    return path.join(directory, name);
  };
  return {
    version: "0.1",
    // Where it listens is said at this level.
    log: { level: "info", accesslog: { disabled: false } },
    storage: {
      filesystem: { rootdirectory: path.join(directory, "storage") },
      delete: { enabled: true },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: {
      // The system chooses the port: one that was found free before may be somebody else's by then.
      addr: "127.0.0.1:0",
      secret: "for tests",
      ...(tls && { tls: { certificate: file("tls.pem", tls.certificate), key: file("tls.key", tls.key) } }),
    },
    ...(auth === "htpasswd" && { auth: { htpasswd: { realm: "tests", path: file("htpasswd", htpasswd) } } }),
    ...(typeof auth === "object" && {
      auth: {
        token: {
          realm: auth.realm,
          service: auth.service,
          issuer: auth.issuer,
          rootcertbundle: file("token.pem", auth.certificate),
        },
      },
    }),
  };
}

/** `HOST:PORT`, as it says itself. */
async function listening(registry: ChildProcess, log: string): Promise<string> {
  const limit = Date.now() + startLimitMs;
  for (;;) {
    const host = /"listening on ([\d.]+:\d+)/.exec(fs.readFileSync(log, "utf8"))?.[1];
    if (host !== undefined) return host;
    expectAlive(registry, log);
    if (Date.now() > limit) throw new Error("docker-registry does not listen");
    await delay(10);
  }
}

function expectAlive({ exitCode, signalCode }: ChildProcess, log: string): void {
  if (exitCode !== null || signalCode !== null)
    throw new Error(`docker-registry ended:\n${fs.readFileSync(log, "utf8")}`);
}

async function answering(url: string, registry: ChildProcess, log: string): Promise<void> {
  const limit = Date.now() + startLimitMs;
  for (;;) {
    expectAlive(registry, log);
    try {
      await fetch(url);
      return;
    } catch (error) {
      const cause = (error as { cause?: { code?: string } }).cause?.code ?? "";
      // A certificate that is not trusted is an answer.
      if (cause.includes("CERT")) return;
      if (Date.now() > limit) throw error;
      await delay(30);
    }
  }
}

async function end(registry: ChildProcess): Promise<void> {
  if (registry.exitCode !== null || registry.signalCode !== null) return;
  const ended = new Promise((resolve) => registry.once("exit", resolve));
  registry.kill("SIGTERM");
  const late = setTimeout(() => registry.kill("SIGKILL"), stopLimitMs);
  await ended;
  clearTimeout(late);
}

function parseAccessLog(text: string): readonly AccessLogLine[] {
  return [...text.matchAll(/^127\.0\.0\.1 - \S* \[[^\]]*\] "(\S+) (\S+) HTTP\/[\d.]+" (\d+)/gm)]
    .map(([, method = "", target = "", status]) => ({ method, target, status: Number(status) }))
    .filter(({ target }) => target.startsWith("/v2/"));
}
