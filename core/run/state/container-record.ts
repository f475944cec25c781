import type { ProcessLimit } from "../../oci/runtime/sandbox.ts";
import type { Descriptor } from "../../oci/spec/descriptor.ts";
import type { Digest } from "../../oci/spec/digest.ts";
import type { ContainerConfig, Healthcheck } from "../../oci/spec/image-config.ts";
import type { PortMapping, PublishedPort } from "../network-contract.ts";

/** Something of this machine that a container sees. Targets are absolute paths in the container. */
export type ContainerMount =
  | { readonly type: "bind"; readonly source: string; readonly target: string; readonly readonly: boolean }
  /** `source` is the volume's directory. An anonymous volume goes with `rm -v` and with `--rm`. */
  | {
      readonly type: "volume";
      readonly name: string;
      readonly anonymous: boolean;
      readonly source: string;
      readonly target: string;
      readonly readonly: boolean;
    }
  /** `options` are those of mount(8) for tmpfs. */
  | { readonly type: "tmpfs"; readonly target: string; readonly options: readonly string[] };

export interface RestartPolicy {
  readonly name: "no" | "always" | "on-failure" | "unless-stopped";
  /** For `on-failure`; 0 means without end. */
  readonly maximumRetryCount: number;
}

export interface ResourceLimits {
  /** Bytes. */
  readonly memory?: number;
  /** Billionths of a processor. */
  readonly nanoCpus?: number;
  readonly pids?: number;
}

/** What a container is: `containers/ID/config.json`, written when it is created, and with another name when it is renamed. */
export interface ContainerRecord {
  readonly version: 1;
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** Unique among the containers of a store. */
  readonly name: string;
  /** RFC 3339. */
  readonly created: string;
  readonly image: {
    /** As it was asked for: `ps` and `inspect` show it. */
    readonly reference: string;
    readonly id: Digest;
    /** Its manifest: the store keeps what it needs as long as the container is there. */
    readonly descriptor: Descriptor;
    readonly diffIds: readonly Digest[];
  };
  /** Snapshot directories of the image, lowest first. */
  readonly lower: readonly string[];
  /** The image's configuration with what the command line replaced in it. */
  readonly config: ContainerConfig;
  readonly argv: readonly string[];
  readonly hostname: string;
  readonly tty: boolean;
  readonly openStdin: boolean;
  /** Started with its streams connected to the terminal or pipes of whoever ran it. */
  readonly attached: boolean;
  readonly autoRemove: boolean;
  /** `bridge`, `host`, `none`, the name of a network or `container:ID`. */
  readonly network: string;
  /** Absent in records that are older than they are. */
  readonly aliases?: readonly string[];
  /** `NAME:ADDRESS`. */
  readonly extraHosts?: readonly string[];
  /** Nameservers that are asked instead of those of this machine. */
  readonly dns?: readonly string[];
  readonly ports: readonly PortMapping[];
  readonly mounts: readonly ContainerMount[];
  readonly readonlyRoot: boolean;
  readonly init: boolean;
  readonly restart: RestartPolicy;
  readonly limits: ResourceLimits;
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  /** Names or numbers. */
  readonly groupAdd?: readonly string[];
  readonly ulimits?: readonly ProcessLimit[];
  readonly stopSignal: string;
  /** Seconds. */
  readonly stopTimeout: number;
  readonly healthcheck?: Healthcheck;
  readonly runtime?: string;
}

export interface HealthLogEntry {
  readonly Start: string;
  readonly End: string;
  readonly ExitCode: number;
  readonly Output: string;
}

export interface HealthState {
  readonly status: "starting" | "healthy" | "unhealthy";
  readonly failingStreak: number;
  readonly log: readonly HealthLogEntry[];
}

/** How a container is connected, for `ps` and `inspect`. */
export interface NetworkState {
  readonly network: string;
  readonly networkId: string;
  readonly endpointId: string;
  readonly address: string;
  readonly prefixLength: number;
  readonly gateway: string;
  readonly macAddress: string;
  readonly ports: readonly PublishedPort[];
}

/** What became of a container: `containers/ID/state.json`, replaced as a whole. */
export interface ContainerState {
  readonly version: 1;
  /** As written; what a supervisor that died left is put right by `ContainerDirectory.state`. */
  readonly status: "created" | "running" | "restarting" | "exited" | "removing";
  /** The process that runs it (`ProcessOwner`): while it lives, it alone writes the state. */
  readonly supervisor?: string;
  /** Its first process, as this machine numbers it. */
  readonly pid?: number;
  /** When that began, in clock ticks since boot. */
  readonly pidStart?: string;
  /** What started it. */
  readonly runtime?: { readonly name: "crun" | "runc"; readonly path: string } | { readonly name: "kernel" };
  /** The process in whose child's namespaces it is. */
  readonly sandboxPid?: number;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** Why it could not be started. */
  readonly error?: string;
  readonly restartCount: number;
  /** `stop` and `kill` end it for good: policies of restarting count no more until it is started again. */
  readonly stopped: boolean;
  readonly health?: HealthState;
  readonly network?: NetworkState;
}
