import type { CommandSpec } from "./command.ts";
import { format, inspectFormat, json, platform, reference } from "./common-options.ts";

const server = { form: "[server]", summary: "HOST[:PORT] of the registry (default: Docker Hub)" };

/** `tsdock image …`, `pull`, `push`, `login`, `logout`. */
export const imageCommands: readonly CommandSpec[] = [
  {
    name: "image ls",
    aliases: ["images", "image list"],
    summary: "list the images of the store",
    arguments: [{ form: "[repository]", summary: "only this repository or REPOSITORY:TAG, with * and ?" }],
    options: [
      { flags: "-a, --all", summary: "also the images of single platforms that an index holds" },
      {
        flags: "-f, --filter <key=value>",
        summary: "reference=PATTERN, dangling=true, label=KEY[=VALUE], before=IMAGE, since=IMAGE, until=24h",
        many: true,
      },
      format,
      { flags: "-q, --quiet", summary: "only ids" },
      { flags: "--digests", summary: "show digests" },
      { flags: "--no-trunc", summary: "show whole ids" },
      json,
    ],
    load: async () => (await import("./commands/image-ls.ts")).imageLs,
  },
  {
    name: "image history",
    aliases: ["history"],
    summary: "show what made each layer of an image",
    arguments: [reference],
    options: [
      format,
      { flags: "-q, --quiet", summary: "only ids" },
      { flags: "--no-trunc", summary: "do not shorten" },
      {
        flags: "--source",
        summary: "show where each instruction was written, from the records of builds here",
      },
      {
        flags: "--human <bool>",
        summary: "sizes and dates for people",
        choices: ["true", "false"],
        default: "true",
      },
      platform,
      json,
    ],
    load: async () => (await import("./commands/image-history.ts")).imageHistory,
  },
  {
    name: "image inspect",
    summary: "print everything known of images, as docker does",
    arguments: [{ form: "<images...>", summary: reference.summary }],
    options: [inspectFormat, platform],
    load: async () => (await import("./commands/image-inspect.ts")).imageInspect,
  },
  {
    name: "image tag",
    aliases: ["tag"],
    summary: "give an image another name",
    arguments: [reference, { form: "<name>", summary: "NAME[:TAG]" }],
    options: [],
    load: async () => (await import("./commands/image-tag.ts")).imageTag,
  },
  {
    name: "image rm",
    aliases: ["rmi", "image remove"],
    summary: "remove names, and images that lost their last one",
    arguments: [{ form: "<images...>", summary: "names or ids" }],
    options: [
      {
        flags: "-f, --force",
        summary: "remove all names of an id, and names of images that containers need",
      },
    ],
    load: async () => (await import("./commands/image-rm.ts")).imageRm,
  },
  {
    name: "image diff",
    summary: "show the files and the configuration that two images do not have alike",
    arguments: [
      { form: "<before>", summary: reference.summary },
      { form: "<after>", summary: reference.summary },
    ],
    options: [platform, json],
    load: async () => (await import("./commands/image-diff.ts")).imageDiff,
  },
  {
    name: "image prune",
    summary: "remove images without a name, and what only they need",
    arguments: [],
    options: [
      { flags: "-a, --all", summary: "also named images that no container uses" },
      { flags: "--filter <key=value>", summary: "until=24h, label=KEY[=VALUE]", many: true },
      { flags: "-f, --force", summary: "do not ask" },
    ],
    load: async () => (await import("./commands/image-prune.ts")).imagePrune,
  },
  {
    name: "image save",
    aliases: ["save"],
    summary: "write images to a tar that docker and skopeo read",
    arguments: [{ form: "<images...>", summary: reference.summary }],
    options: [
      { flags: "-o, --output <file>", summary: "the file (default: standard output)" },
      {
        flags: "--format <format>",
        summary: "archive format",
        choices: ["docker", "oci"],
        default: "docker",
      },
      platform,
    ],
    load: async () => (await import("./commands/image-save.ts")).imageSave,
  },
  {
    name: "image load",
    aliases: ["load"],
    summary: "read images from a tar or an OCI layout",
    arguments: [],
    options: [{ flags: "-i, --input <path>", summary: "file or directory (default: standard input)" }],
    load: async () => (await import("./commands/image-load.ts")).imageLoad,
  },
  {
    name: "image pull",
    aliases: ["pull"],
    summary: "copy an image from a registry to the store",
    arguments: [{ form: "<reference>", summary: "NAME[:TAG|@DIGEST]" }],
    options: [{ flags: "-q, --quiet", summary: "only print the image's name" }, platform],
    load: async () => (await import("./commands/image-pull.ts")).imagePull,
  },
  {
    name: "image push",
    aliases: ["push"],
    summary: "copy an image of the store to a registry",
    arguments: [{ form: "<name>", summary: "NAME[:TAG]; its name says where it goes" }],
    options: [{ flags: "-q, --quiet", summary: "only print the image's name" }, json],
    load: async () => (await import("./commands/image-push.ts")).imagePush,
  },
  {
    name: "login",
    summary: "prove a name and a password to a registry, and keep them",
    arguments: [server],
    options: [
      { flags: "-u, --username <name>", summary: "the name" },
      { flags: "-p, --password <password>", summary: "the password; others on this machine can see it" },
      { flags: "--password-stdin", summary: "take the password from standard input" },
    ],
    load: async () => (await import("./commands/login.ts")).login,
  },
  {
    name: "logout",
    summary: "forget what login kept",
    arguments: [server],
    options: [],
    load: async () => (await import("./commands/logout.ts")).logout,
  },
];
