import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { EventSink } from "../../events.ts";
import { captureChanges, snapshotTree } from "../../oci/layer/diff-trees.ts";
import { fromByteString, type LayerEntry, toByteString } from "../../oci/layer/entry.ts";
import { packLayerTo } from "../../oci/layer/pack-layer-to.ts";
import { type UnpackOptions, unpackLayerTo } from "../../oci/layer/unpack-layer.ts";
import type { ContainerRequest, SandboxCommand } from "../../oci/runtime/sandbox.ts";
import type { ExecOutcome, ExecRequest } from "../executor.ts";
import { availableCapabilities } from "./available-capabilities.ts";
import { type ChrootCommand, killProcessesIn, runInChroot } from "./chroot-process.ts";
import { makeDevices } from "./device-nodes.ts";
import { discardMatcher } from "./discard-matcher.ts";
import type { HostTools } from "./host-tools.ts";
import { LowerTree } from "./lower-tree.ts";
import type { NativeExecutor } from "./native-options.ts";
import { ownMounts } from "./own-mounts.ts";
import { copyTree, type PlacedMount, placeMounts, returnMounts } from "./placed-mounts.ts";
import { planProcess } from "./plan-process.ts";
import { removeTree, StateDirectory } from "./state-directory.ts";

export interface ChrootExecutorOptions {
  readonly stateDirectory: string;
  readonly emit: EventSink;
  readonly tools: HostTools;
}

/** A command in a tree of its own, before and after it ran. */
interface ChrootStep {
  readonly root: string;
  /** A file to work with. */
  readonly tar: string;
  readonly mounts: readonly PlacedMount[];
}

type HowToRun = Pick<ChrootCommand, "stdin" | "output" | "onStart"> & { readonly kind: "step" | "container" };

/** Attributes of the `user` class can be set without the right to mount. */
const unpacking: UnpackOptions = { whiteouts: "overlay-userxattr", privileged: true };

/**
 * For root where neither namespaces nor mounts are allowed, as in a container of docker: the tree is copied, the command
 * runs in it by chroot, and what changed is found by comparing. Slower, and apart from the files nothing is isolated.
 */
export class ChrootExecutor implements NativeExecutor {
  readonly name = "native";
  readonly #options: ChrootExecutorOptions;
  readonly #state: StateDirectory;
  #hasWarned = false;

  constructor(options: ChrootExecutorOptions) {
    this.#options = options;
    const warn = (message: string): void => options.emit({ type: "warning", code: "EXECUTOR", message });
    this.#state = new StateDirectory(options.stateDirectory, warn, (directory) =>
      killProcessesIn(directory, "SIGKILL"),
    );
  }

  async describe(): Promise<string> {
    return "chroot and comparison of trees, as root without the right to mount: not isolated from this machine";
  }

  async unpack(tar: string, directory: string, signal: AbortSignal): Promise<void> {
    try {
      await unpackLayerTo(tar, directory, unpacking, signal);
    } catch (error) {
      await removeTree(directory);
      throw error;
    }
  }

  async exec(request: ExecRequest, signal: AbortSignal): Promise<ExecOutcome> {
    await using directory = await this.#state.step(request.id);
    const step = this.#prepare(request, directory.path, "step");
    const isMount = (file: string): boolean => step.mounts.some((mount) => toByteString(mount.path) === file);
    const before = request.capture === undefined ? undefined : snapshotTree(step.root, { skip: isMount });
    const exitCode = await this.#run(
      request,
      step,
      { stdin: "ignore", output: request.output, kind: "step" },
      signal,
    );
    returnMounts(step.mounts, step.root, step.tar);
    if (exitCode !== 0 || request.capture === undefined || before === undefined) return { exitCode };
    const discard = await discardMatcher(request.capture.discard ?? []);
    const entries = captureChanges(step.root, before, {
      skip: isMount,
      clampTime: request.capture.clampTime,
      discard,
    });
    const layer = await this.#keep(entries, request.capture, signal);
    return layer === undefined ? { exitCode } : { exitCode, layer };
  }

  async runContainer(request: ContainerRequest, signal: AbortSignal): Promise<number> {
    if (request.mounts.some((mount) => mount.type === "bind" && !mount.readonly)) {
      throw notHere(
        "a volume that may be written to",
        "mount it read-only (SOURCE:TARGET:ro), or allow this container to mount",
      );
    }
    if (request.terminal) throw notHere("a terminal", "run it without one");
    await using directory = await this.#state.step(request.id);
    const step = this.#prepare(request, directory.path, "container");
    return await this.#run(request, step, { ...request, kind: "container" }, signal);
  }

  remove(directory: string): Promise<void> {
    return removeTree(directory);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#state[Symbol.asyncDispose]();
  }

  #prepare(command: SandboxCommand, directory: string, kind: HowToRun["kind"]): ChrootStep {
    if (command.network === "none")
      throw notHere("a command without network", "leave the network on, or allow this container to mount");
    this.#warnOnce();
    const root = path.join(directory, "root");
    const tar = path.join(directory, "work.tar");
    copyTree(command.lower, root, tar);
    const targets = new Set(command.mounts.map((mount) => mount.target));
    const own = ownMounts(directory, command, kind).filter((mount) => !targets.has(mount.target));
    // Copies of these are the command's to spoil.
    const mounts = [...own.map((mount) => ({ ...mount, readonly: true })), ...command.mounts];
    const placed = placeMounts(mounts, root, tar);
    const devices = makeDevices(root, this.#options.tools);
    const kernel = ["proc", "sys"].filter((name) => !fs.existsSync(path.join(root, name)));
    for (const name of kernel) fs.mkdirSync(path.join(root, name));
    return { root, tar, mounts: [...placed, ...[...devices, ...kernel].map((name) => ({ path: name }))] };
  }

  async #run(
    command: SandboxCommand,
    { root }: ChrootStep,
    how: HowToRun,
    signal: AbortSignal,
  ): Promise<number> {
    const tree = new LowerTree([root]);
    const cwd = fromByteString(tree.resolve(toByteString(command.cwd === "" ? "/" : command.cwd)).path);
    fs.mkdirSync(path.join(root, cwd), { recursive: true, mode: 0o755 });
    const process = planProcess(
      command,
      { capabilities: availableCapabilities(), terminal: false },
      tree,
      cwd,
    );
    const pipes = path.join(path.dirname(root), "output");
    fs.mkdirSync(pipes, { mode: 0o700 });
    return runInChroot({ ...how, root, pipes, process, tools: this.#options.tools }, signal);
  }

  async #keep(
    entries: readonly LayerEntry[],
    { tar, snapshot }: NonNullable<ExecRequest["capture"]>,
    signal: AbortSignal,
  ): Promise<ExecOutcome["layer"]> {
    if (entries.length === 0) return undefined;
    const layer = await packLayerTo(entries, tar, signal);
    await this.unpack(tar, snapshot, signal);
    return layer;
  }

  #warnOnce(): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#options.emit({
      type: "warning",
      code: "EXECUTOR_UNISOLATED",
      message:
        "commands run by chroot alone, since nothing can be mounted here: they see the processes and the network of this machine",
      hint: "allow this container to mount (--privileged), or use a machine that does",
    });
  }
}

const notHere = (what: string, hint: string): TsdockError =>
  new TsdockError("UNSUPPORTED", `${what} needs namespaces or mounts, which are not allowed here`, { hint });
