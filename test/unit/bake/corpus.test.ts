import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { resolveCompose } from "../../../plugins/bake/compose/resolve-compose.ts";
import { parseHcl } from "../../../plugins/bake/hcl/parse-body.ts";
import { parseJsonBody } from "../../../plugins/bake/hcl/parse-json.ts";
import { Source } from "../../../plugins/bake/hcl/source.ts";
import type { ResolvedBuilds } from "../../../plugins/bake/resolve/model.ts";
import { bakeLabels, resolveBake } from "../../../plugins/bake/resolve/resolve-bake.ts";
import { type Printed, printed } from "../../support/bake-print.ts";
import { findBuildx, requires } from "../../support/requires.ts";

const fixtures = path.join(import.meta.dirname, "../../fixtures");
type Corpus = Readonly<Record<string, Printed & { readonly files: readonly string[] }>>;

/** What buildx 0.13.1 printed for these files. */
const corpusOf = (language: string): Corpus =>
  JSON.parse(fs.readFileSync(path.join(fixtures, language, "expected.json"), "utf8")) as Corpus;

function readBake(files: readonly string[]): ResolvedBuilds {
  const bodies = files.map((name) => {
    const source = new Source(name, fs.readFileSync(path.join(fixtures, "bake", name), "utf8"));
    return name.endsWith(".json") ? parseJsonBody(source, bakeLabels) : parseHcl(source);
  });
  return resolveBake(bodies, {}, {});
}

function readCompose(files: readonly string[]): ResolvedBuilds {
  const read = (name: string): Source | undefined => {
    const file = path.join(fixtures, "compose", name);
    return fs.existsSync(file) ? new Source(name, fs.readFileSync(file, "utf8")) : undefined;
  };
  const sources = files.flatMap((name) => read(name) ?? []);
  return resolveCompose(sources, { read, given: {} });
}

/** Sizes are written in several ways, a network is never printed, and newer keys of compose files were not read then. */
function comparable(
  language: string,
  target: Readonly<Record<string, unknown>>,
  like: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const others = language === "bake" ? ["network"] : ["ulimits", "shm-size"];
  return Object.fromEntries(
    Object.entries(target).filter(([key]) => !others.includes(key) && (language === "bake" || key in like)),
  );
}

describe.each([
  { language: "bake", read: readBake },
  { language: "compose", read: readCompose },
])("$language files", ({ language, read }) => {
  it.each(Object.entries(corpusOf(language)))(
    "%s has the targets that buildx finds",
    (_, { files, target, group }) => {
      const ours = printed(read(files));
      for (const [name, values] of Object.entries(target))
        expect([name, comparable(language, ours.target[name] ?? {}, values)]).toEqual([
          name,
          comparable(language, values, values),
        ]);
      // buildx goes through a matrix in an order of its own each time.
      if (language === "bake")
        for (const [name, { targets }] of Object.entries(group ?? {}).filter(([key]) => key in ours.group))
          expect([name, [...(ours.group[name]?.targets ?? [])].sort()]).toEqual([
            name,
            targets
              .flatMap((member) => ours.group[member]?.targets ?? [member])
              .filter((one, at, all) => all.indexOf(one) === at)
              .sort(),
          ]);
    },
  );
});

describe.skipIf(!requires("buildx"))("the buildx of this machine", () => {
  it("still prints what was written down", () => {
    for (const [, { files, target }] of Object.entries(corpusOf("bake")).slice(0, 4)) {
      const args = ["bake", ...files.flatMap((name) => ["-f", name]), "--print"];
      const { stdout } = spawnSync(findBuildx() ?? "", args, {
        cwd: path.join(fixtures, "bake"),
        encoding: "utf8",
        timeout: 30_000,
      });
      expect((JSON.parse(stdout) as Printed).target).toEqual(target);
    }
  });
});
