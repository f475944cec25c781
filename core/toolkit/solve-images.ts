import { Cleanup } from "../util/cleanup.ts";
import { checkContexts } from "../build/check-contexts.ts";
import { readLock } from "../build/lock-file.ts";
import { type Solution, solve } from "../build/solver.ts";
import { type BuiltImage, storeImage, unfinished } from "../build/store-image.ts";
import { defaultImages } from "../config/module-places.ts";
import { throwAll } from "../errors/tsdock-error.ts";
import type { CompiledImage, Definition, Vertex } from "../graph/definition.ts";
import { narrow, select } from "../graph/select.ts";
import { formatPlatform } from "../oci/spec/platform.ts";
import { type KeptRecord, recordBuild } from "./build-record.ts";
import { type BuildSession, openSession } from "./build-session.ts";
import type { Host } from "./host.ts";
import { tellUnlocked } from "./lock-notice.ts";
import { nameImages } from "./name-images.ts";
import type { SolveSelection } from "./solve-options.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";
import { nowMs } from "../util/now-ms.ts";

/** A build that is done: its images are in the store under `NAME:latest`. */
export interface SolvedImages extends AsyncDisposable {
  readonly workspace: Workspace;
  readonly session: BuildSession;
  readonly definition: Definition;
  readonly solution: Solution;
  readonly images: readonly BuiltImage[];
}

/** What else happens on the way from a selection to its images. */
export interface SolveHooks {
  /** Called when the declarations are evaluated and compiled. */
  readonly opened?: (workspace: Workspace) => Promise<void>;
  /** Called when it is known which images are meant, before anything is solved. */
  readonly chosen?: (
    images: readonly CompiledImage[],
    /** What they need, triggers of bases in registries included. */
    definition: Definition,
    session: BuildSession,
  ) => Promise<void>;
  /** Called when a build that did something is over and recorded, also one that failed. */
  readonly recorded?: (record: KeptRecord, session: BuildSession) => Promise<void>;
  /** Called before each action that is not cached: it runs when this is done. */
  readonly beforeRun?: () => Promise<void>;
  /** Images get no name in the store and the build is not recorded: they are only looked at. Hold a lease while they are. */
  readonly unnamed?: true;
}

/** Loads the workspace, solves what the selected images need and stores them. Throws every failure of the build at its end. */
export async function solveImages(
  selection: SolveSelection,
  host: Host,
  hooks: SolveHooks = {},
): Promise<SolvedImages> {
  const workspace = await openWorkspace(
    { config: selection.config, params: selection.params, platforms: selection.platforms },
    host,
  );
  await hooks.opened?.(workspace);
  return solveIn(workspace, selection, host, hooks);
}

/** The same for a workspace that is open already. */
export async function solveIn(
  workspace: Workspace,
  selection: SolveSelection,
  host: Host,
  hooks: SolveHooks = {},
): Promise<SolvedImages> {
  const lock = readLock(workspace.directory);
  await using stack = new Cleanup();
  const { locked, secrets, ssh, runtime } = selection;
  const session = stack.use(
    await openSession(workspace, { lock, strict: locked, secrets, ssh, runtime }, host),
  );
  const selected = { names: selection.images, groups: workspace.config.groups };
  const plain = workspace.compiled.definition;
  // Bases of images that nobody asked for are nobody's concern.
  const compiled = await workspace.withTriggers(session.context, narrow(plain, select(plain, selected)));
  const chosen = select(compiled.definition, selected);
  const definition = narrow(compiled.definition, chosen);
  await hooks.chosen?.(chosen, definition, session);
  if (compiled.definition.images.length === 0) warnOfNoImages(workspace, host);
  throwAll(checkContexts(definition, session.context.contexts));
  host.emit({ type: "action.start", action: "build", images: chosen.map((image) => image.name) });
  const start = nowMs();
  const solution = await solve(definition, session.context, {
    jobs: selection.jobs,
    keepGoing: selection.keepGoing,
    noCache: noCacheFilter(selection.noCache, compiled.definition, workspace),
    beforeRun: hooks.beforeRun,
  });
  const images = await storeAll(chosen, solution, session, host, hooks);
  const build = { workspace, definition, solution, images };
  const record = hooks.unnamed === true ? undefined : await recordBuild(session.store, build);
  if (record !== undefined) await hooks.recorded?.(record, session);
  host.emit({ type: "action.done", ms: nowMs() - start, ok: solution.errors.length === 0 });
  tellUnlocked(session.context.lock.resolved, host.emit);
  throwAll(solution.errors);
  host.signal.throwIfAborted();
  const owned = stack.move();
  return {
    workspace,
    session,
    definition,
    solution,
    images,
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

function warnOfNoImages({ config, modules }: Workspace, host: Host): void {
  const patterns = (config.images ?? defaultImages).join(", ");
  const [message, hint] =
    modules.length === 0
      ? [`no file below ${config.directory} matches \`images\`: ${patterns}`, "call a module web.image.ts"]
      : ["no module exports an image", "tsdock check says what is wrong with exports"];
  host.emit({ type: "warning", code: "NO_IMAGES", message, hint });
}

function noCacheFilter(
  noCache: SolveSelection["noCache"],
  definition: Definition,
  workspace: Workspace,
): (vertex: Vertex) => boolean {
  if (typeof noCache === "boolean") return () => noCache;
  const images = new Set(
    select(definition, { names: noCache, groups: workspace.config.groups }).map((image) => image.name),
  );
  return (vertex) => vertex.images.some((image) => images.has(image));
}

/** What is complete is kept also when another image failed: the next build begins there. */
async function storeAll(
  chosen: readonly CompiledImage[],
  solution: Solution,
  { context, store }: BuildSession,
  host: Host,
  { unnamed }: SolveHooks,
): Promise<readonly BuiltImage[]> {
  const complete = chosen.filter((image) => !unfinished(image, solution));
  if (complete.length === 0) return [];
  const built = await Promise.all(complete.map((image) => storeImage(image, solution, context)));
  const current = new Map(store.images.list().map((image) => [image.name, image.descriptor.digest]));
  const changed = built.flatMap(({ name, descriptor }) =>
    current.get(`${name}:latest`) === descriptor.digest ? [] : [{ name: `${name}:latest`, descriptor }],
  );
  if (unnamed !== true) await nameImages(store, changed, { built: true });
  for (const { name, platforms, cached } of built) {
    for (const { platform, imageId } of platforms) {
      host.emit({ type: "image.done", image: name, platform: formatPlatform(platform), imageId, cached });
    }
  }
  return built;
}
