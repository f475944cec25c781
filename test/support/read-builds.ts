import { resolveCompose } from "../../plugins/bake/compose/resolve-compose.ts";
import { parseHcl } from "../../plugins/bake/hcl/parse-body.ts";
import { parseJsonBody } from "../../plugins/bake/hcl/parse-json.ts";
import { Source } from "../../plugins/bake/hcl/source.ts";
import type { ResolvedBuilds } from "../../plugins/bake/resolve/model.ts";
import { bakeLabels, resolveBake } from "../../plugins/bake/resolve/resolve-bake.ts";

type Files = Readonly<Record<string, string>>;
const sources = (files: Files): readonly Source[] =>
  Object.entries(files).map(([name, text]) => new Source(name, text));

/** What bake files say, by their names. */
export const readBuilds = (files: Files, given: Files = {}): ResolvedBuilds =>
  resolveBake(
    sources(files).map((source) =>
      source.file.endsWith(".json") ? parseJsonBody(source, bakeLabels) : parseHcl(source),
    ),
    given,
    {},
  );

export const bake = (text: string, given: Files = {}): ResolvedBuilds =>
  readBuilds({ "docker-bake.hcl": text }, given);

/** What compose files say; `beside`: other files that they read. */
export const compose = (files: Files, given: Files = {}, beside: Files = {}): ResolvedBuilds =>
  resolveCompose(sources(files), {
    given,
    read: (name) => {
      const text = beside[name] ?? files[name];
      return text === undefined ? undefined : new Source(name, text);
    },
  });
