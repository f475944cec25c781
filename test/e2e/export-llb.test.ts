import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { solve } from "../support/buildkit.ts";
import { type ExportBench, exportBench, filesOf, token } from "../support/export-bench.ts";
import { exported } from "../support/exported-images.ts";
import { requires } from "../support/requires.ts";

const names = [...exported.everywhere, ...exported.definitions, ...exported.newerDefinitions];
const isNewer = (name: string): boolean => exported.newerDefinitions.some((one) => one === name);

describe.skipIf(!requires("dockerd", "root", "docker-registry", "busybox-static", "overlayfs"))(
  "a definition that was exported gives the files that tsdock builds",
  () => {
    let bench: ExportBench;

    beforeAll(async () => {
      bench = await exportBench("none", names);
    }, 300_000);

    afterAll(() => bench[Symbol.asyncDispose]());

    for (const name of names) {
      it.skipIf(isNewer(name) && !requires("newer-buildkit"))(name, async () => {
        const file = bench.workspace.path(`${name}.llb`);
        const { stderr } = await bench.tsdock("export", "llb", name, "-o", file);
        const locals = [...stderr.matchAll(/--local ([^=\s]+)=(\S+)/g)].map(
          ([, key = "", value = ""]) => [key, bench.workspace.path(value)] as const,
        );
        const tar = await solve(bench.socket, {
          what: { definition: fs.readFileSync(file) },
          exporter: { type: "tar" },
          directories: new Map(locals),
          secrets: { token },
        });
        fs.writeFileSync(`${file}.tar`, tar);
        expect(filesOf([`${file}.tar`])).toEqual(bench.own(name).files);
      });
    }

    it("is the same every time, and with the configuration beside it", async () => {
      const [first, second] = [bench.workspace.path("1.llb"), bench.workspace.path("2.llb")];
      for (const file of [first, second]) await bench.tsdock("export", "llb", "commands", "-o", file);
      expect(fs.readFileSync(first).equals(fs.readFileSync(second))).toBe(true);
      const { config } = JSON.parse(fs.readFileSync(`${first}.config.json`, "utf8")) as { config: unknown };
      expect(config).toEqual(bench.own("commands").config);
    });
  },
);
