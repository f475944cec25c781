import type { CommandSpec, OptionSpec } from "./command.ts";
import { images, platform, set, solving } from "./common-options.ts";

const output = (what: string): OptionSpec => ({ flags: "-o, --output <path>", summary: what });

/** `tsdock export …`: images in the forms of other tools. */
export const exportCommands: readonly CommandSpec[] = [
  {
    name: "export dockerfile",
    summary: "write images as a Dockerfile",
    arguments: [images],
    options: [
      output("the file (default: standard output); what it cannot hold goes to FILE.files"),
      platform,
      set,
    ],
    load: async () => (await import("./commands/export-text.ts")).exportDockerfile,
  },
  {
    name: "export bake",
    summary: "write images as a bake file for docker buildx",
    arguments: [images],
    options: [
      output("the file (default: standard output); what it cannot hold goes to FILE.files"),
      platform,
      set,
    ],
    load: async () => (await import("./commands/export-text.ts")).exportBake,
  },
  {
    name: "export llb",
    summary: "write an image as a definition that buildctl builds",
    arguments: [{ form: "<image>", summary: "an image of the workspace" }],
    options: [
      output("the file, and FILE.config.json for the configuration (default: standard output)"),
      platform,
      set,
    ],
    load: async () => (await import("./commands/export-llb.ts")).exportLlb,
  },
  {
    name: "export oci",
    summary: "build images and write them as an OCI image layout",
    arguments: [images],
    options: [output("a directory, or a file that ends with .tar; - is standard output"), ...solving],
    load: async () => (await import("./commands/export-oci.ts")).exportOci,
  },
];
