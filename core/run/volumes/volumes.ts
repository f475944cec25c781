import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { isMissing, storeError } from "../../oci/store/store-error.ts";
import { listContainers } from "../state/container-directory.ts";
import {
  checkVolumeName,
  isVolumeName,
  type Volume,
  volumeNotFound,
  type VolumeRecord,
} from "./volume-record.ts";
import { randomHex } from "../../util/random-hex.ts";
import { sizeOfTree } from "./size-of-tree.ts";

export interface CreateVolumeOptions {
  /** Sixty-four random digits unless given. */
  readonly name?: string | undefined;
  readonly anonymous?: boolean | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

export interface PruneVolumesOptions {
  readonly all: boolean;
  readonly isWanted?: (volume: Volume) => boolean;
}

/** Removes a tree whose files may belong to users of a namespace. */
export type RemoveTree = (directory: string) => Promise<void>;

const dataDirectory = "_data";

/** The volumes of a home, `data/volumes/NAME/{volume.json,_data}`. A volume is there when its whole directory is. */
export class Volumes {
  readonly #home: string;
  readonly #directory: string;
  readonly #removeTree: RemoveTree;

  constructor(home: string, removeTree: RemoveTree) {
    this.#home = home;
    this.#directory = path.join(home, "data", "volumes");
    this.#removeTree = removeTree;
  }

  /** By name. */
  list(): readonly Volume[] {
    return readNames(this.#directory)
      .filter((name) => !name.startsWith("."))
      .flatMap((name) => this.#read(name) ?? []);
  }

  has(name: string): boolean {
    return this.#read(name) !== undefined;
  }

  /** Error `VOLUME_NOT_FOUND`. */
  get(name: string): Volume {
    const volume = this.#read(name);
    if (volume === undefined) throw volumeNotFound(name);
    return volume;
  }

  /** The volume of that name, made where it is not there: many processes may ask at once. Error `VOLUME_INVALID`. */
  create(options: CreateVolumeOptions = {}): Volume {
    const name = options.name ?? randomHex(32);
    checkVolumeName(name);
    const existing = this.#read(name);
    if (existing !== undefined) return existing;
    const record: VolumeRecord = {
      version: 1,
      name,
      created: new Date().toISOString(),
      anonymous: options.anonymous ?? options.name === undefined,
      labels: options.labels ?? {},
    };
    this.#write(record);
    return this.get(name);
  }

  /** Names of the containers that use a volume, running or not. */
  users(name: string): readonly string[] {
    return this.#usage().get(name) ?? [];
  }

  /** Error `VOLUME_NOT_FOUND`, `VOLUME_IN_USE`. */
  async remove(name: string): Promise<void> {
    const volume = this.get(name);
    const users = this.users(volume.name);
    if (users.length > 0) {
      throw new TsdockError("VOLUME_IN_USE", `the volume ${name} is used by ${users.join(", ")}`, {
        hint: `remove those containers first: tsdock rm ${users.join(" ")}`,
      });
    }
    await this.#removeDirectory(name);
  }

  /** Removes volumes that no container uses: anonymous ones, or with `all` every one. Gives their names and bytes freed. */
  async prune({ all, isWanted = () => true }: PruneVolumesOptions): Promise<{
    readonly names: readonly string[];
    readonly freed: number;
  }> {
    const usage = this.#usage();
    const unused = this.list()
      .filter(({ name, anonymous }) => (all || anonymous) && (usage.get(name) ?? []).length === 0)
      .filter(isWanted);
    let freed = 0;
    for (const { name, mountpoint } of unused) {
      freed += sizeOfTree(mountpoint);
      await this.#removeDirectory(name);
    }
    await this.#sweep();
    return { names: unused.map(({ name }) => name), freed };
  }

  #usage(): ReadonlyMap<string, readonly string[]> {
    const usage = new Map<string, string[]>();
    for (const container of listContainers(this.#home)) {
      const record = container.record();
      for (const mount of record?.mounts ?? []) {
        if (mount.type !== "volume") continue;
        usage.set(mount.name, [...(usage.get(mount.name) ?? []), record?.name ?? container.id]);
      }
    }
    return usage;
  }

  /** What cannot be a name is nobody's, and no path. */
  #read(name: string): Volume | undefined {
    if (!isVolumeName(name)) return undefined;
    const directory = path.join(this.#directory, name);
    try {
      const record = JSON.parse(fs.readFileSync(path.join(directory, "volume.json"), "utf8")) as VolumeRecord;
      return { ...record, mountpoint: path.join(directory, dataDirectory) };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  #write(record: VolumeRecord): void {
    const temporary = path.join(this.#directory, `.new-${randomHex(8)}`);
    try {
      // Volumes may hold programs with set-id bits: nobody else gets as far as them, wherever the home is.
      fs.mkdirSync(path.join(temporary, dataDirectory), { recursive: true, mode: 0o700 });
      fs.chmodSync(this.#directory, 0o700);
      fs.chmodSync(path.join(temporary, dataDirectory), 0o755);
      fs.writeFileSync(path.join(temporary, "volume.json"), `${JSON.stringify(record)}\n`, { flush: true });
      fs.renameSync(temporary, path.join(this.#directory, record.name));
    } catch (error) {
      fs.rmSync(temporary, { recursive: true, force: true });
      // Somebody else made it meanwhile: that one is the volume.
      if (!["EEXIST", "ENOTEMPTY"].includes((error as NodeJS.ErrnoException).code ?? ""))
        throw storeError(error, this.#directory);
    }
  }

  /** Out of sight first, so that nobody starts to use what is being removed. */
  async #removeDirectory(name: string): Promise<void> {
    const aside = path.join(this.#directory, `.removed-${randomHex(8)}`);
    try {
      fs.renameSync(path.join(this.#directory, name), aside);
    } catch (error) {
      if (isMissing(error)) throw volumeNotFound(name);
      throw storeError(error, this.#directory);
    }
    await this.#removeTree(aside);
  }

  /** What removals that were killed left. */
  async #sweep(): Promise<void> {
    for (const name of readNames(this.#directory)) {
      if (name.startsWith(".removed-")) await this.#removeTree(path.join(this.#directory, name));
    }
  }
}

function readNames(directory: string): readonly string[] {
  try {
    return fs.readdirSync(directory).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
