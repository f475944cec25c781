import { TsdockError } from "../errors/tsdock-error.ts";
import { parseUntil } from "./image-filters.ts";
import type { ContainerRecord, ContainerState } from "../run/state/container-record.ts";

interface Known {
  readonly record: ContainerRecord;
  readonly state: ContainerState;
}

type ContainerFilter = (container: Known) => boolean;

const statuses = ["created", "restarting", "running", "removing", "exited", "paused", "dead"];
const healths = ["starting", "healthy", "unhealthy", "none"];

/** `--filter KEY=VALUE`, all of them: values of one key are alternatives, except labels. Error `FILTER_INVALID`. */
export function containerFilter(filters: readonly string[], all: readonly Known[]): ContainerFilter {
  const byKey = new Map<string, string[]>();
  for (const text of filters) {
    const at = text.indexOf("=");
    if (at <= 0) throw invalid(`--filter ${text} is not KEY=VALUE`);
    const key = text.slice(0, at);
    byKey.set(key, [...(byKey.get(key) ?? []), text.slice(at + 1)]);
  }
  const tests = [...byKey].map(([key, values]): ContainerFilter => {
    const one = values.map((value) => filterOf(key, value, all));
    return (container) =>
      key === "label" ? one.every((test) => test(container)) : one.some((test) => test(container));
  });
  return (container) => tests.every((test) => test(container));
}

function filterOf(key: string, value: string, all: readonly Known[]): ContainerFilter {
  switch (key) {
    case "id":
      return ({ record }) => record.id.startsWith(value);
    case "name":
      return nameFilter(value);
    case "label":
      return labelFilter(value);
    case "status":
      oneOf(value, statuses, "status");
      return ({ state }) => state.status === value;
    case "exited":
      if (!/^-?\d+$/.test(value)) throw invalid(`--filter exited=${value} is no exit code`);
      return ({ state }) => state.status === "exited" && state.exitCode === Number(value);
    case "health":
      oneOf(value, healths, "health");
      return ({ state }) => (state.health?.status ?? "none") === value;
    case "ancestor":
      return ({ record }) => isOf(record, value);
    case "network":
      return ({ record }) => record.network === value;
    case "volume":
      return ({ record }) =>
        record.mounts.some(
          (mount) =>
            mount.target === value ||
            (mount.type === "volume" && mount.name === value) ||
            (mount.type === "bind" && mount.source === value),
        );
    case "publish":
      return portFilter(key, value, ({ state }) =>
        (state.status === "running" ? (state.network?.ports ?? []) : []).map(
          ({ hostPort, protocol }) => `${hostPort}/${protocol}`,
        ),
      );
    case "expose":
      return portFilter(key, value, ({ record }) => [
        ...record.ports.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`),
        ...Object.keys(record.config.ExposedPorts ?? {}),
      ]);
    case "before":
    case "since": {
      const other = all.find(({ record }) => record.name === value || record.id.startsWith(value));
      if (other === undefined) throw invalid(`--filter ${key}=${value}: there is no container ${value}`);
      const limit = other.record.created;
      return ({ record }) => (key === "before" ? record.created < limit : record.created > limit);
    }
    default:
      throw invalid(`there is no filter ${key}`);
  }
}

/** `80`, `53/udp`, `8000-8010/tcp`: one of a container's ports is among them. */
function portFilter(
  key: string,
  value: string,
  portsOf: (container: Known) => readonly string[],
): ContainerFilter {
  const [, first = "", last = first, type = "tcp"] =
    /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp))?$/.exec(value) ?? [];
  if (first === "" || Number(last) < Number(first))
    throw invalid(`--filter ${key}=${value} is no port or range of ports`);
  return (container) =>
    portsOf(container).some((port) => {
      const [number = "", protocol] = port.split("/");
      return protocol === type && Number(number) >= Number(first) && Number(number) <= Number(last);
    });
}

/** A regular expression that may match anywhere in the name, as docker has it. */
function nameFilter(value: string): ContainerFilter {
  try {
    const pattern = new RegExp(value.replace(/^\^\//, "^"));
    return ({ record }) => pattern.test(record.name);
  } catch (error) {
    throw invalid(`--filter name=${value} is no pattern: ${(error as Error).message}`);
  }
}

function labelFilter(value: string): ContainerFilter {
  const at = value.indexOf("=");
  const key = at < 0 ? value : value.slice(0, at);
  return ({ record }) => {
    const found = record.config.Labels?.[key];
    return found !== undefined && (at < 0 || found === value.slice(at + 1));
  };
}

function isOf({ image }: ContainerRecord, value: string): boolean {
  const id = image.id.slice("sha256:".length);
  const isId = /^(?:sha256:)?[0-9a-f]{4,64}$/.test(value) && id.startsWith(value.replace("sha256:", ""));
  return isId || image.reference === value || image.reference === `${value}:latest`;
}

function oneOf(value: string, allowed: readonly string[], key: string): void {
  if (!allowed.includes(value)) throw invalid(`--filter ${key}=${value}: it is one of ${allowed.join(", ")}`);
}

/** What `container prune` knows: `until=`, `label=`, `label!=`. Error `FILTER_INVALID`. */
export function pruneFilter(filters: readonly string[], now: number): ContainerFilter {
  const tests = filters.map((text): ContainerFilter => {
    const [, key = "", value = ""] = /^(label!?|until)=(.*)$/s.exec(text) ?? [];
    if (key === "label") return labelFilter(value);
    if (key === "label!") {
      const has = labelFilter(value);
      return (container) => !has(container);
    }
    if (key === "until") {
      const limit = parseUntil(value, now);
      return ({ record }) => Date.parse(record.created) < limit;
    }
    throw new TsdockError("FILTER_INVALID", `--filter ${text} is no filter here`, {
      hint: "write until=24h, label=KEY[=VALUE] or label!=KEY[=VALUE]",
    });
  });
  return (container) => tests.every((test) => test(container));
}

const invalid = (message: string): TsdockError =>
  new TsdockError("FILTER_INVALID", message, {
    hint: "write id=, name=, label=KEY[=VALUE], status=, exited=, health=, ancestor=IMAGE, network=, volume=, publish=, expose=, before= or since=CONTAINER",
  });
