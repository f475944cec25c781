import type { ArgumentSpec, CommandSpec, OptionSpec } from "./command.ts";
import { format, inspectFormat, platform, reference } from "./common-options.ts";

const container: ArgumentSpec = { form: "<container>", summary: "name, id, or the beginning of an id" };
const containers: ArgumentSpec = { form: "<containers...>", summary: container.summary };
const time: OptionSpec = { flags: "-t, --time <seconds>", summary: "how long to wait before killing" };

/** What a container can be given, whoever starts it. */
export const containerSettings: readonly OptionSpec[] = [
  { flags: "--name <name>", summary: "its name (default: made up)" },
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
  {
    flags: "--network <network>",
    summary: "bridge, host, none, a network's name, or container:NAME (default: bridge)",
  },
  { flags: "-w, --workdir <dir>", summary: "working directory" },
  { flags: "-u, --user <user>", summary: "user[:group] by name or number" },
  { flags: "--entrypoint <command>", summary: "replace the image's ENTRYPOINT" },
  { flags: "--hostname <name>", summary: "the container's host name" },
  { flags: "--read-only", summary: "its root file system cannot be written to" },
  { flags: "-l, --label <name=value>", summary: "describe it", many: true },
  { flags: "--memory <size>", summary: "how much memory it may use: 512m" },
  { flags: "--cpus <n>", summary: "how many processors it may use: 1.5" },
  { flags: "--pids-limit <n>", summary: "how many processes it may have" },
  { flags: "--cap-add <capability>", summary: "give it a capability", many: true },
  { flags: "--cap-drop <capability>", summary: "take a capability from it", many: true },
  { flags: "--init", summary: "run a first process that reaps and passes signals on" },
  { flags: "--health-cmd <command>", summary: "what tells whether it is well" },
  { flags: "--health-interval <duration>", summary: "time between checks (default: 30s)" },
  { flags: "--health-timeout <duration>", summary: "how long a check may take (default: 30s)" },
  { flags: "--health-start-period <duration>", summary: "failures do not count so long after its start" },
  { flags: "--health-retries <n>", summary: "so many failures make it unhealthy (default: 3)" },
  { flags: "--no-healthcheck", summary: "do not check it" },
  { flags: "--stop-signal <signal>", summary: "what stop sends first (default: the image's, or TERM)" },
  { flags: "--stop-timeout <seconds>", summary: "how long stop waits before it kills (default: 10)" },
];

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
      { flags: "--rm", summary: "remove the container when it ends" },
      {
        flags: "--restart <policy>",
        summary: "no, always, unless-stopped or on-failure[:N] (default: no)",
      },
      ...containerSettings,
      { flags: "--runtime <name>", summary: "what runs the container", choices: ["crun", "runc", "kernel"] },
      {
        flags: "--engine <name>",
        summary: "load the image into another engine and run it there",
        choices: ["docker", "podman"],
      },
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
    name: "start",
    summary: "start containers that have ended",
    arguments: [containers],
    options: [{ flags: "-a, --attach", summary: "show what one writes, and end with its exit code" }],
    load: async () => (await import("./commands/start.ts")).start,
  },
  {
    name: "restart",
    summary: "stop containers and start them again",
    arguments: [containers],
    options: [time],
    load: async () => (await import("./commands/restart.ts")).restart,
  },
  {
    name: "wait",
    summary: "wait until containers have ended, and print their exit codes",
    arguments: [containers],
    options: [],
    load: async () => (await import("./commands/wait.ts")).wait,
  },
  {
    name: "port",
    summary: "show where a container's ports are published",
    arguments: [container, { form: "[port]", summary: "only this one: 80, or 53/udp" }],
    options: [],
    load: async () => (await import("./commands/port.ts")).port,
  },
  {
    name: "exec",
    summary: "run a command in a container that runs",
    arguments: [container, { form: "<command...>", summary: "the command and its arguments" }],
    options: [
      { flags: "-i, --interactive", summary: "give it standard input" },
      { flags: "-t, --tty", summary: "give it a terminal" },
      { flags: "-e, --env <name[=value]>", summary: "set a variable", many: true },
      { flags: "--env-file <file>", summary: "set the variables of a file", many: true },
      { flags: "-u, --user <user>", summary: "user[:group] by name or number" },
      { flags: "-w, --workdir <dir>", summary: "working directory" },
    ],
    passThrough: true,
    load: async () => (await import("./commands/exec.ts")).exec,
  },
  {
    name: "inspect",
    summary: "print everything known of containers, as docker does",
    arguments: [containers],
    options: [inspectFormat],
    load: async () => (await import("./commands/inspect.ts")).inspect,
  },
  {
    name: "stats",
    summary: "show what containers use",
    arguments: [{ form: "[containers...]", summary: "names or ids (default: all that run)" }],
    options: [
      { flags: "--no-stream", summary: "show it once" },
      { flags: "--no-trunc", summary: "show whole ids" },
      format,
    ],
    load: async () => (await import("./commands/stats.ts")).stats,
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
