import type { CommandSpec, OptionSpec } from "./command.ts";
import { format, inspectFormat } from "./common-options.ts";

const filter = (keys: string): OptionSpec => ({
  flags: "-f, --filter <key=value>",
  summary: keys,
  many: true,
});
const label: OptionSpec = { flags: "--label <key=value>", summary: "set a label", many: true };
const driver = (name: string): OptionSpec => ({
  flags: "-d, --driver <name>",
  summary: `${name}, the only one`,
  choices: [name],
});
const pruned = (keys: string): OptionSpec => ({
  flags: "--filter <key=value>",
  summary: `only those that match: ${keys}`,
  many: true,
});
const force: OptionSpec = { flags: "-f, --force", summary: "do not ask" };
const networks = { form: "<networks...>", summary: "names or ids" };
const volumes = { form: "<volumes...>", summary: "names" };

/** `tsdock network …`, `tsdock volume …`. */
export const networkCommands: readonly CommandSpec[] = [
  {
    name: "network ls",
    aliases: ["network list"],
    summary: "list networks",
    arguments: [],
    options: [
      filter(
        "name=TEXT, id=PREFIX, driver=NAME, type=custom|builtin, scope=local, label=KEY[=VALUE], dangling=true",
      ),
      format,
      { flags: "-q, --quiet", summary: "only ids" },
      { flags: "--no-trunc", summary: "show whole ids" },
    ],
    load: async () => (await import("./commands/network-ls.ts")).networkLs,
  },
  {
    name: "network create",
    summary: "make a private network, whose containers know one another by name",
    arguments: [{ form: "<name>", summary: "letters, digits and _.-" }],
    options: [
      { flags: "--subnet <cidr>", summary: "such as 10.99.0.0/24 (default: one that is free)" },
      { flags: "--gateway <address>", summary: "this machine's address there (default: the first)" },
      { flags: "--internal", summary: "without a way to the outside" },
      driver("bridge"),
      label,
    ],
    load: async () => (await import("./commands/network-create.ts")).networkCreate,
  },
  {
    name: "network rm",
    aliases: ["network remove"],
    summary: "remove networks that no container uses",
    arguments: [networks],
    options: [{ flags: "-f, --force", summary: "networks that are not there are no error" }],
    load: async () => (await import("./commands/network-rm.ts")).networkRm,
  },
  {
    name: "network inspect",
    summary: "print everything known of networks, as docker does",
    arguments: [networks],
    options: [inspectFormat],
    load: async () => (await import("./commands/network-inspect.ts")).networkInspect,
  },
  {
    name: "network prune",
    summary: "remove all networks that no container uses, and what containers left that were killed",
    arguments: [],
    options: [force, pruned("until=24h, label=KEY[=VALUE], label!=KEY[=VALUE]")],
    load: async () => (await import("./commands/network-prune.ts")).networkPrune,
  },
  {
    name: "volume ls",
    aliases: ["volume list"],
    summary: "list volumes",
    arguments: [],
    options: [
      filter("name=TEXT, label=KEY[=VALUE], dangling=true"),
      format,
      { flags: "-q, --quiet", summary: "only names" },
    ],
    load: async () => (await import("./commands/volume-ls.ts")).volumeLs,
  },
  {
    name: "volume create",
    summary: "make a volume, which outlives containers",
    arguments: [{ form: "[name]", summary: "letters, digits and _.- (default: a random one)" }],
    options: [driver("local"), label],
    load: async () => (await import("./commands/volume-create.ts")).volumeCreate,
  },
  {
    name: "volume rm",
    aliases: ["volume remove"],
    summary: "remove volumes that no container uses",
    arguments: [volumes],
    options: [{ flags: "-f, --force", summary: "volumes that are not there are no error" }],
    load: async () => (await import("./commands/volume-rm.ts")).volumeRm,
  },
  {
    name: "volume inspect",
    summary: "print everything known of volumes, as docker does",
    arguments: [volumes],
    options: [inspectFormat],
    load: async () => (await import("./commands/volume-inspect.ts")).volumeInspect,
  },
  {
    name: "volume prune",
    summary: "remove anonymous volumes that no container uses",
    arguments: [],
    options: [
      { flags: "-a, --all", summary: "also volumes with names" },
      force,
      pruned("label=KEY[=VALUE], label!=KEY[=VALUE]"),
    ],
    load: async () => (await import("./commands/volume-prune.ts")).volumePrune,
  },
];
