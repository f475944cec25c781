import fs from "node:fs";
import path from "node:path";
import type { CliWorkspace } from "./cli.ts";
import { cgroupsOf, containersOnHost } from "./host-networks.ts";
import { lingeringWith } from "./processes.ts";

/** Runs a command that must succeed; gives its standard output. */
export async function mustRun(workspace: CliWorkspace, ...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await workspace.run(args);
  if (exitCode !== 0) throw new Error(`tsdock ${args.join(" ")}: ${exitCode} ${stderr}`);
  return stdout;
}

/** Ids of all containers of a workspace's home, whatever became of them. */
export const containerIds = async (workspace: CliWorkspace): Promise<readonly string[]> =>
  (await mustRun(workspace, "ps", "-aq", "--no-trunc")).split("\n").filter((line) => line !== "");

export const removeAll = async (workspace: CliWorkspace): Promise<void> => {
  const ids = await containerIds(workspace);
  if (ids.length > 0) await mustRun(workspace, "rm", "-f", ...ids);
};

/**
 * Everything that containers of a home may leave: files, names, addresses, links, ports, cgroups (of those that `ids`
 * names), processes, and with those mounts and namespaces.
 */
export async function leftBehind(
  workspace: CliWorkspace,
  ids: readonly string[] = [],
): Promise<readonly string[]> {
  const filesOf = (directory: string): readonly string[] => {
    const place = path.join(workspace.home, directory);
    return fs.existsSync(place) ? fs.readdirSync(place) : [];
  };
  const file = path.join(workspace.home, "data/networks/endpoints.json");
  const { endpoints } = JSON.parse(fs.readFileSync(file, "utf8")) as { endpoints: readonly object[] };
  return [
    ...filesOf("containers"),
    ...filesOf("container-names"),
    ...endpoints.map((endpoint) => JSON.stringify(endpoint)),
    ...containersOnHost(workspace.home),
    ...cgroupsOf(ids),
    ...(await lingeringWith(workspace.home)),
  ];
}
