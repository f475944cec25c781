import { resolve } from "node:path";
import type { Tree } from "../../declare/files.ts";
import { imageMark } from "../../declare/image.ts";
import type { Site } from "../../declare/site.ts";
import { isSource, type Source, type SourceIdentity } from "../../declare/source.ts";
import { treeMark } from "../../declare/tree.ts";
import { parseReference } from "../../oci/spec/reference.ts";
import type { VertexId } from "../definition.ts";
import type { SourceOperation } from "../operation.ts";
import type { Draft, Workshop } from "./draft.ts";
import { notFiles, problem } from "./problems.ts";

/** What text in `from` means. Error `REFERENCE_INVALID`, `PATH_INVALID`. */
export function sourceOperation(text: string, directory: () => string, site: Site): SourceOperation {
  const [, scheme, rest = ""] = /^(oci|docker-archive):(.*)$/s.exec(text) ?? [];
  if (scheme !== undefined && rest === "")
    throw problem("PATH_INVALID", `${JSON.stringify(text)} names no path`, site);
  if (scheme === "docker-archive")
    return { type: "source", kind: "archive", file: resolve(directory(), rest) };
  if (scheme === "oci") {
    const [, path = rest, tag] = /^(.+?):([^/:]+)$/.exec(rest) ?? [];
    return {
      type: "source",
      kind: "layout",
      directory: resolve(directory(), path),
      ...(tag === undefined ? {} : { tag }),
    };
  }
  parseReference(text, site.place());
  return { type: "source", kind: "registry", reference: text };
}

const foreign = (site: Site): Error =>
  problem(
    "DECLARATION_FOREIGN",
    "this was made by another copy of tsdock",
    site,
    "install one version for the whole workspace",
  );

/** Which of the things that have files a value is. */
export function kindOf(value: unknown, what: string, site: Site): "text" | "image" | "source" | "tree" {
  if (typeof value === "string") return "text";
  for (const [kind, mark] of [
    ["image", imageMark(value)],
    ["tree", treeMark(value)],
  ] as const) {
    if (mark === "ours") return kind;
    if (mark === "foreign") throw foreign(site);
  }
  if (isSource(value)) return "source";
  throw notFiles(value, what, site);
}

export function pluginSource(workshop: Workshop, draft: Draft, source: Source, site: Site): VertexId {
  const { plugin, spec } = source;
  const known: SourceIdentity = workshop.plugins.get(plugin.name) ?? plugin;
  if (known !== plugin && known.version !== plugin.version) {
    throw problem(
      "DECLARATION_FOREIGN",
      `two versions of the plugin ${plugin.name} are in use`,
      site,
      "install one version for the whole workspace",
    );
  }
  workshop.plugins.set(plugin.name, known);
  return workshop.add(
    draft,
    { type: "source", kind: "plugin", plugin: plugin.name, spec },
    [],
    plugin.title(spec),
    site,
  );
}

/** The vertex of `merge` or `diff`; undefined where there are no files at all. */
export function treeSource(workshop: Workshop, draft: Draft, tree: Tree, site: Site): VertexId | undefined {
  const count = tree.inputs.length;
  if (tree.type === "diff" ? count !== 2 : count < 2) {
    const wanted = tree.type === "diff" ? "two file trees" : "two file trees or more";
    throw problem("DECLARATION_INVALID", `${tree.type} takes ${wanted}, and here are ${count}`, tree.site);
  }
  const inputs = tree.inputs.map((input) => workshop.files(input, draft, tree.site));
  const present = inputs.filter((input) => input !== undefined);
  const name = `${tree.type.toUpperCase()} ${tree.inputs.map((input) => workshop.title(input)).join(" ")}`;
  if (tree.type === "merge") {
    return present.length === 0 ? undefined : workshop.add(draft, { type: "merge" }, present, name, site);
  }
  const [lower, upper] = inputs;
  if (upper === undefined)
    throw problem("FILES_MISSING", "the second tree of a diff has no files", tree.site);
  // What has more than nothing is all of it.
  return lower === undefined
    ? workshop.add(draft, { type: "merge" }, [upper], name, site)
    : workshop.add(draft, { type: "diff" }, [lower, upper], name, site);
}
