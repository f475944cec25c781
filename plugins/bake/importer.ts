import type { BuildsImporter, BuildsRequest, ImportedBuilds } from "tsdock/plugin";
import { resolveCompose } from "./compose/resolve-compose.ts";
import { parseHcl } from "./hcl/parse-body.ts";
import { parseJsonBody } from "./hcl/parse-json.ts";
import { invalid, Source } from "./hcl/source.ts";
import { bakeLabels, resolveBake } from "./resolve/resolve-bake.ts";
import { translateBuilds } from "./translate/translate-builds.ts";

const largest = 4 * 1024 * 1024;

function sourcesOf({ files }: BuildsRequest): readonly [Source, ...Source[]] {
  const [first, ...others] = files.map(({ file, text }) => new Source(file, text));
  if (first === undefined) throw new Error("a request without files");
  for (const source of [first, ...others])
    if (source.text.length > largest) throw invalid("the file is larger than 4 MiB", source.at(0));
  return [first, ...others];
}

/** Bake files of buildx, in HCL and JSON. */
export const bakeImporter: BuildsImporter = {
  name: "bake",
  read(request): ImportedBuilds {
    const sources = sourcesOf(request);
    const bodies = sources.map((source) =>
      /\.json$/i.test(source.file) ? parseJsonBody(source, bakeLabels) : parseHcl(source),
    );
    const builds = resolveBake(bodies, request.variables, {
      BAKE_CMD_CONTEXT: ".",
      BAKE_LOCAL_PLATFORM: request.platform,
    });
    return translateBuilds(builds, request, sources[0].at(0));
  },
};

/** Services of compose files that are built. */
export const composeImporter: BuildsImporter = {
  name: "compose",
  read(request): ImportedBuilds {
    const sources = sourcesOf(request);
    const read = (path: string): Source | undefined => {
      const found = request.read(path);
      return found === undefined ? undefined : new Source(found.file, found.text);
    };
    const builds = resolveCompose(sources, { read, given: request.variables });
    return translateBuilds(builds, request, sources[0].at(0));
  },
};
