import { ellipsis } from "../oci/image/history.ts";
import { humanAge, humanDuration } from "../oci/image/human.ts";
import type { PortMapping } from "../run/network-contract.ts";
import type { ContainerRecord, ContainerState } from "../run/state/container-record.ts";

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
    command: record.argv.join(" "),
    createdAt: record.created,
    runningFor: humanAge(Date.parse(record.created), now),
    status: statusText(state, now),
    state: state.status,
    ports: portsText(record, state),
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

/** `0.0.0.0:8080->80/tcp, 443/tcp`: what is published, then what is only exposed; nothing once it has ended. */
function portsText(record: ContainerRecord, { network, status }: ContainerState): string {
  if (status !== "running") return "";
  const published = network?.ports ?? [];
  const taken = new Set(published.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`));
  const exposed = Object.keys(record.config.ExposedPorts ?? {}).filter((port) => !taken.has(port));
  return [...published.flatMap(publishedText), ...(record.network === "host" ? [] : exposed)].join(", ");
}

function publishedText({ hostAddress, hostPort, containerPort, protocol }: PortMapping): readonly string[] {
  const to = `${hostPort}->${containerPort}/${protocol}`;
  if (hostAddress === "") return [`0.0.0.0:${to}`, `:::${to}`];
  return [`${hostAddress}:${to}`];
}

/** Docker's width of the COMMAND column. */
export const commandCell = (command: string, whole: boolean): string =>
  JSON.stringify(whole ? command : ellipsis(command, 20)).replaceAll("\\u2026", "…");
