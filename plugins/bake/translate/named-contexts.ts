import type { ModuleStatement, TsdockError } from "tsdock/plugin";
import { unsupported } from "../hcl/source.ts";
import { mapOf, type ResolvedTarget } from "../resolve/model.ts";
import { targetOfContext } from "./choose-targets.ts";
import { constantName } from "./constant-name.ts";

export interface ContextTools {
  /** Those of targets. */
  readonly constants: ReadonlyMap<string, string>;
  /** What `image({ context })` takes. */
  readonly context: (directory: string) => string | undefined;
  readonly declared: readonly ModuleStatement[];
}

export interface NamedContexts {
  /** By the names that people write. */
  readonly expressions: ReadonlyMap<string, string>;
  readonly statements: readonly ModuleStatement[];
  readonly problems: readonly TsdockError[];
}

/** What names mean in a target's Dockerfile: other images, references, directories, repositories. */
export function namedContexts({ values }: ResolvedTarget, tools: ContextTools): NamedContexts {
  const expressions = new Map<string, string>();
  const statements: ModuleStatement[] = [];
  const problems: TsdockError[] = [];
  for (const [name, { value, spot }] of mapOf(values, "contexts")) {
    const target = targetOfContext(value);
    const reference = /^(?:docker-image:\/\/|(?=oci-layout:\/\/))(.+)$/.exec(value)?.[1];
    if (target !== undefined) expressions.set(familiar(name), tools.constants.get(target) ?? "");
    else if (reference !== undefined)
      expressions.set(familiar(name), JSON.stringify(reference.replace(/^oci-layout:\/\//, "oci:")));
    else {
      const initializer = treeOf(value, tools);
      if (initializer === undefined)
        problems.push(
          unsupported(
            `the context ${name} is a file from the web: two builds could give two images`,
            spot,
            "add it with its checksum: add({ url, checksum }, …)",
          ),
        );
      else expressions.set(familiar(name), declare(name, initializer, statements, tools));
    }
  }
  return { expressions, statements, problems };
}

/** `docker.io/library/alpine:latest` → `alpine`. */
const familiar = (name: string): string =>
  name
    .toLowerCase()
    .replace(/^(?:index\.)?docker\.io\/(?:library\/)?/, "")
    .replace(/:latest$/, "");

function declare(
  name: string,
  initializer: string,
  statements: ModuleStatement[],
  { declared, constants }: ContextTools,
): string {
  const all = [...declared, ...statements];
  const known = all.find((one) => one.initializer === initializer);
  if (known !== undefined) return known.name;
  const constant = constantName(name, [...constants.values(), ...all.map((one) => one.name)], "Files");
  statements.push({ comments: [], exported: false, name: constant, initializer });
  return constant;
}

/** A directory or a repository as an image of its files; undefined for other addresses. */
function treeOf(value: string, { context }: ContextTools): string | undefined {
  const git = gitAddress(value);
  if (git !== undefined) {
    const { repository, ref, subdirectory } = git;
    const more = subdirectory === undefined ? "" : `, subdirectory: ${JSON.stringify(subdirectory)}`;
    return `image().from(scratch).add({ git: ${JSON.stringify(repository)}, ref: ${JSON.stringify(ref)}${more} }, "/")`;
  }
  if (/^[a-z][\w+.-]*:\/\//i.test(value)) return undefined;
  const directory = context(value);
  return `image(${directory === undefined ? "" : `{ context: ${JSON.stringify(directory)} }`}).from(scratch).copy(".", "/")`;
}

interface GitAddress {
  readonly repository: string;
  readonly ref: string;
  readonly subdirectory: string | undefined;
}

/** `https://….git#ref:directory`, `git@host:path`, `git://…` */
export function gitAddress(value: string): GitAddress | undefined {
  const isGit =
    /^(?:git|ssh):\/\//.test(value) ||
    /^git@[\w.-]+:/.test(value) ||
    /^https?:\/\/[^#?]+\.git(?:#|$)/.test(value);
  if (!isGit) return undefined;
  const [repository = "", fragment = ""] = value.split("#");
  const [ref = "", directory = ""] = fragment.split(":");
  return { repository, ref: ref || "HEAD", subdirectory: directory.replace(/^\/+/, "") || undefined };
}
