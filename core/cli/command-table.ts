import type { CommandSpec, OptionSpec } from "./command.ts";
import { images, json, platform, reference, set, solving } from "./common-options.ts";
import { containerCommands } from "./container-commands.ts";
import { containerSettings } from "./container-options.ts";
import { exportCommands } from "./export-commands.ts";
import { imageCommands } from "./image-commands.ts";
import { importCommands } from "./import-commands.ts";
import { networkCommands } from "./network-commands.ts";
import { releaseCommands } from "./release-commands.ts";

const storing: readonly OptionSpec[] = [
  { flags: "-t, --tag <name>", summary: "also name the image NAME[:TAG] in the store", many: true },
  { flags: "-o, --output <spec>", summary: "type=oci|docker|local,dest=PATH[,tar=true]", many: true },
  {
    flags: "--load <engine>",
    summary: "also load the images into another engine",
    choices: ["docker", "podman"],
  },
];

const explain: OptionSpec = { flags: "--explain", summary: "say why everything ran that ran" };

export const commands: readonly CommandSpec[] = [
  {
    name: "build",
    summary: "build images of the workspace",
    arguments: [images],
    options: [
      ...solving,
      ...storing,
      { flags: "--metadata-file <file>", summary: "write the JSON document to a file as well" },
      explain,
      { flags: "--verify", summary: "build twice without cache and name the first difference" },
      json,
    ],
    load: async () => (await import("./commands/build.ts")).build,
  },
  {
    name: "watch",
    summary: "build again whenever something changes that the images depend on",
    arguments: [images],
    afterDashes: { form: "args...", summary: "with --run: replace the image's CMD" },
    options: [
      ...solving,
      ...storing,
      explain,
      { flags: "--run", summary: "run a container of the one image, anew when the image is another" },
      { flags: "--poll <ms>", summary: "look at all files so often, where the system tells of no changes" },
      ...containerSettings.map((option) => ({ ...option, summary: `with --run: ${option.summary}` })),
    ],
    load: async () => (await import("./commands/watch.ts")).watch,
  },
  {
    name: "publish",
    summary: "build images and push them: blobs first, tags last",
    arguments: [images],
    options: [
      ...solving,
      {
        flags: "--registry <prefix>",
        summary: "where to: HOST[/PATH] or oci:DIR (default: `registry` of the configuration)",
      },
      {
        flags: "-t, --tag <tag>",
        summary: "tag to publish, instead of those of the configuration",
        many: true,
      },
      { flags: "--immutable", summary: "the tags must never mean another image" },
      {
        flags: "--ref <ref>",
        summary: "what is released: v1.2.3, refs/heads/main (default: what the CI says, else git)",
      },
      { flags: "--revision <commit>", summary: "the commit that is released (default: what is checked out)" },
      {
        flags: "--release <file>",
        summary: "what a release tool releases, as JSON: changesets, release-please, semantic-release",
      },
      { flags: "--allow-dirty", summary: "immutable tags also where files differ from the commit" },
      { flags: "--only-changed", summary: "leave out images that are published already" },
      { flags: "--since <ref>", summary: "leave out images that nothing since this commit affects" },
      {
        flags: "--sbom <true|false>",
        summary: "publish bills of materials (SPDX) with the images (default: what the configuration says)",
      },
      {
        flags: "--provenance <mode>",
        summary: "publish where images come from (SLSA): true, false, mode=min or mode=max",
      },
      { flags: "--dry-run", summary: "show what would be published and stop" },
      {
        flags: "--plan-out <file>",
        summary: "bring the images there under no tag, and write to this file which tags are to move",
      },
      { flags: "--plan <file>", summary: "do exactly what this plan says; nothing is built" },
      { flags: "--undo", summary: "take the tags of the latest release back to what they were" },
      { flags: "--journal <file>", summary: "keep the journal in this file too; with --undo, read it there" },
      {
        flags: "--record <file>",
        summary: "where the record of the release goes (default: tsdock-release.json)",
      },
      json,
    ],
    load: async () => (await import("./commands/publish.ts")).publish,
  },
  ...releaseCommands,
  ...containerCommands,
  {
    name: "graph",
    summary: "show the graph of layers",
    arguments: [images],
    options: [
      {
        flags: "--format <format>",
        summary: "text, json, dot or mermaid",
        choices: ["text", "json", "dot", "mermaid"],
        default: "text",
      },
      platform,
      set,
      json,
    ],
    load: async () => (await import("./commands/graph.ts")).graph,
  },
  {
    name: "why",
    summary: "say why the steps of an image ran when it was built last",
    arguments: [{ form: "<image>", summary: "an image of the workspace" }],
    options: [
      {
        flags: "--since-build <id>",
        summary: "say what differs from this build (ids: tsdock why --json)",
      },
      json,
    ],
    load: async () => (await import("./commands/why.ts")).why,
  },
  {
    name: "affected",
    summary: "list the images that differ from what they were at a commit",
    arguments: [],
    options: [
      {
        flags: "--since <ref>",
        summary: "a branch, tag or commit: its merge base with HEAD is compared with the working tree",
      },
      { flags: "--exit-code", summary: "exit with 3 if any image is affected" },
      {
        flags: "--format <format>",
        summary: "text, or a matrix for GitHub Actions",
        choices: ["text", "github-matrix"],
        default: "text",
      },
      platform,
      set,
      json,
    ],
    load: async () => (await import("./commands/affected.ts")).affected,
  },
  {
    name: "lock",
    summary: "pin bases and packages in tsdock.lock",
    arguments: [images],
    options: [
      {
        flags: "--update [references]",
        summary: "resolve again what is pinned (all of it, or these, separated by commas)",
      },
      { flags: "--check", summary: "exit with 3 if something is not pinned or no longer used" },
      platform,
      set,
      json,
    ],
    load: async () => (await import("./commands/lock.ts")).lock,
  },
  {
    name: "check",
    summary: "check declarations, their types, and what the store has of them",
    arguments: [],
    options: [
      { flags: "--fix", summary: "mend what can be mended without changing what is built" },
      { flags: "--build", summary: "build first, so that rules look into images as they are now" },
      {
        flags: "--format <format>",
        summary: "text, or SARIF 2.1.0",
        choices: ["text", "sarif"],
        default: "text",
      },
      set,
      json,
    ],
    load: async () => (await import("./commands/check.ts")).check,
  },
  {
    name: "test",
    summary: "run structure tests (files of container-structure-test) on an image",
    arguments: [reference, { form: "<files...>", summary: "YAML or JSON, schema version 2.0.0" }],
    options: [
      { flags: "--build", summary: "build the image of the workspace first" },
      { flags: "--junit <file>", summary: "also write a report as XML of JUnit" },
      platform,
      set,
      json,
    ],
    load: async () => (await import("./commands/test.ts")).test,
  },
  ...importCommands,
  ...exportCommands,
  ...imageCommands,
  ...networkCommands,
  {
    name: "prune",
    summary: "remove what no image needs, least recently used first",
    arguments: [],
    options: [
      { flags: "--keep-storage <size>", summary: "stop when the store is this small: 20GB" },
      { flags: "--all", summary: "remove everything that has no name and is not in use" },
      { flags: "--dry-run", summary: "only say what would go" },
      json,
    ],
    load: async () => (await import("./commands/prune.ts")).prune,
  },
  {
    name: "du",
    summary: "show what the store holds",
    arguments: [],
    options: [json],
    load: async () => (await import("./commands/du.ts")).du,
  },
  {
    name: "doctor",
    summary: "check the store and what this machine can do",
    arguments: [],
    options: [{ flags: "--repair", summary: "remove what is broken" }, json],
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
  {
    name: "completion",
    summary: "print a completion script",
    arguments: [{ form: "<shell>", summary: "bash, zsh or fish" }],
    options: [],
    load: async () => (await import("./commands/completion.ts")).completion,
  },
];
