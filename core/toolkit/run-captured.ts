import path from "node:path";
import { upperDirectory } from "../build/native/step-plan.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import { removeContainer } from "../run/remove-container.ts";
import { findContainer } from "../run/state/container-names.ts";
import type { FoundImage } from "./find-image.ts";
import { storeDirectory } from "./home.ts";
import type { Host } from "./host.ts";
import type { ContainerStreams } from "./run-contract.ts";
import { runImage } from "./run-image.ts";
import type { RunRequest } from "./run-request.ts";
import { randomHex } from "../util/random-hex.ts";

/** What a command said, and how it ended. */
export interface CapturedRun {
  /** As a shell has it: 128 and the signal's number where one ended it. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CapturedCommand {
  /** Executed as it is, whatever the image's entrypoint is; none: what the image says. */
  readonly argv: readonly string[];
  /** `NAME=VALUE`, or `NAME` to pass ours on. */
  readonly env?: readonly string[];
  readonly envFiles?: readonly string[];
  readonly user?: string | undefined;
  readonly workdir?: string | undefined;
  /** None at all unless given: a test should not depend on the world. */
  readonly network?: string | undefined;
  /** Where `network` names none: the one that `tsdock run` gives. */
  readonly online?: boolean;
  readonly volumes?: readonly string[];
  readonly capAdd?: readonly string[];
  readonly tty?: boolean;
  /** It is killed then. */
  readonly timeoutMs: number;
}

/** An image by what it is; its name is for messages. */
export interface CapturedImage {
  readonly name: string;
  readonly found: FoundImage;
  readonly platform: string | undefined;
}

/** Runs one command in a container of its own, which is gone afterwards. Error `COMMAND_TIMEOUT`. */
export function runCaptured(
  image: CapturedImage,
  command: CapturedCommand,
  host: Host,
): Promise<CapturedRun> {
  return captured(image, command, { autoRemove: true, name: undefined }, [], host);
}

/**
 * Commands one after the other, each in a container of its own that has the files as the one before left them. They are all gone
 * when it is disposed.
 */
export class CommandSequence implements AsyncDisposable {
  readonly #image: CapturedImage;
  readonly #host: Host;
  readonly #names: string[] = [];
  readonly #changes: string[] = [];

  constructor(image: CapturedImage, host: Host) {
    this.#image = image;
    this.#host = host;
  }

  async run(command: CapturedCommand): Promise<CapturedRun> {
    const name = `tsdock-test-${randomHex(6)}`;
    this.#names.push(name);
    const result = await captured(
      this.#image,
      command,
      { autoRemove: false, name },
      this.#changes,
      this.#host,
    );
    const container = findContainer(storeDirectory(this.#host), name);
    this.#changes.push(path.join(container.file("root"), upperDirectory));
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const home = storeDirectory(this.#host);
    // Later ones lie on what earlier ones changed.
    for (const name of this.#names.toReversed()) {
      const container = lookUp(home, name);
      if (container !== undefined) await removeContainer(home, container, { volumes: true });
    }
  }
}

/** Undefined for one that never began: it is gone already. */
function lookUp(home: string, name: string): ReturnType<typeof findContainer> | undefined {
  try {
    return findContainer(home, name);
  } catch (error) {
    if (error instanceof TsdockError && error.code === "CONTAINER_NOT_FOUND") return undefined;
    throw error;
  }
}

async function captured(
  image: CapturedImage,
  command: CapturedCommand,
  kept: Pick<RunRequest, "autoRemove" | "name">,
  changes: readonly string[],
  host: Host,
): Promise<CapturedRun> {
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  using limit = new TimeLimit(command.timeoutMs);
  const streams: ContainerStreams = {
    inputIsTerminal: false,
    captured: true,
    write: (stream, chunk) => void output[stream].push(Buffer.from(chunk)),
    takeSignals: (send) => limit.begin(send),
  };
  const request = { ...plainRun, ...requestOf(image, command), ...kept };
  const base = {
    found: image.found,
    changes,
    ...(command.online === true ? {} : { network: "none" }),
  };
  const outcome = await runImage(request, streams, host, base);
  if (limit.isOver) throw timedOut(image, command, output);
  return {
    exitCode: outcome.kind === "exited" ? outcome.exitCode : 0,
    stdout: Buffer.concat(output.stdout).toString("utf8"),
    stderr: Buffer.concat(output.stderr).toString("utf8"),
  };
}

/** Kills a container whose command goes on too long. */
class TimeLimit implements Disposable {
  readonly #ms: number;
  #timer: NodeJS.Timeout | undefined;
  isOver = false;

  constructor(ms: number) {
    this.#ms = ms;
  }

  begin(send: (signal: NodeJS.Signals) => void): Disposable {
    this.#timer = setTimeout(() => {
      this.isOver = true;
      send("SIGKILL");
    }, this.#ms);
    return this;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

function timedOut(
  { name }: CapturedImage,
  { argv, timeoutMs }: CapturedCommand,
  { stdout, stderr }: Readonly<Record<"stdout" | "stderr", readonly Buffer[]>>,
): TsdockError {
  const what = argv.length === 0 ? "the command" : argv.join(" ");
  return new TsdockError("COMMAND_TIMEOUT", `${what} in ${name} did not end within ${timeoutMs} ms`, {
    hint: "give it more time, or run something that ends by itself",
    details: Buffer.concat([...stdout, ...stderr]).toString("utf8"),
  });
}

const requestOf = (
  { name, platform }: CapturedImage,
  {
    argv,
    env = [],
    envFiles = [],
    user,
    workdir,
    network,
    volumes = [],
    capAdd = [],
    tty = false,
  }: CapturedCommand,
): Partial<RunRequest> => ({
  image: name,
  platform,
  args: argv,
  entrypoint: argv.length === 0 ? undefined : "",
  env,
  envFiles,
  user,
  workdir,
  network,
  volumes,
  capAdd,
  tty,
});

/** `tsdock run` without options, healthchecks left out: nobody asks a test how it feels. */
const plainRun: RunRequest = {
  image: "",
  args: [],
  name: undefined,
  detach: false,
  interactive: false,
  tty: false,
  autoRemove: true,
  env: [],
  envFiles: [],
  volumes: [],
  tmpfs: [],
  mounts: [],
  volumesFrom: [],
  shmSize: undefined,
  network: undefined,
  networkAliases: [],
  extraHosts: [],
  dns: [],
  publish: [],
  publishAll: false,
  expose: [],
  workdir: undefined,
  user: undefined,
  entrypoint: undefined,
  hostname: undefined,
  labels: [],
  readonlyRoot: false,
  memory: undefined,
  cpus: undefined,
  pidsLimit: undefined,
  capAdd: [],
  capDrop: [],
  groupAdd: [],
  ulimits: [],
  init: false,
  restart: undefined,
  stopSignal: undefined,
  stopTimeout: undefined,
  health: {
    disabled: true,
    command: undefined,
    interval: undefined,
    timeout: undefined,
    startPeriod: undefined,
    retries: undefined,
  },
  runtime: undefined,
  pull: undefined,
  cidFile: undefined,
  platform: undefined,
};
