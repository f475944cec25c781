import { imageSize } from "../../oci/image/human.ts";
import { baseName, type LayerEntry, whiteoutPrefix } from "../../oci/layer/entry.ts";
import type { CheckedImage, CheckRule } from "../../plugin/check-contract.ts";
import type { Vertex } from "../../graph/definition.ts";

interface PackageCache {
  readonly name: string;
  /** Paths as layers have them. */
  readonly files: RegExp;
  /** What fills it. */
  readonly command: RegExp;
  /** What in the same step keeps it out of the layer. */
  readonly cleanup: RegExp;
  /** Where a cache mount keeps it out of the layer. */
  readonly directory: string;
  readonly hint: string;
}

const caches: readonly PackageCache[] = [
  {
    name: "the package lists of apt",
    files: /^var\/lib\/apt\/lists\/(?!lock$|partial$|auxfiles$).|^var\/cache\/apt\/.*\.(?:deb|bin)$/,
    command: /\bapt(?:-get)?\s+(?:-\S+\s+)*update\b/,
    cleanup: /rm\s+-\S+\s+[^;&|]*\/var\/lib\/apt\/lists/,
    directory: "/var/lib/apt",
    hint: 'end the step with rm -rf /var/lib/apt/lists/*, or mount.cache("/var/lib/apt") and mount.cache("/var/cache/apt")',
  },
  {
    name: "the cache of apk",
    files: /^var\/cache\/apk\/.|^etc\/apk\/cache\/./,
    command: /\bapk\s+(?:-\S+\s+)*(?:add|update)\b(?![^;&|]*--no-cache)/,
    cleanup: /rm\s+-\S+\s+[^;&|]*\/var\/cache\/apk|apk\s+--no-cache|apk\s+cache\s+clean/,
    directory: "/var/cache/apk",
    hint: "write apk add --no-cache",
  },
  {
    name: "the cache of npm",
    files: /(?:^|\/)\.npm\/_cacache\//,
    command: /\bnpm\s+(?:-\S+\s+)*(?:ci|i|install)\b/,
    cleanup: /npm\s+cache\s+clean|rm\s+-\S+\s+[^;&|]*\.npm/,
    directory: "/root/.npm",
    hint: 'mount a cache: mount.cache("/root/.npm")',
  },
  {
    name: "the cache of yarn",
    files: /(?:^|\/)\.cache\/yarn\/|^usr\/local\/share\/\.cache\/yarn\//,
    command: /\byarn\s+install\b/,
    cleanup: /yarn\s+cache\s+clean|rm\s+-\S+\s+[^;&|]*\.cache/,
    directory: "/usr/local/share/.cache/yarn",
    hint: 'mount a cache: mount.cache("/usr/local/share/.cache/yarn")',
  },
  {
    name: "the cache of pip",
    files: /(?:^|\/)\.cache\/pip\//,
    command: /\bpip3?\s+install\b(?![^;&|]*--no-cache-dir)/,
    cleanup: /pip3?\s+cache\s+purge|rm\s+-\S+\s+[^;&|]*\.cache/,
    directory: "/root/.cache/pip",
    hint: 'write pip install --no-cache-dir, or mount.cache("/root/.cache/pip")',
  },
];

export const packageCache: CheckRule = {
  id: "package-cache",
  severity: "warning",
  summary:
    "a layer keeps what a package manager only needs while it works: lists of apt, caches of apk, npm, yarn and pip",
  *check({ images, vertices }) {
    for (const image of images) {
      yield* image.built === undefined ? inDeclaration(image, vertices) : inLayers(image);
    }
  },
};

/** What is really there. */
function* inLayers({ built, name }: CheckedImage): ReturnType<CheckRule["check"]> & Generator {
  for (const { step, entries } of built?.layers ?? []) {
    if (step === undefined) continue;
    for (const cache of caches) {
      const found = (entries() ?? []).filter((entry) => entry.type === "file" && isLeft(entry, cache));
      const bytes = found.reduce((sum, entry) => sum + (entry.type === "file" ? entry.size : 0), 0);
      if (bytes === 0) continue;
      yield {
        message: `the step leaves ${cache.name} in its layer: ${imageSize(bytes)}`,
        hint: cache.hint,
        place: step.place,
        image: name,
      };
    }
  }
}

const isLeft = ({ path }: LayerEntry, { files }: PackageCache): boolean =>
  files.test(path) && !baseName(path).startsWith(whiteoutPrefix);

/** What commands say, while nothing has been built that could be looked at. */
function* inDeclaration(
  { declared, name }: CheckedImage,
  vertices: ReadonlyMap<string, Vertex>,
): ReturnType<CheckRule["check"]> & Generator {
  for (const step of declared.steps) {
    const op = step.type === "layer" ? vertices.get(step.vertex)?.op : undefined;
    if (op?.type !== "exec" || typeof op.command !== "string") continue;
    const text = op.command;
    const mounted = op.mounts.map(({ target }) => target ?? "");
    for (const cache of caches) {
      if (!cache.command.test(text) || cache.cleanup.test(text)) continue;
      if (
        mounted.some(
          (target) =>
            target !== "" && (cache.directory.startsWith(target) || target.startsWith(cache.directory)),
        )
      )
        continue;
      yield {
        message: `the step leaves ${cache.name} in its layer`,
        hint: cache.hint,
        place: step.site?.place(),
        image: name,
      };
    }
  }
}
