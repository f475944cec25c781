import { afterAll, beforeAll, expect, it } from "vitest";
import { buildBox } from "../../support/box-image.ts";
import { type CliResult, CliWorkspace } from "../../support/cli.ts";
import { mustRun, removeAll } from "../../support/container-home.ts";
import type { Dockerd } from "../../support/dockerd.ts";
import { differences, expectListed, type Json } from "../../support/listed-differences.ts";

const settings = [
  ...[
    "--network",
    "none",
    "--memory",
    "64m",
    "--pids-limit",
    "50",
    "--cap-add",
    "NET_ADMIN",
    "--cap-drop",
    "CHOWN",
  ],
  ...["--restart", "on-failure:2", "--read-only", "--init", "--ulimit", "nofile=100", "--group-add", "50"],
  ...["-e", "X=1", "-l", "a=b", "--hostname", "hh", "--add-host", "x:192.0.2.4", "--dns", "192.0.2.9"],
  ...["--stop-timeout", "3", "-w", "/tmp", "-v", "/anonymous", "-v", "/etc:/bound:ro", "-p", "80"],
];

/** One command, and what is compared besides its exit code: what it writes to standard output, without ids, times and numbers of processes. */
const commands: readonly (readonly string[])[] = [
  [
    "create",
    "--name",
    "c1",
    "-i",
    "--network",
    "none",
    "-l",
    "k=v",
    "box",
    "sh",
    "-c",
    "echo out; echo err >&2; exit 3",
  ],
  [
    "ps",
    "-a",
    "--format",
    "{{.Names}} {{.Command}} {{.Labels}} {{.State}} {{.Status}} {{.Networks}} {{.Ports}} {{.Image}}",
  ],
  ["inspect", "-f", "{{.State.Status}} {{.State.StartedAt}} {{.State.Pid}} {{.RestartCount}}", "c1"],
  ["logs", "c1"],
  ["start", "-a", "c1"],
  ["wait", "c1", "nobody", "c1"],
  ["logs", "--tail", "-1", "c1"],
  ["logs", "-t", "--since", "1h", "c1"],
  ["logs", "--until", "1h", "c1"],
  ["ps", "-as", "--format", "{{.Names}} {{.Size}}"],
  ["rename", "c1", "c2"],
  ["rename", "c2", "c2"],
  ["inspect", "-f", "{{.Name}} {{.State.ExitCode}}", "c2", "nobody"],
  ["inspect", "-f", "{{.Id}} {{.Config.Cmd}}", "box"],
  ["inspect", "--type", "container", "box"],
  ["run", "-d", "--name", "up", "--network", "none", "box", "sleep", "300"],
  ["top", "up", "-eo", "pid,args"],
  ["exec", "up", "sh", "-c", "id; exit 7"],
  ["exec", "up", "/etc/passwd"],
  ["exec", "-u", "nobody-here", "up", "true"],
  ["exec", "-w", "/nowhere", "up", "true"],
  ["exec", "-t", "up", "tty"],
  ["exec", "-d", "up", "true"],
  ["stats", "--no-stream", "--format", "{{.Container}} {{.Name}} {{.PIDs}}", "up"],
  ["stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}} {{.CPUPerc}} {{.NetIO}}", "c2"],
  ["kill", "-s", "USR1", "up"],
  ["port", "up", "80"],
  ["cp", "up:/nothing", "/tmp/nothing"],
  ["rm", "up"],
  ["stop", "-t", "0", "up"],
  [
    "run",
    "--rm",
    "--network",
    "none",
    "-u",
    "ann",
    "--group-add",
    "77",
    "--ulimit",
    "nofile=64",
    "box",
    "sh",
    "-c",
    "id; ulimit -n",
  ],
  ["run", "--rm", "--network", "none", "--pids-limit", "1", "box", "true"],
  ["run", "--rm", "--network", "none", "--no-healthcheck", "--health-cmd", "x", "box", "true"],
  ["run", "--rm", "--network", "none", "box", "nothing"],
  ["ps", "--filter", "publish=80", "-q"],
  ["ps", "-a", "--filter", "exited=3", "--format", "{{.Names}}"],
  ["volume", "create", "-d", "local", "--label", "a=b", "v1"],
  ["volume", "inspect", "-f", "{{json .Labels}} {{json .Options}} {{.Scope}}", "v1", "nothing"],
  ["volume", "ls", "--filter", "dangling=true", "--format", "{{.Driver}} {{.Labels}} {{.Name}}"],
  ["volume", "prune", "-f", "--filter", "label=none"],
  ["volume", "rm", "-f", "v1", "nothing"],
  ["network", "ls", "--filter", "type=builtin", "--filter", "name=host", "--format", "{{.Name}} {{.Driver}}"],
  ["container", "prune", "-f", "--filter", "until=1h"],
  ["rm", "-f", "c2", "up"],
];

/** Commands of containers beside those of docker, one after the other. */
export function compareContainers(parts: () => { readonly daemon: Dockerd; readonly home: string }): void {
  let here: CliWorkspace;

  beforeAll(async () => {
    here = new CliWorkspace(parts().home);
    await buildBox(here);
    await mustRun(here, "image", "save", "-o", "box.tar", "box");
    parts().daemon.docker("load", "--input", here.path("box.tar"));
  });
  afterAll(async () => {
    await removeAll(here);
    await here[Symbol.asyncDispose]();
  });

  it("write the same and end with the same codes", { timeout: 120_000 }, async () => {
    for (const args of commands) {
      const theirs = parts().daemon.attempt(...args);
      const ours = await here.run(args);
      expect(seen(ours), args.join(" ")).toEqual(seen(theirs));
      if (theirs.stderr !== "") expect(ours.stderr, args.join(" ")).not.toBe("");
    }
  });

  it("inspect differs in what the page lists, and in nothing else", { timeout: 60_000 }, async () => {
    const of = (text: string): Json => withoutIds((JSON.parse(text) as Json[])[0] ?? null);
    const args = ["--name", "all", ...settings, "box", "sleep", "300"];
    const { daemon } = parts();
    daemon.docker("run", "-d", ...args);
    await mustRun(here, "run", "-d", ...args);
    const [ours, theirs] = [await mustRun(here, "inspect", "all"), daemon.docker("inspect", "all")];
    daemon.docker("rm", "-fv", "all");
    await mustRun(here, "rm", "-fv", "all");
    expectListed(differences(of(ours), of(theirs)), "inspect");
  });
}

/** What is another in each container, whoever made it. */
const own = new Set([
  "Id",
  "Created",
  "Pid",
  "StartedAt",
  "Source",
  "SandboxID",
  "NetworkID",
  "EndpointID",
  "ResolvConfPath",
  "HostsPath",
  "HostnamePath",
  "LogPath",
  "SandboxKey",
]);

function withoutIds(value: Json): Json {
  if (Array.isArray(value)) {
    const items = (value as readonly Json[]).map(withoutIds);
    return items.every((item) => typeof item === "object") ? [...items].sort(byText) : items;
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value as { readonly [key: string]: Json });
  const named = entries.map(([key, item]) => {
    const isId = own.has(key) || (key === "Name" && typeof item === "string" && /^[0-9a-f]{64}$/.test(item));
    return [key, isId ? "ID" : withoutIds(item)] as const;
  });
  return Object.fromEntries(named.sort(([a], [b]) => Number(a > b) - Number(a < b)));
}

const byText = (a: Json, b: Json): number =>
  Number(JSON.stringify(a) > JSON.stringify(b)) - Number(JSON.stringify(a) < JSON.stringify(b));

/** Docker writes on standard output why a runtime did not begin a command; ours is an error like others. */
function seen({ exitCode, stdout }: CliResult): Pick<CliResult, "exitCode" | "stdout"> {
  const plain = stdout
    .replaceAll(/^(?:OCI runtime|unable to find user).*\r?\n/gm, "")
    .replaceAll(/\b(?:[0-9a-f]{64}|[0-9a-f]{12})\b/g, "ID")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replaceAll(/^\d+ +(?=sleep)/gm, "PID ");
  return { exitCode, stdout: plain };
}
