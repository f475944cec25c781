import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../../../errors/tsdock-error.ts";

/** Debian packages by the program that they bring. */
const packages: Readonly<Record<string, string>> = {
  ip: "iproute2",
  nft: "nftables",
  slirp4netns: "slirp4netns",
  nsenter: "util-linux",
  unshare: "util-linux",
  newuidmap: "uidmap",
};

/** Programs of administrators are not in everyone's PATH. */
const systemDirectories = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"];
const found = new Map<string, string>();

/** The absolute path of a program; undefined where it is not installed. */
export function findProgram(name: string): string | undefined {
  const known = found.get(name);
  if (known !== undefined) return known;
  const file = systemDirectories.map((directory) => path.join(directory, name)).find(isExecutable);
  if (file !== undefined) found.set(name, file);
  return file;
}

/** As `findProgram`. Error `NETWORK_UNAVAILABLE`, which names the package to install. */
export function needProgram(name: string): string {
  const file = findProgram(name);
  if (file !== undefined) return file;
  throw new TsdockError("NETWORK_UNAVAILABLE", `private networks need ${name}, which is not installed`, {
    hint: `as root: apt-get install ${packages[name] ?? name}; or use --network host or --network none`,
  });
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return true;
  } catch {
    // Not there: the next directory may have it.
    return false;
  }
}

export interface ProgramResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** No network program works for long; one that does hangs (pasta without /dev/net/tun was one). */
const limitMs = 20_000;

/**
 * Runs a program to its end, in a session of its own: Ctrl-C at a terminal must not stop it half way.
 * Error `NETWORK_FAILED` where it does not end in time.
 */
export function runProgram(
  argv: readonly string[],
  input: string,
  signal: AbortSignal,
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const [file = "", ...args] = argv;
    const child = spawn(file, args, {
      env: { PATH: systemDirectories.join(":"), LC_ALL: "C" },
      stdio: "pipe",
      detached: true,
      timeout: limitMs,
      killSignal: "SIGKILL",
    });
    const output = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
    // It ended before it read everything: its status and what it said tell why.
    child.stdin.on("error", () => child.stdin.destroy());
    child.stdin.end(input);
    child.once("error", reject);
    child.once("close", (status, killed) => {
      if (status === null)
        reject(programFailure(argv, `it did not end within ${limitMs / 1000} s (${killed})`));
      else resolve({ status, ...output });
    });
  });
}

/** Runs a program that must succeed; gives its standard output. Error `NETWORK_FAILED` with what it said. */
export async function mustRun(argv: readonly string[], input: string, signal: AbortSignal): Promise<string> {
  const { status, stdout, stderr } = await runProgram(argv, input, signal);
  if (status === 0) return stdout;
  throw programFailure(argv, stderr.trim() || `exit code ${status}`, input);
}

/** A program of these words did not do what it had to. `said`: what it wrote. Code `NETWORK_FAILED`. */
export function programFailure(argv: readonly string[], said: string, input = ""): TsdockError {
  const name = argv.map((word) => path.basename(word)).find((word) => word in packages && word !== "nsenter");
  return new TsdockError(
    "NETWORK_FAILED",
    `${name ?? argv[0]} could not set up the network: ${said.split("\n")[0]}`,
    {
      details: [said, input].filter((text) => text !== "").join("\n"),
      hint: isPermission(said)
        ? "this process lacks CAP_NET_ADMIN: run as root, as an ordinary user with slirp4netns, or with --network host or none"
        : "run `tsdock network prune` and try again; --network host needs none of this",
    },
  );
}

const isPermission = (said: string): boolean => /not permitted|permission denied/i.test(said);
