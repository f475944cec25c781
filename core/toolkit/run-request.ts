/** What `tsdock run` asks for, as it was typed. */
export interface RunRequest {
  readonly image: string;
  /** Replace CMD. */
  readonly args: readonly string[];
  readonly name: string | undefined;
  readonly detach: boolean;
  readonly interactive: boolean;
  readonly tty: boolean;
  readonly autoRemove: boolean;
  /** `NAME=VALUE`, or `NAME` to pass ours on. */
  readonly env: readonly string[];
  readonly envFiles: readonly string[];
  readonly volumes: readonly string[];
  readonly tmpfs: readonly string[];
  /** `type=…,src=…,dst=…`. */
  readonly mounts: readonly string[];
  /** `CONTAINER[:ro]`. */
  readonly volumesFrom: readonly string[];
  readonly shmSize: string | undefined;
  readonly network: string | undefined;
  readonly networkAliases: readonly string[];
  /** `NAME:ADDRESS`. */
  readonly extraHosts: readonly string[];
  readonly dns: readonly string[];
  readonly publish: readonly string[];
  readonly publishAll: boolean;
  readonly expose: readonly string[];
  readonly workdir: string | undefined;
  readonly user: string | undefined;
  /** Empty text for none. */
  readonly entrypoint: string | undefined;
  readonly hostname: string | undefined;
  readonly labels: readonly string[];
  readonly readonlyRoot: boolean;
  readonly memory: string | undefined;
  readonly cpus: string | undefined;
  readonly pidsLimit: string | undefined;
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  /** Names or numbers. */
  readonly groupAdd: readonly string[];
  /** `NAME=SOFT[:HARD]`. */
  readonly ulimits: readonly string[];
  readonly init: boolean;
  readonly restart: string | undefined;
  readonly stopSignal: string | undefined;
  /** Seconds. */
  readonly stopTimeout: string | undefined;
  readonly health: HealthRequest;
  readonly runtime: string | undefined;
  /** `always`, `missing` or `never`. */
  readonly pull: string | undefined;
  readonly cidFile: string | undefined;
  readonly platform: string | undefined;
}

export interface HealthRequest {
  readonly disabled: boolean;
  readonly command: string | undefined;
  readonly interval: string | undefined;
  readonly timeout: string | undefined;
  readonly startPeriod: string | undefined;
  readonly retries: string | undefined;
}
