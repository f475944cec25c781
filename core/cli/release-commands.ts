import type { CommandSpec } from "./command.ts";
import { json } from "./common-options.ts";

const published = {
  form: "<image>",
  summary: "a published image: HOST/NAME:TAG, HOST/NAME@DIGEST or oci:DIR:NAME:TAG",
};
const dryRun = { flags: "--dry-run", summary: "only show what would be done" };

/** Commands on what is published already. */
export const releaseCommands: readonly CommandSpec[] = [
  {
    name: "promote",
    summary: "copy or retag what is published, by digest, signatures along",
    arguments: [
      { form: "<source>", summary: `${published.summary}; or the record of a release, tsdock-release.json` },
      { form: "[destination]", summary: "HOST/NAME[:TAG] or oci:DIR:NAME[:TAG] (default: where it is)" },
    ],
    options: [
      { flags: "-t, --tag <tag>", summary: "new tag (default: those that it has)", many: true },
      { flags: "--registry <prefix>", summary: "where the images of a release go: HOST[/PATH] or oci:DIR" },
      { flags: "--immutable", summary: "the tags must never mean another image" },
      dryRun,
      json,
    ],
    load: async () => (await import("./commands/promote.ts")).promote,
  },
  {
    name: "rebase",
    summary: "swap the base's layers of a published image; nothing is built",
    arguments: [
      published,
      { form: "[destination]", summary: "HOST/NAME:TAG or oci:DIR:NAME:TAG (default: the image's own tag)" },
    ],
    options: [
      { flags: "--base <reference>", summary: "the new base (default: what its base's name stands for now)" },
      { flags: "--old-base <reference>", summary: "the base it lies on (default: what it says)" },
      { flags: "--force", summary: "even where the image expects something else of its base" },
      dryRun,
      json,
    ],
    load: async () => (await import("./commands/rebase.ts")).rebase,
  },
  {
    name: "check-base",
    summary: "exit with 3 if a base has moved since images were built on it",
    arguments: [{ form: "[images...]", summary: "published images (default: the bases in tsdock.lock)" }],
    options: [json],
    load: async () => (await import("./commands/check-base.ts")).checkBase,
  },
];
