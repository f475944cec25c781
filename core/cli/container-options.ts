import type { OptionSpec } from "./command.ts";
import { platform } from "./common-options.ts";

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
  {
    flags: "--mount <spec>",
    summary: "type=bind|volume|tmpfs,src=…,dst=…[,ro]; what is bound must be there",
    many: true,
  },
  { flags: "--volumes-from <container[:ro]>", summary: "mount what another container mounts", many: true },
  { flags: "--shm-size <size>", summary: "how large /dev/shm is (default: 64m)" },
  { flags: "--tmpfs <dst[:options]>", summary: "a file system in memory", many: true },
  { flags: "-p, --publish <[ip:]host:container[/udp]>", summary: "forward a port to it", many: true },
  { flags: "-P, --publish-all", summary: "forward a free port to each that the image exposes" },
  { flags: "--expose <port[/udp]>", summary: "ports for -P besides those of the image", many: true },
  {
    flags: "--network <network>",
    summary: "bridge, host, none, a network's name, or container:NAME (default: bridge)",
  },
  { flags: "--net <network>", summary: "older name of --network", hidden: true },
  { flags: "--network-alias <name>", summary: "another name of it on its network", many: true },
  {
    flags: "--add-host <name:address>",
    summary: "a line of its /etc/hosts; host-gateway is this machine",
    many: true,
  },
  { flags: "--dns <address>", summary: "ask this nameserver instead of those of this machine", many: true },
  { flags: "-w, --workdir <dir>", summary: "working directory" },
  { flags: "-u, --user <user>", summary: "user[:group] by name or number" },
  { flags: "--entrypoint <command>", summary: "replace the image's ENTRYPOINT" },
  { flags: "-h, --hostname <name>", summary: "the container's host name" },
  { flags: "--read-only", summary: "its root file system cannot be written to" },
  { flags: "-l, --label <name=value>", summary: "describe it", many: true },
  { flags: "-m, --memory <size>", summary: "how much memory it may use: 512m" },
  { flags: "--cpus <n>", summary: "how many processors it may use: 1.5" },
  { flags: "--pids-limit <n>", summary: "how many processes it may have" },
  { flags: "--cap-add <capability>", summary: "give it a capability", many: true },
  { flags: "--cap-drop <capability>", summary: "take a capability from it", many: true },
  { flags: "--group-add <group>", summary: "another group of its user, by name or number", many: true },
  {
    flags: "--ulimit <name=soft[:hard]>",
    summary: "a limit of each process: nofile=1024; -1 is none",
    many: true,
  },
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

/** What else `run` and `create` are told of a new one. */
const newContainer: readonly OptionSpec[] = [
  { flags: "-i, --interactive", summary: "give it standard input" },
  { flags: "-t, --tty", summary: "give it a terminal" },
  { flags: "--rm", summary: "remove the container when it ends" },
  {
    flags: "--pull <when>",
    summary: "always, missing or never (default: missing)",
    choices: ["always", "missing", "never"],
  },
  { flags: "--cidfile <file>", summary: "write the container's id to a file that is not there yet" },
  {
    flags: "--restart <policy>",
    summary: "no, always, unless-stopped or on-failure[:N] (default: no)",
  },
  ...containerSettings,
  { flags: "--runtime <name>", summary: "what runs the container", choices: ["crun", "runc", "kernel"] },
];

/** Of `create`. */
export const createOptions: readonly OptionSpec[] = [...newContainer, platform];

/** Of `run`; the programs' first lines read them too (`shell-begin.ts`). */
export const runOptions: readonly OptionSpec[] = [
  { flags: "-d, --detach", summary: "leave the container to itself and print its id" },
  ...newContainer,
  {
    flags: "--engine <name>",
    summary: "load the image into another engine and run it there",
    choices: ["docker", "podman"],
  },
  platform,
];
