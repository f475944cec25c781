import { type LockContent, lockFileName, readLock, writeLock } from "../build/lock-file.ts";
import { throwAll, TsdockError } from "../errors/tsdock-error.ts";
import { nearestNames } from "../graph/nearest-names.ts";
import { narrow, select } from "../graph/select.ts";
import { canonicalJson } from "../util/json.ts";
import { openSession } from "./build-session.ts";
import type { Host } from "./host.ts";
import { type LockEntry, lockEntries, type MutableLock } from "./lock-entries.ts";
import { openWorkspace } from "./workspace.ts";

export interface LockRequest {
  readonly images: readonly string[];
  readonly platforms: readonly string[];
  readonly params: Readonly<Record<string, string>>;
  readonly config: string | undefined;
  /** Resolve again: everything, or these references and plugin names. */
  readonly update: boolean | readonly string[];
  /** Only compare: nothing is written. */
  readonly check: boolean;
}

export interface LockResult {
  readonly file: string;
  readonly entries: readonly {
    readonly entry: string;
    readonly action: "add" | "update" | "keep" | "remove" | "missing";
    readonly to?: string;
  }[];
}

/** Pins what names that move stand for. What no image uses any more is removed when all images are locked. */
export async function lockWorkspace(request: LockRequest, host: Host): Promise<LockResult> {
  const workspace = await openWorkspace(request, host);
  const { definition } = workspace.compiled;
  const before = readLock(workspace.directory);
  await using session = await openSession(
    workspace,
    { lock: before, strict: false, secrets: [], ssh: [], runtime: undefined },
    host,
  );
  const narrowed = narrow(
    definition,
    select(definition, { names: request.images, groups: workspace.config.groups }),
  );
  const wanted = lockEntries(narrowed, before, session.context);
  const next: MutableLock = request.images.length > 0 ? copyOf(before) : { images: {}, git: {}, plugins: {} };
  checkUpdate(request.update, wanted);
  const entries = await Promise.all(wanted.map((one) => settle(one, request, next)));
  const removed = request.images.length > 0 ? [] : unused(before, wanted);
  if (!request.check) writeIfChanged(workspace.directory, before, next);
  return {
    file: lockFileName,
    entries: [...entries, ...removed.map((entry) => ({ entry, action: "remove" as const }))],
  };
}

/** A name after `--update` that pins nothing is a mistake, not a wish that came true. */
function checkUpdate(update: LockRequest["update"], wanted: readonly LockEntry[]): void {
  const known = [...new Set(wanted.flatMap(({ names }) => names))];
  throwAll(
    (typeof update === "boolean" ? [] : update)
      .filter((name) => !known.includes(name))
      .map((name) => {
        const near = nearestNames(name, known);
        const all = known.length === 0 ? "nothing here needs to be pinned" : `there are ${known.join(", ")}`;
        return new TsdockError("USAGE", `--update ${name}: no image here uses that`, {
          hint: near.length > 0 ? `did you mean ${near.join(" or ")}?` : all,
        });
      }),
  );
}

async function settle(
  wanted: LockEntry,
  { update, check }: LockRequest,
  next: MutableLock,
): Promise<LockResult["entries"][number]> {
  const { entry, current } = wanted;
  const again = typeof update === "boolean" ? update : wanted.names.some((name) => update.includes(name));
  if (current !== undefined && (!again || check)) {
    wanted.put(next, current);
    return { entry, action: "keep" };
  }
  if (check) return { entry, action: "missing" };
  const value = await wanted.resolve();
  wanted.put(next, value);
  if (current !== undefined && canonicalJson(current) === canonicalJson(value))
    return { entry, action: "keep" };
  return {
    entry,
    action: current === undefined ? "add" : "update",
    ...(typeof value === "string" ? { to: value } : {}),
  };
}

const copyOf = (lock: LockContent): MutableLock => ({
  images: { ...lock.images },
  git: { ...lock.git },
  plugins: Object.fromEntries(Object.entries(lock.plugins).map(([name, entries]) => [name, { ...entries }])),
});

function unused(before: LockContent, wanted: readonly LockEntry[]): readonly string[] {
  const next: MutableLock = { images: {}, git: {}, plugins: {} };
  for (const one of wanted) one.put(next, null);
  const images = Object.keys(before.images).filter((reference) => !(reference in next.images));
  const plugins = Object.entries(before.plugins).flatMap(([plugin, entries]) =>
    Object.keys(entries).flatMap((key) => (key in (next.plugins[plugin] ?? {}) ? [] : [`${plugin} ${key}`])),
  );
  const git = Object.keys(before.git).filter((entry) => !(entry in next.git));
  return [...images, ...git, ...plugins];
}

function writeIfChanged(directory: string, before: LockContent, next: MutableLock): void {
  const content: LockContent = { version: 1, ...next };
  if (canonicalJson(before) !== canonicalJson(content)) writeLock(directory, content);
}
