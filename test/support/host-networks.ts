import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { findProgram } from "./requires.ts";

const cli = path.resolve(import.meta.dirname, "../../dist/cli.cjs");

/** Takes down what containers of a home left for the next: its bridges and its table. Before the home is removed. */
export function takeDownNetworks(home: string): void {
  if (process.geteuid?.() !== 0 || !fs.existsSync(path.join(home, "data", "networks"))) return;
  const env = { ...process.env, TSDOCK_HOME: home, NO_COLOR: "1" };
  const { status, stderr } = spawnSync(process.execPath, [cli, "network", "prune", "-f"], {
    env,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`tsdock network prune -f: ${stderr}`);
}

interface Link {
  readonly ifname: string;
  readonly ifalias?: string;
  readonly master?: string;
}

const output = (name: string, ...args: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync(findProgram(name) ?? name, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${name} ${args.join(" ")}: ${stderr}`);
  return stdout;
};

/** What containers of a home have on this machine's network: links on its bridges, and elements of its table's port maps. */
export function containersOnHost(home: string): readonly string[] {
  const links = JSON.parse(output("ip", "-json", "link")) as readonly Link[];
  const bridges = links.filter(({ ifalias }) => ifalias === home).map(({ ifname }) => ifname);
  const connected = links.filter(({ master = "" }) => bridges.includes(master)).map(({ ifname }) => ifname);
  const definitions = JSON.parse(fs.readFileSync(path.join(home, "data/networks/networks.json"), "utf8")) as {
    readonly home: string;
  };
  const ports = ["ports", "bound"].flatMap((map) => {
    const text = output("nft", "list", "map", "ip", `tsdock-${definitions.home}`, map);
    return /elements = \{([^}]*)\}/.exec(text)?.[1]?.trim().split(/,\s*/) ?? [];
  });
  return [...connected, ...ports];
}

/** Cgroups of containers by the beginnings of their ids. */
export function cgroupsOf(ids: readonly string[]): readonly string[] {
  const root = "/sys/fs/cgroup";
  const names = new Set(ids.map((id) => id.slice(0, 12)));
  return ["", ...fs.readdirSync(root)].flatMap((controller) => {
    const directory = path.join(root, controller, "tsdock");
    if (!fs.existsSync(directory)) return [];
    return fs
      .readdirSync(directory)
      .filter((name) => names.has(name))
      .map((name) => path.join(directory, name));
  });
}
