import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { solve } from "../support/buildkit.ts";
import {
  type ExportBench,
  exportBench,
  type ImageSummary,
  readArchive,
  token,
} from "../support/export-bench.ts";
import { exported } from "../support/exported-images.ts";
import { requires } from "../support/requires.ts";
import { withoutDefaults } from "../support/without-defaults.ts";

const names = [...exported.everywhere, ...exported.unlike, ...exported.newer];
const isNewer = (name: string): boolean => exported.newer.some((one) => one === name);

describe.skipIf(!requires("dockerd", "root", "docker-registry", "busybox-static", "overlayfs"))(
  "a Dockerfile that was exported gives what tsdock builds",
  () => {
    let bench: ExportBench;

    beforeAll(async () => {
      bench = await exportBench("default", names);
    }, 300_000);

    afterAll(() => bench[Symbol.asyncDispose]());

    for (const name of names) {
      it.skipIf(isNewer(name) && !requires("newer-buildkit"))(name, async () => {
        const theirs = await built(name);
        const ours = bench.own(name);
        expect(theirs.files).toEqual(ours.files);
        expect(withoutDefaults(theirs.config)).toEqual(withoutDefaults(ours.config));
      });
    }

    async function built(name: string): Promise<ImageSummary> {
      const { workspace } = bench;
      const directory = workspace.path("exported", name);
      await bench.tsdock("export", "dockerfile", name, "-o", path.join(directory, "Dockerfile"));
      const { context, contexts } = readHead(fs.readFileSync(path.join(directory, "Dockerfile"), "utf8"));
      await solve(bench.socket, {
        what: {
          frontend: "dockerfile.v0",
          attributes: {
            filename: "Dockerfile",
            // The frontend in the daemon reads the file, whatever `# syntax=` says: there is no registry to fetch another from.
            cmdline: "tests",
            // It has no bridge.
            "force-network-mode": "none",
            ...Object.fromEntries(contexts.map(([key]) => [`context:${key}`, `local:${key}`])),
          },
        },
        exporter: { type: "moby", name: `built/${name}:latest` },
        directories: new Map([
          ["dockerfile", directory],
          ["context", workspace.path(context)],
          ...contexts.map(([key, value]) => [key, workspace.path(value)] as const),
        ]),
        secrets: { token },
      });
      const archive = workspace.path(`${name}.tar`);
      bench.daemon.docker("save", "--output", archive, `built/${name}:latest`);
      const image = readArchive(archive).get(`built/${name}:latest`);
      if (image === undefined) throw new Error("nothing was saved");
      return image;
    }
  },
);

/** The command that the head of the file tells. */
function readHead(text: string) {
  const words = /^# {3}docker buildx build .*$/m.exec(text)?.[0].split(" ") ?? [];
  const contexts = words.flatMap((word, at) => {
    const [key = "", value = ""] = word.split("=");
    return words[at - 1] === "--build-context" ? [[key, value] as const] : [];
  });
  return { context: words.at(-1) ?? "", contexts };
}
