import { ellipsis } from "../oci/image/history.ts";
import { humanAge, humanDuration } from "../oci/image/human.ts";
import type { ContainerRecord, ContainerState } from "../run/state/container-record.ts";
import { portsText } from "./ports-text.ts";

/** A row of `docker ps`. */
export interface ContainerRow {
  readonly id: string;
  readonly image: string;
  readonly command: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly runningFor: string;
  readonly status: string;
  /** One word: `running`. */
  readonly state: string;
  readonly ports: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly networks: string;
  readonly mounts: readonly string[];
  readonly localVolumes: number;
  /** `12B (virtual 1.2MB)`; `0B` where nobody asked. */
  readonly size: string;
}

export function containerRow(
  { record, state }: { readonly record: ContainerRecord; readonly state: ContainerState },
  now: number,
  size = "0B",
): ContainerRow {
  return {
    id: record.id,
    image: record.image.reference,
    command: commandText(record.argv),
    createdAt: record.created,
    runningFor: humanAge(Date.parse(record.created), now),
    status: statusText(state, now),
    state: state.status,
    ports: portsOf(record, state),
    name: record.name,
    labels: record.config.Labels ?? {},
    networks: record.network,
    mounts: record.mounts.flatMap((mount) =>
      mount.type === "tmpfs" ? [] : [mount.type === "volume" ? mount.name : mount.source],
    ),
    localVolumes: record.mounts.filter((mount) => mount.type === "volume").length,
    size,
  };
}

/** Arguments with blanks in quotes, as docker shows them. */
const commandText = ([command = "", ...args]: readonly string[]): string =>
  [command, ...args.map((arg) => (arg.includes(" ") ? `'${arg}'` : arg))].join(" ");

/** `Up 5 minutes (healthy)`, `Exited (137) 2 hours ago`: as docker has it. */
function statusText(state: ContainerState, now: number): string {
  const since = (time: string | undefined): number => now - Date.parse(time ?? new Date(now).toISOString());
  switch (state.status) {
    case "running":
      return `Up ${humanDuration(since(state.startedAt))}${healthText(state)}`;
    case "restarting":
      return `Restarting (${state.exitCode}) ${humanDuration(since(state.finishedAt))} ago`;
    case "exited":
      return `Exited (${state.exitCode}) ${humanDuration(since(state.finishedAt))} ago`;
    case "created":
      return "Created";
    case "removing":
      return "Removal In Progress";
  }
}

function healthText({ health }: ContainerState): string {
  if (health === undefined) return "";
  return health.status === "starting" ? " (health: starting)" : ` (${health.status})`;
}

/** What is published and what is only exposed; nothing once it has ended. */
const portsOf = (record: ContainerRecord, { network, status }: ContainerState): string =>
  status === "running"
    ? portsText(
        network?.ports ?? [],
        record.network === "host" ? [] : Object.keys(record.config.ExposedPorts ?? {}),
      )
    : "";

/** Docker's width of the COMMAND column. */
export const commandCell = (command: string, whole: boolean): string =>
  JSON.stringify(whole ? command : ellipsis(command, 20)).replaceAll("\\u2026", "…");
