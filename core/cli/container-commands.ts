import type { ArgumentSpec, CommandSpec, OptionSpec } from "./command.ts";
import { format, inspectFormat, reference } from "./common-options.ts";
import { createOptions, runOptions } from "./container-options.ts";

const container: ArgumentSpec = { form: "<container>", summary: "name, id, or the beginning of an id" };
const containers: ArgumentSpec = { form: "<containers...>", summary: container.summary };
const containerSize: OptionSpec = {
  flags: "-s, --size",
  summary: "tell how many bytes a container wrote, and has with its image",
};
const time: readonly OptionSpec[] = [
  { flags: "-t, --time <seconds>", summary: "how long to wait before killing" },
  { flags: "--timeout <seconds>", summary: "newer name of --time", hidden: true },
];

/** Commands of containers, as docker users know them. */
export const containerCommands: readonly CommandSpec[] = [
  {
    name: "run",
    aliases: ["container run"],
    summary: "run a container of an image",
    arguments: [reference, { form: "[args...]", summary: "replace the image's CMD" }],
    options: runOptions,
    passThrough: true,
    load: async () => (await import("./commands/run.ts")).run,
  },
  {
    name: "create",
    aliases: ["container create"],
    summary: "make a container of an image, for start",
    arguments: [reference, { form: "[args...]", summary: "replace the image's CMD" }],
    options: createOptions,
    passThrough: true,
    load: async () => (await import("./commands/create.ts")).create,
  },
  {
    name: "ps",
    aliases: ["container ls", "container ps", "container list"],
    summary: "list containers",
    arguments: [],
    options: [
      { flags: "-a, --all", summary: "those that do not run too" },
      { flags: "-q, --quiet", summary: "only ids" },
      { flags: "-l, --latest", summary: "only the newest, whatever its state" },
      { flags: "-n, --last <n>", summary: "only the newest so many, whatever their state" },
      {
        flags: "-f, --filter <key=value>",
        summary: "only those that match: status=exited, name=…",
        many: true,
      },
      { flags: "--no-trunc", summary: "show whole ids and commands" },
      { flags: "-s, --size", summary: "show how much they wrote, and with their image" },
      format,
    ],
    load: async () => (await import("./commands/ps.ts")).ps,
  },
  {
    name: "logs",
    aliases: ["container logs"],
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
    aliases: ["container stop"],
    summary: "ask containers to end, and kill those that do not",
    arguments: [containers],
    options: time,
    load: async () => (await import("./commands/stop.ts")).stop,
  },
  {
    name: "kill",
    aliases: ["container kill"],
    summary: "send a signal to containers",
    arguments: [containers],
    options: [{ flags: "-s, --signal <signal>", summary: "name or number (default: KILL)" }],
    load: async () => (await import("./commands/kill.ts")).kill,
  },
  {
    name: "start",
    aliases: ["container start"],
    summary: "start containers that do not run",
    arguments: [containers],
    options: [
      { flags: "-a, --attach", summary: "show what one writes, and end with its exit code" },
      { flags: "-i, --interactive", summary: "the same, and give it standard input" },
    ],
    load: async () => (await import("./commands/start.ts")).start,
  },
  {
    name: "restart",
    aliases: ["container restart"],
    summary: "stop containers and start them again",
    arguments: [containers],
    options: time,
    load: async () => (await import("./commands/restart.ts")).restart,
  },
  {
    name: "wait",
    aliases: ["container wait"],
    summary: "wait until containers have ended, and print their exit codes",
    arguments: [containers],
    options: [],
    load: async () => (await import("./commands/wait.ts")).wait,
  },
  {
    name: "port",
    aliases: ["container port"],
    summary: "show where a container's ports are published",
    arguments: [container, { form: "[port]", summary: "only this one: 80, or 53/udp" }],
    options: [],
    load: async () => (await import("./commands/port.ts")).port,
  },
  {
    name: "exec",
    aliases: ["container exec"],
    summary: "run a command in a container that runs",
    arguments: [container, { form: "<command...>", summary: "the command and its arguments" }],
    options: [
      { flags: "-d, --detach", summary: "leave it to itself" },
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
    name: "cp",
    aliases: ["container cp"],
    summary: "copy files between a container and this machine",
    arguments: [
      { form: "<source>", summary: "CONTAINER:PATH, a path here, or - for a tar on standard input" },
      { form: "<destination>", summary: "CONTAINER:PATH, a path here, or - for a tar on standard output" },
    ],
    options: [
      { flags: "-a, --archive", summary: "keep owners and set-id bits" },
      { flags: "-L, --follow-link", summary: "copy what a link at the source's end leads to" },
      { flags: "-q, --quiet", summary: "do not tell a terminal how much was copied" },
    ],
    load: async () => (await import("./commands/cp.ts")).cp,
  },
  {
    name: "inspect",
    summary: "print everything known of containers, images, networks or volumes, as docker does",
    arguments: [{ form: "<names...>", summary: "names or ids" }],
    options: [
      inspectFormat,
      {
        flags: "--type <kind>",
        summary: "what it is (default: the first that has the name, in this order)",
        choices: ["container", "image", "network", "volume"],
      },
      containerSize,
    ],
    load: async () => (await import("./commands/inspect.ts")).inspect,
  },
  {
    name: "container inspect",
    summary: "print everything known of containers, as docker does",
    arguments: [containers],
    options: [inspectFormat, containerSize],
    load: async () => (await import("./commands/container-inspect.ts")).containerInspect,
  },
  {
    name: "stats",
    aliases: ["container stats"],
    summary: "show what containers use",
    arguments: [{ form: "[containers...]", summary: "names or ids (default: all that run)" }],
    options: [
      { flags: "-a, --all", summary: "those that do not run too" },
      { flags: "--no-stream", summary: "show it once" },
      { flags: "--no-trunc", summary: "show whole ids" },
      format,
    ],
    load: async () => (await import("./commands/stats.ts")).stats,
  },
  {
    name: "top",
    aliases: ["container top"],
    summary: "show the processes of a container",
    arguments: [container, { form: "[options...]", summary: "those of ps(1) (default: -ef)" }],
    options: [],
    passThrough: true,
    load: async () => (await import("./commands/top.ts")).top,
  },
  {
    name: "rename",
    aliases: ["container rename"],
    summary: "give a container another name",
    arguments: [container, { form: "<name>", summary: "its new name" }],
    options: [],
    load: async () => (await import("./commands/rename.ts")).rename,
  },
  {
    name: "container prune",
    summary: "remove all containers that do not run",
    arguments: [],
    options: [
      { flags: "-f, --force", summary: "do not ask" },
      {
        flags: "--filter <key=value>",
        summary: "until=24h, label=KEY[=VALUE], label!=KEY[=VALUE]",
        many: true,
      },
    ],
    load: async () => (await import("./commands/container-prune.ts")).containerPrune,
  },
  {
    name: "rm",
    aliases: ["container rm", "container remove"],
    summary: "remove containers",
    arguments: [containers],
    options: [
      { flags: "-f, --force", summary: "kill those that run" },
      { flags: "-v, --volumes", summary: "remove their anonymous volumes too" },
    ],
    load: async () => (await import("./commands/rm.ts")).rm,
  },
];
