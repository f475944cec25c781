import fs from "node:fs";
import os from "node:os";
import { disabledRules } from "../check/disabled.ts";
import { type RuleFinding, runRules } from "../check/run-rules.ts";
import type { RuleFacts } from "../check/rule-table.ts";
import { readLock } from "../build/lock-file.ts";
import { formatPlace, type Place } from "../errors/place.ts";
import { isTsdockError, TsdockError, TsdockErrors } from "../errors/tsdock-error.ts";
import type { EventSink } from "../events.ts";
import type { Severity } from "../plugin/check-contract.ts";
import { checkedImages, lockedIn } from "./check/checked-images.ts";
import { type RuleSet, ruleSet } from "./check/rule-settings.ts";
import type { Host } from "./host.ts";
import { openStore } from "./open-store.ts";
import { solveIn } from "./solve-images.ts";
import type { SolveSelection } from "./solve-options.ts";
import {
  type FoundWorkspace,
  findWorkspace,
  openFound,
  type Workspace,
  type WorkspaceRequest,
} from "./workspace.ts";

type CheckRequest = Pick<WorkspaceRequest, "config" | "params"> & {
  /** Mend what can be mended without changing what is built. */
  readonly fix?: boolean;
  /** Build all images first, so that rules can look into them as they are now. */
  readonly build?: boolean;
};

/** Something wrong: a mistake, or what a rule found. */
export interface CheckProblem {
  readonly error: TsdockError;
  readonly severity: Severity;
  /** Of what a rule found. */
  readonly rule?: string;
  readonly docs?: string;
  /** Text that must not be shown. */
  readonly secret?: string;
}

export interface FixedProblem {
  readonly rule: string;
  readonly name: string;
  readonly place: Place;
}

export interface CheckResult {
  readonly problems: readonly CheckProblem[];
  /** With `fix`. */
  readonly fixed: readonly FixedProblem[];
  /** All rules that there are. */
  readonly rules: readonly RuleFacts[];
  /** Images that the store has only as an older declaration gave them. */
  readonly outdated: readonly string[];
  /** Of the workspace. */
  readonly directory: string;
}

/** Everything that is wrong with the declarations, their types included, and with what the store has of them. Builds nothing unless asked to. */
export async function checkWorkspace(request: CheckRequest, host: Host): Promise<CheckResult> {
  const found = await orErrors(findWorkspace(request, host));
  const none = { fixed: [], outdated: [], rules: [], directory: host.cwd };
  if (!("config" in found)) return { ...none, problems: found.map(mistake) };
  const { directory } = found.config;
  const quiet = { ...host, emit: withoutRepeated(host.emit) };
  const open = (): Promise<Workspace | readonly TsdockError[]> =>
    orErrors(openFound(found, { params: request.params, platforms: [] }, quiet));
  const first = await open();
  // What does not even load is not understood well enough to be changed.
  const fixed = request.fix === true && "config" in first ? await fixSources(found, request, host) : [];
  const opened = fixed.length === 0 ? first : await open();
  if (request.build === true && "config" in opened) await buildAll(opened, request, host);
  const workspace = "config" in opened ? opened : undefined;
  const errors = "config" in opened ? [] : opened;
  const set = ruleSet(found.config, workspace?.compiled.plugins.values() ?? []);
  const graph = workspace === undefined ? undefined : await checkGraph(workspace, set, host);
  const source = await readModules(found, request, host);
  // Plugins of sources are known only where everything was compiled.
  const configuration = workspace === undefined ? [] : set.errors;
  const mistakes = [...errors, ...configuration, ...withoutRepeats(source.errors, errors)].map(mistake);
  const sourceFindings = source.findings(set);
  const findings = [...(graph?.findings ?? []), ...sourceFindings].filter(enabled());
  return {
    problems: [...mistakes, ...findings.map(asProblem)],
    fixed,
    rules: set.facts,
    outdated: graph?.outdated ?? [],
    directory,
  };
}

async function buildAll(workspace: Workspace, { config, params }: CheckRequest, host: Host): Promise<void> {
  const selection: SolveSelection = {
    images: [],
    platforms: [],
    params,
    secrets: [],
    ssh: [],
    noCache: false,
    jobs: os.availableParallelism(),
    keepGoing: false,
    locked: false,
    runtime: undefined,
    config,
  };
  await using _solved = await solveIn(workspace, selection, host);
}

const mistake = (error: TsdockError): CheckProblem => ({ error, severity: "error" });

function asProblem({ rule, severity, message, hint, place, docs, secret }: RuleFinding): CheckProblem {
  const code = rule === "unused-param" ? "PARAM_UNUSED" : "CHECK_RULE";
  return {
    error: new TsdockError(code, message, { place, hint }),
    severity,
    rule,
    ...(docs === undefined ? {} : { docs }),
    ...(secret === undefined ? {} : { secret }),
  };
}

/** Whether no comment in the source turns a finding off. Each file is read once. */
function enabled(): (finding: RuleFinding) => boolean {
  const files = new Map<string, ReturnType<typeof disabledRules>>();
  return ({ rule, place }) => {
    if (place === undefined) return true;
    const known = files.get(place.file) ?? disabledRules(textOf(place.file));
    files.set(place.file, known);
    return !known.has(rule, place.line);
  };
}

/** Empty where a module is gone meanwhile. */
function textOf(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return "";
  }
}

interface GraphFindings {
  readonly findings: readonly RuleFinding[];
  readonly outdated: readonly string[];
}

async function checkGraph(workspace: Workspace, set: RuleSet, host: Host): Promise<GraphFindings> {
  await using store = await openStore(host);
  await using _lease = await store.lease();
  const { images, outdated } = await checkedImages(workspace, store);
  const { vertices } = workspace.compiled.definition;
  const isLocked = lockedIn(readLock(workspace.directory));
  return { findings: runRules(set.rules, set.settingOf, { images, vertices, isLocked }), outdated };
}

/** Types tell better which exports lack a base: those that no other module begins with. */
const withoutRepeated =
  (emit: EventSink): EventSink =>
  (event) => {
    if (event.type !== "warning" || event.code !== "IMAGE_WITHOUT_BASE") emit(event);
  };

interface SourceFindings {
  readonly errors: readonly TsdockError[];
  readonly findings: (set: RuleSet) => readonly RuleFinding[];
}

const givenParams = ({ config }: FoundWorkspace, { params }: CheckRequest): ReadonlySet<string> =>
  new Set([...Object.keys(config.params), ...Object.keys(params)]);

/** What shows without running modules. Loads the compiler of TypeScript, which takes most of a second. */
async function readModules(
  found: FoundWorkspace,
  request: CheckRequest,
  host: Host,
): Promise<SourceFindings> {
  const { createProjects } = await import("../analyze/checked-project.ts");
  const { typeErrors } = await import("../analyze/type-errors.ts");
  const { exportMistakes } = await import("../analyze/export-mistakes.ts");
  const { unusedDeclarations } = await import("../analyze/unused-declarations.ts");
  const projects = createProjects(found.modules, host.self);
  const unused = projects.flatMap((project) => unusedDeclarations(project, givenParams(found, request)));
  return {
    errors: projects.flatMap((project) => [...typeErrors(project), ...exportMistakes(project)]),
    findings: ({ facts, settingOf }) =>
      unused.flatMap(({ rule, message, hint, place }): readonly RuleFinding[] => {
        const known = facts.find(({ id }) => id === rule);
        const severity = known === undefined ? "off" : settingOf(known).severity;
        return severity === "off" ? [] : [{ rule, severity, message, hint, place }];
      }),
  };
}

const mostRounds = 10;

/** Removes what nothing uses, as long as that leaves something else that nothing uses. Writes the modules. */
async function fixSources(
  found: FoundWorkspace,
  request: CheckRequest,
  host: Host,
): Promise<readonly FixedProblem[]> {
  const { createProjects } = await import("../analyze/checked-project.ts");
  const { unusedDeclarations } = await import("../analyze/unused-declarations.ts");
  const set = ruleSet(found.config, []);
  const isOn = enabled();
  const fixed: FixedProblem[] = [];
  for (const checked of createProjects(found.modules, host.self)) {
    for (let round = 0; round < mostRounds; round++) {
      const removable = unusedDeclarations(checked, givenParams(found, request)).filter(
        ({ rule, place, remove }) => {
          const known = set.facts.find(({ id }) => id === rule);
          const severity = known === undefined ? "off" : set.settingOf(known).severity;
          return remove !== undefined && severity !== "off" && isOn({ rule, severity, message: "", place });
        },
      );
      if (removable.length === 0) break;
      for (const { rule, name, place, remove } of removable) {
        remove?.();
        fixed.push({ rule, name, place });
      }
    }
    await checked.project.save();
  }
  return fixed;
}

/** A module that does not load is one mistake: what the compiler says at the same place, or of text that cannot be read, is the same. */
function withoutRepeats(
  found: readonly TsdockError[],
  known: readonly TsdockError[],
): readonly TsdockError[] {
  const unreadable = new Set(
    known.flatMap(({ code, place }) => (code === "MODULE_SYNTAX" && place !== undefined ? [place.file] : [])),
  );
  const places = new Set(known.flatMap(({ place }) => (place === undefined ? [] : [formatPlace(place)])));
  return found.filter(
    ({ place }) => place === undefined || !(unreadable.has(place.file) || places.has(formatPlace(place))),
  );
}

/** What a promise gives, or the mistakes that it failed with. */
async function orErrors<T>(promise: Promise<T>): Promise<T | readonly TsdockError[]> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof TsdockErrors) return error.errors;
    if (isTsdockError(error)) return [error];
    throw error;
  }
}
