import fs from "node:fs";
import path from "node:path";
import { diskFull } from "../../errors/disk-full.ts";
import { isAbandoned } from "../../oci/store/process-owner.ts";
import type { ContainerRecord, ContainerState } from "./container-record.ts";

/**
 * The files of one container, `containers/ID` in the store's directory:
 *
 *     config.json     what it is (`ContainerRecord`), written once, and again when it is renamed
 *     state.json      what became of it (`ContainerState`), replaced as a whole by its supervisor
 *     container.log   what it wrote, one JSON object a line, as docker's json-file driver has it
 *     lock            held while it is started or removed
 *     network.log     what its network's programs complained about when it was last started
 *     stop            there when somebody asked it to end for good
 *     root/           the sandbox: upper (what it changed), work, patch, links to snapshots, mount points
 *
 * Names are links beside it: `container-names/NAME` → `../containers/ID`.
 */
export class ContainerDirectory {
  /** Absolute. */
  readonly path: string;
  readonly id: string;

  constructor(directory: string) {
    this.path = directory;
    this.id = path.basename(directory);
  }

  file(
    name: "config.json" | "state.json" | "container.log" | "network.log" | "lock" | "stop" | "root",
  ): string {
    return path.join(this.path, name);
  }

  /** Undefined where the container is gone, or was never whole. */
  record(): ContainerRecord | undefined {
    return readJson(this.file("config.json")) as ContainerRecord | undefined;
  }

  /** As a whole; only its name ever changes. */
  writeRecord(record: ContainerRecord): void {
    writeJson(this.file("config.json"), record);
  }

  /** As it is now: one whose supervisor was killed has ended, with 137. */
  state(): ContainerState {
    const state = this.#written();
    if (!isLive(state) || this.#isSupervised(state)) return state;
    const {
      supervisor: _gone,
      pid: _pid,
      pidStart: _start,
      sandboxPid: _sandbox,
      network: _network,
      ...rest
    } = state;
    return {
      ...rest,
      status: "exited",
      exitCode: 137,
      error: "its supervisor was killed",
      finishedAt: fs.statSync(this.file("state.json")).mtime.toISOString(),
    };
  }

  /** Whether somebody must clean up after a supervisor that was killed. */
  isAbandoned(): boolean {
    const state = this.#written();
    return isLive(state) && !this.#isSupervised(state);
  }

  #written(): ContainerState {
    return (readJson(this.file("state.json")) as ContainerState | undefined) ?? initialState;
  }

  writeState(state: ContainerState): void {
    writeJson(this.file("state.json"), state);
  }

  #isSupervised(state: ContainerState): boolean {
    return state.supervisor !== undefined && !isAbandoned(state.supervisor, this.file("state.json"));
  }
}

export const initialState: ContainerState = {
  version: 1,
  status: "created",
  exitCode: 0,
  oomKilled: false,
  restartCount: 0,
  stopped: false,
};

const isLive = ({ status }: ContainerState): boolean => status === "running" || status === "restarting";

export const containersDirectory = (home: string): string => path.join(home, "containers");

/** All containers that are whole, in no order. */
export function listContainers(home: string): readonly ContainerDirectory[] {
  const directory = containersDirectory(home);
  return readNames(directory)
    .filter((name) => /^[0-9a-f]{64}$/.test(name))
    .map((name) => new ContainerDirectory(path.join(directory, name)));
}

function readNames(directory: string): readonly string[] {
  try {
    return fs.readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch (error) {
    // A file that a power failure cut short is as good as none.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Readers see the old text or the new one. Where no space is left, the text is written over the old one, which has its space. */
function writeJson(file: string, value: unknown): void {
  const temporary = `${file}.${process.pid}`;
  const text = JSON.stringify(value);
  try {
    fs.writeFileSync(temporary, text);
    fs.renameSync(temporary, file);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    if (diskFull(error, file) === undefined || !fs.existsSync(file)) throw error;
    writeOver(file, text);
  }
}

function writeOver(file: string, text: string): void {
  const descriptor = fs.openSync(file, "r+");
  try {
    fs.ftruncateSync(descriptor, fs.writeSync(descriptor, text, 0));
  } finally {
    fs.closeSync(descriptor);
  }
}
