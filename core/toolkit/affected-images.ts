import path from "node:path";
import { checkContexts } from "../build/check-contexts.ts";
import { ContextScans } from "../build/context/context-scans.ts";
import { emptyLock, lockedReferences, lockFileName, parseLock, readLock } from "../build/lock-file.ts";
import type { BuildContext } from "../build/operation-handler.ts";
import { type SymbolicState, symbolicKeys } from "../build/symbolic/symbolic-keys.ts";
import { SymbolicLayers } from "../build/symbolic/symbolic-layers.ts";
import { createWorkspaceFiles } from "../build/workspace-files.ts";
import { isTsdockError, throwAll, type TsdockError, TsdockErrors } from "../errors/tsdock-error.ts";
import { differenceSince, type RevisionDifference } from "../git/revision.ts";
import type { Definition, VertexId } from "../graph/definition.ts";
import type { SourcePlugin } from "../plugin/contract.ts";
import { type BuildSession, openSession } from "./build-session.ts";
import { type AffectedCause, CauseFinder } from "./affected/find-causes.ts";
import { imageKey } from "./affected/image-keys.ts";
import { openPast, type PastWorkspace } from "./affected/past-workspace.ts";
import type { Host } from "./host.ts";
import { openWorkspace, type Workspace, type WorkspaceRequest } from "./workspace.ts";

export interface AffectedRequest extends WorkspaceRequest {
  /** A branch, tag or commit. */
  readonly since: string;
}

export interface AffectedImage {
  readonly name: string;
  /** `unknown`: what was declared then cannot be evaluated, and so nothing is excluded. */
  readonly change: "changed" | "added" | "unknown";
  readonly causes: readonly AffectedCause[];
}

/** What `tsdock affected --json` prints. */
export interface AffectedResult {
  /** The merge base that is compared with. */
  readonly base: string;
  readonly images: readonly AffectedImage[];
  /** Images that were there and are not any more. */
  readonly removed: readonly string[];
  readonly unaffected: readonly string[];
  /** Why the declarations of then could not be evaluated; null where they could. */
  readonly reason: string | null;
}

/** The images whose keys differ between the merge base of a ref and HEAD, and the working tree. Nothing is checked out or built. */
export async function affectedImages(request: AffectedRequest, host: Host): Promise<AffectedResult> {
  return affectedIn(await openWorkspace(request, host), request, host);
}

/** The same for a workspace that is open already. */
export async function affectedIn(
  workspace: Workspace,
  request: AffectedRequest,
  host: Host,
): Promise<AffectedResult> {
  const difference = await differenceSince(request.since, workspace.directory, host);
  const { images } = workspace.compiled.definition;
  const names = images.map(({ name }) => name);
  const { commit: base, files } = difference;
  if (files.size === 0) return { base, images: [], removed: [], unaffected: names, reason: null };
  const lock = readLock(workspace.directory);
  const options = { lock, strict: false, secrets: [], ssh: [], runtime: undefined };
  await using session = await openSession(workspace, options, host);
  const newer = await sideOf(workspace, session, {}, undefined);
  const older = await pastSide(workspace, difference, request, session, host);
  if ("sides" in older) return { base, ...compare(workspace, newer, older, [...files.keys()]), reason: null };
  const all = names.map((name) => ({ name, change: "unknown", causes: [] }) as const);
  return { base, images: all, removed: [], unaffected: [], reason: older.reason };
}

type Older = { readonly past: Workspace; readonly sides: Side } | { readonly reason: string };

/** What is wrong with the declarations of then is no reason to stop, and none to leave anything out. */
async function pastSide(
  now: Workspace,
  { files }: RevisionDifference,
  request: WorkspaceRequest,
  session: BuildSession,
  host: Host,
): Promise<Older> {
  try {
    const past = await openPast(now, files, request, { ...host, emit: () => undefined });
    const sides = await sideOf(past.workspace, session, pastContext(now, past, session), past);
    return { past: past.workspace, sides };
  } catch (error) {
    const first = failuresOf(error)[0];
    if (first === undefined || host.signal.aborted) throw error;
    return { reason: first.message };
  }
}

function failuresOf(error: unknown): readonly TsdockError[] {
  if (isTsdockError(error)) return [error];
  return error instanceof TsdockErrors ? error.errors : [];
}

interface Side {
  readonly definition: Definition;
  readonly states: ReadonlyMap<VertexId, SymbolicState>;
}

function compare(
  now: Workspace,
  newer: Side,
  { past, sides: older }: Exclude<Older, { readonly reason: string }>,
  changedFiles: readonly string[],
): Pick<AffectedResult, "images" | "removed" | "unaffected"> {
  const before = new Map(older.definition.images.map((image) => [image.name, imageKey(image, older.states)]));
  const finder = new CauseFinder({
    now,
    past,
    ...newer,
    pastKeys: new Set([...older.states.values()].map(({ key }) => key)),
    changed: changedFiles,
  });
  const { images } = newer.definition;
  const changed = images.filter((image) => before.get(image.name) !== imageKey(image, newer.states));
  const names = new Set(images.map(({ name }) => name));
  return {
    images: changed.map((image) => ({
      name: image.name,
      change: before.has(image.name) ? "changed" : "added",
      causes: finder.of(image),
    })),
    removed: [...before.keys()].filter((name) => !names.has(name)),
    unaffected: images.filter((image) => !changed.includes(image)).map(({ name }) => name),
  };
}

async function sideOf(
  workspace: Workspace,
  session: BuildSession,
  other: Partial<BuildContext>,
  past: PastWorkspace | undefined,
): Promise<Side> {
  const { definition } = await compiledWhole(workspace, session, past === undefined);
  const { context, store } = session;
  // As a build does: all of it, with the places.
  if (past === undefined) throwAll(checkContexts(definition, context.contexts));
  const { executor, signal, emit } = context;
  const layers = new SymbolicLayers({ store, executor, signal, emit });
  const lock = lockedReferences(readLock(workspace.directory), true);
  const build: BuildContext = { ...context, lock, ...other, layers };
  const states = await symbolicKeys(definition, { build, layers, overlay: past?.overlay });
  return { definition, states };
}

/** A registry that does not answer is no reason to know nothing: few bases have triggers, and it is said. */
async function compiledWhole(
  workspace: Workspace,
  { context }: BuildSession,
  tell: boolean,
): Promise<Workspace["compiled"]> {
  try {
    return await workspace.withTriggers(context);
  } catch (error) {
    if (!isTsdockError(error) || !error.code.startsWith("REGISTRY_")) throw error;
    const message = `${error.message}: copies that an ONBUILD of a base makes do not count`;
    const hint = "pull the bases, or build once, so that they are known";
    if (tell) context.emit({ type: "warning", code: "TRIGGERS_UNKNOWN", message, hint });
    return workspace.compiled;
  }
}

/** What a build would have used then: files and the lock as they were, packages and plugins as they are. */
function pastContext(
  now: Workspace,
  { workspace, overlay }: PastWorkspace,
  { store }: BuildSession,
): Partial<BuildContext> {
  const file = path.join(now.directory, lockFileName);
  const bytes = overlay.exists(file) ? overlay.read(file) : undefined;
  const lock = bytes === undefined ? emptyLock : parseLock(file, Buffer.from(bytes).toString("utf8"));
  const contexts = new ContextScans({ state: store.contexts, emit: () => undefined, overlay });
  return {
    contexts,
    files: createWorkspaceFiles(now.directory, contexts, overlay),
    lock: lockedReferences(lock, true),
    plugins: workspace.compiled.plugins as ReadonlyMap<string, SourcePlugin>,
  };
}
