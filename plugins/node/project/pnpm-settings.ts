import type { ProjectContext } from "./project-context.ts";
import { parseNpmrc } from "../registry/npmrc.ts";
import { isMembers, type Members, parseYamlDocuments, textList, textMembers, textOf } from "./data-file.ts";
import { join, readManifest, readText } from "./manifest.ts";

/** What of pnpm's settings decides where packages are and what is done to them. */
export interface PnpmSettings {
  readonly nodeLinker: string;
  /** Packages can import what they do not declare, from `node_modules/.pnpm/node_modules`. */
  readonly hoist: boolean;
  /** Everything can be imported from the root. */
  readonly shamefullyHoist: boolean;
  /** Paths by what patches are for. */
  readonly patches: Readonly<Record<string, string>>;
}

type Reader = Pick<ProjectContext, "files" | "workspace">;

function workspaceFile(reader: Reader, root: string): Members {
  const file = readText(reader, join(root, "pnpm-workspace.yaml"));
  const [document] = file === undefined ? [] : parseYamlDocuments(file, "NODE_MANIFEST_INVALID");
  return isMembers(document) ? document : {};
}

function packageField(reader: Reader, root: string): Members {
  const field = readManifest(reader, root)?.raw["pnpm"];
  return isMembers(field) ? field : {};
}

/** From pnpm-workspace.yaml, the field `pnpm` of the root's package.json, and .npmrc. */
export function pnpmSettings(reader: Reader, root: string): PnpmSettings {
  const yaml = workspaceFile(reader, root);
  const field = packageField(reader, root);
  const npmrc = readText(reader, join(root, ".npmrc"));
  const lines = npmrc === undefined ? new Map<string, never>() : parseNpmrc(npmrc);
  const setting = (camel: string, kebab: string): string | undefined => {
    const value = yaml[camel];
    return typeof value === "boolean" ? String(value) : (textOf(value) ?? lines.get(kebab)?.text);
  };
  return {
    nodeLinker: setting("nodeLinker", "node-linker") ?? "isolated",
    hoist: setting("hoist", "hoist") !== "false",
    shamefullyHoist: setting("shamefullyHoist", "shamefully-hoist") === "true",
    patches: { ...textMembers(field["patchedDependencies"]), ...textMembers(yaml["patchedDependencies"]) },
  };
}

/** Packages that a project wants to be installed without their scripts, as `installScripts` has it: `!name`. */
export function projectScripts(reader: Reader, root: string): readonly string[] {
  const sources = [workspaceFile(reader, root), packageField(reader, root)];
  return sources.flatMap((source) => {
    const builds = isMembers(source["allowBuilds"]) ? source["allowBuilds"] : {};
    const denied = Object.entries(builds).flatMap(([name, value]) => (value === false ? [name] : []));
    const lists = ["ignoredBuiltDependencies", "neverBuiltDependencies"].flatMap(
      (field) => textList(source[field]) ?? [],
    );
    return [...lists, ...denied].map((name) => `!${name}`);
  });
}
