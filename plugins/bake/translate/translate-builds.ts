import {
  type BuildsRequest,
  type ImportedBuilds,
  type ImportedModule,
  isTsdockError,
  type ModuleStatement,
  type TsdockError,
} from "tsdock/plugin";
import { invalid, type Spot } from "../hcl/source.ts";
import type { ResolvedBuilds, ResolvedTarget } from "../resolve/model.ts";
import { asText } from "../evaluate/values.ts";
import { chooseTargets } from "./choose-targets.ts";
import { constantName } from "./constant-name.ts";
import { commentText, notImported } from "./image-settings.ts";
import { readSet, type TargetSet, targetSets } from "./target-sets.ts";
import { writeConfig } from "./write-config.ts";

/** Targets as images of one module, groups as groups, tags as a configuration. */
export function translateBuilds(builds: ResolvedBuilds, request: BuildsRequest, start: Spot): ImportedBuilds {
  const chosen = chooseTargets(builds, request.targets, start);
  if (chosen.length === 0)
    throw invalid("nothing in it is built", start, "it needs a target, or a service with build");
  const sets = targetSets(chosen);
  const ownParams = differingParams(sets, request, chosen);
  const draft = new BuildsDraft(chosen);
  for (const set of sets) draft.addSet(set, request, ownParams);
  draft.addGroups(builds);
  const config = writeConfig(chosen);
  draft.problems.push(...config.problems);
  draft.footer.push(...config.problems.map(notImported));
  return { module: draft.finish(settled(builds, draft)), config: config.text };
}

/** Names of ARGs that several Dockerfiles give different defaults: a workspace has one default for a name. */
function differingParams(
  sets: readonly TargetSet[],
  request: BuildsRequest,
  chosen: readonly ResolvedTarget[],
): ReadonlySet<string> {
  const draft = new BuildsDraft(chosen);
  for (const set of sets) draft.addSet(set, request, new Set());
  const defaults = new Map<string, Set<string>>();
  for (const { initializer } of draft.statements) {
    const [, name, fallback] = /^param\("((?:[^"\\]|\\.)*)", ([\s\S]*)\)$/.exec(initializer) ?? [];
    if (name === undefined || fallback === undefined) continue;
    defaults.set(name, (defaults.get(name) ?? new Set()).add(fallback));
  }
  return new Set([...defaults].flatMap(([name, values]) => (values.size > 1 ? [name] : [])));
}

class BuildsDraft {
  readonly statements: ModuleStatement[] = [];
  readonly footer: string[] = [];
  readonly problems: TsdockError[] = [];
  readonly #header: string[] = [];
  readonly #imports = new Map<string, { names: Set<string>; types: Set<string> }>();
  readonly #constants = new Map<string, string>();
  readonly #written = new Set<string>();

  constructor(targets: readonly ResolvedTarget[]) {
    for (const { name } of targets)
      this.#constants.set(name, constantName(name, [...this.#constants.values()], "Image"));
  }

  addSet(set: TargetSet, request: BuildsRequest, ownParams: ReadonlySet<string>): void {
    try {
      const read = readSet(set, {
        request,
        ownParams,
        declared: this.statements,
        constants: this.#constants,
      });
      this.#take(read.module);
      for (const { name } of set.targets) this.#written.add(name);
      this.problems.push(...read.problems);
    } catch (error) {
      if (!isTsdockError(error) || error.code !== "IMPORT_UNSUPPORTED") throw error;
      this.problems.push(error);
      this.footer.push(`${set.targets.map(({ name }) => name).join(", ")}: ${notImported(error)}`);
    }
  }

  #take(module: ImportedModule): void {
    for (const { from, names, types } of module.imports) this.#import(from, names, types);
    this.#header.push(...module.header);
    this.footer.push(...module.footer);
    this.problems.push(...module.problems);
    const known = new Set(this.statements.map(({ name }) => name));
    this.statements.push(...module.statements.filter(({ name }) => !known.has(name)));
  }

  #import(from: string, names: readonly string[], types: readonly string[] = []): void {
    const before = this.#imports.get(from) ?? { names: new Set(), types: new Set() };
    for (const name of names) before.names.add(name);
    for (const name of types) before.types.add(name);
    this.#imports.set(from, before);
  }

  /** Groups of images that are there; the same images under one name. */
  addGroups({ groups }: ResolvedBuilds): void {
    for (const { name, targets, comments } of groups) {
      const members = targets.flatMap((target) => {
        const constant = this.#constants.get(target);
        return constant !== undefined && this.#written.has(target) ? [constant] : [];
      });
      if (members.length === 0) continue;
      const group = groupName(name);
      this.#import("tsdock", ["group"]);
      this.statements.push({
        comments: comments.map(commentText),
        exported: true,
        name: constantName(name, this.#names(), "Group"),
        initializer: listed(`group(${JSON.stringify(group)}, `, members),
      });
    }
  }

  #names(): readonly string[] {
    return [...this.#constants.values(), ...this.statements.map(({ name }) => name)];
  }

  finish(header: readonly string[]): ImportedModule {
    const order = ["tsdock", "tsdock/plugin"];
    return {
      header: [...header, ...this.#header],
      imports: [...this.#imports]
        .sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))
        .map(([from, { names, types }]) => ({ from, names: [...names].sort(), types: [...types].sort() })),
      statements: this.statements,
      footer: this.footer,
      problems: this.problems,
    };
  }
}

/** Names of groups are in small letters, with `-` between words. */
const groupName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^[^a-z]+/, "group-");

const width = 100;

function listed(opening: string, items: readonly string[]): string {
  const line = `${opening}[${items.join(", ")}])`;
  return line.length <= width - 20 ? line : `${opening}[\n${items.map((item) => `  ${item},\n`).join("")}])`;
}

/** Values that cannot be given any more: what was read is what they made. */
function settled({ variables, unset }: ResolvedBuilds, { statements }: BuildsDraft): readonly string[] {
  const params = statements.map(({ initializer }) => initializer).join("\n");
  const values = [...variables].flatMap(([name, value]) => {
    if (params.includes(`param(${JSON.stringify(name)},`)) return [];
    const shown = asText(value);
    return shown === undefined
      ? []
      : [`  ${name} = ${typeof value === "string" ? JSON.stringify(value) : shown}`];
  });
  return [
    ...(values.length === 0
      ? []
      : ["Variables had these values when this was imported (--var gives others):", ...values]),
    ...(unset.length === 0 ? [] : [`Nothing set these variables, and they are empty: ${unset.join(", ")}`]),
  ];
}
