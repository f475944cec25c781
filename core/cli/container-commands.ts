import type { ArgumentSpec, CommandSpec, OptionSpec } from "./command.ts";
import { format, platform, reference } from "./common-options.ts";

const container: ArgumentSpec = { form: "<container>", summary: "name, id, or the beginning of an id" };
const containers: ArgumentSpec = { form: "<containers...>", summary: container.summary };
const time: OptionSpec = { flags: "-t, --time <seconds>", summary: "how long to wait before killing" };

/** Commands of containers, as docker users know them. */
export const containerCommands: readonly CommandSpec[] = [
  {
    name: "run",
    summary: "run a container of an image",
    arguments: [reference, { form: "[args...]", summary: "replace the image's CMD" }],
    options: [
      { flags: "-d, --detach", summary: "leave the container to itself and print its id" },
      { flags: "-i, --interactive", summary: "give it standard input" },
      { flags: "-t, --tty", summary: "give it a terminal" },
      { flags: "--name <name>", summary: "its name (default: made up)" },
      { flags: "--rm", summary: "remove the container when it ends" },
      {
        flags: "-e, --env <name[=value]>",
        summary: "set a variable; without a value, pass ours on",
        many: true,
      },
      { flags: "--env-file <file>", summary: "set the variables of a file", many: true },
      { flags: "-v, --volume <[src:]dst[:ro]>", summary: "bind a path, or mount a volume", many: true },
      { flags: "--tmpfs <dst[:options]>", summary: "a file system in memory", many: true },
      { flags: "-p, --publish <[ip:]host:container[/udp]>", summary: "forward a port to it", many: true },
      { flags: "-P, --publish-all", summary: "forward a free port to each that the image exposes" },
      { flags: "--network <network>", summary: "bridge, host, none or a network's name (default: bridge)" },
      { flags: "-w, --workdir <dir>", summary: "working directory" },
      { flags: "-u, --user <user>", summary: "user[:group] by name or number" },
      { flags: "--entrypoint <command>", summary: "replace the image's ENTRYPOINT" },
      { flags: "--hostname <name>", summary: "the container's host name" },
      { flags: "--read-only", summary: "its root file system cannot be written to" },
      {
        flags: "--restart <policy>",
        summary: "no, always, unless-stopped or on-failure[:N] (default: no)",
      },
      { flags: "--stop-signal <signal>", summary: "what stop sends first (default: the image's, or TERM)" },
      { flags: "--stop-timeout <seconds>", summary: "how long stop waits before it kills (default: 10)" },
      { flags: "--runtime <name>", summary: "what runs the container", choices: ["crun", "runc", "kernel"] },
      platform,
    ],
    passThrough: true,
    load: async () => (await import("./commands/run.ts")).run,
  },
  {
    name: "ps",
    summary: "list containers",
    arguments: [],
    options: [
      { flags: "-a, --all", summary: "those that do not run too" },
      { flags: "-q, --quiet", summary: "only ids" },
      { flags: "-l, --latest", summary: "only the newest, whatever its state" },
      { flags: "-n, --last <n>", summary: "only the newest so many, whatever their state" },
      { flags: "--filter <key=value>", summary: "only those that match: status=exited, name=…", many: true },
      { flags: "--no-trunc", summary: "show whole ids and commands" },
      format,
    ],
    load: async () => (await import("./commands/ps.ts")).ps,
  },
  {
    name: "logs",
    summary: "show what a container wrote",
    arguments: [container],
    options: [
      { flags: "-f, --follow", summary: "go on until it ends" },
      { flags: "--since <time>", summary: "only what is newer: 10m, or a time" },
      { flags: "--until <time>", summary: "only what is older" },
      { flags: "-n, --tail <n>", summary: "only the last lines (default: all)" },
      { flags: "-t, --timestamps", summary: "put the time before each line" },
    ],
    load: async () => (await import("./commands/logs.ts")).logs,
  },
  {
    name: "stop",
    summary: "ask containers to end, and kill those that do not",
    arguments: [containers],
    options: [time],
    load: async () => (await import("./commands/stop.ts")).stop,
  },
  {
    name: "kill",
    summary: "send a signal to containers",
    arguments: [containers],
    options: [{ flags: "-s, --signal <signal>", summary: "name or number (default: KILL)" }],
    load: async () => (await import("./commands/kill.ts")).kill,
  },
  {
    name: "rm",
    summary: "remove containers",
    arguments: [containers],
    options: [
      { flags: "-f, --force", summary: "kill those that run" },
      { flags: "-v, --volumes", summary: "remove their anonymous volumes too" },
    ],
    load: async () => (await import("./commands/rm.ts")).rm,
  },
];
