import process from "node:process";
import { warmLoading } from "../../analyze/loading/begin-load.ts";
import { sendableError } from "../../build/native/child-protocol.ts";
import { TsdockError, TsdockErrors } from "../../errors/tsdock-error.ts";
import { select } from "../../graph/select.ts";
import { buildImages } from "../build-images.ts";
import { explainUncaught } from "../explain-uncaught.ts";
import type { Workspace } from "../workspace.ts";
import { type Watched, watchedOf } from "./watched.ts";
import type { FromWorker, RoundRequest, SelfUrls, ToWorker } from "./worker-protocol.ts";

/*
 * The process that evaluates and builds once, for one round of `tsdock watch`, and ends. It is started ahead and waits:
 * what takes time to load is loaded when a file is saved.
 */

const self = JSON.parse(process.argv[2] ?? "{}") as SelfUrls;
const aborter = new AbortController();
let goOn: (() => void) | undefined;

/** Settles when the message has left: a watcher that is slow to read holds the build back. */
function send(message: FromWorker): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, undefined, {}, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** Nobody is there to read it any more where it fails: then this process is ended too. */
const tell = (message: FromWorker): void => void send(message).catch(() => undefined);

/** Says what must be watched, and waits until it is. */
async function announce(watched: Watched): Promise<void> {
  const answered = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  await send({ type: "watched", watched });
  await answered;
}

async function run({ options, explain, single, cwd }: RoundRequest): Promise<void> {
  const { images: names } = options;
  let announced = "";
  const announceOnce = async (watched: Watched): Promise<void> => {
    const text = JSON.stringify(watched);
    if (text === announced) return;
    announced = text;
    await announce(watched);
  };
  let workspace: Workspace | undefined;
  const result = await buildImages(
    { ...options, explain: explain ? (vertices) => tell({ type: "explained", vertices }) : undefined },
    { cwd, env: process.env, emit: (event) => tell({ type: "event", event }), signal: aborter.signal, self },
    {
      async opened(opened) {
        workspace = opened;
        await announceOnce(watchedOf(opened, opened.compiled.definition, names));
        if (single) refuseSeveral(opened, names);
      },
      async chosen(_images, definition) {
        if (workspace !== undefined) await announceOnce(watchedOf(workspace, definition, names));
      },
    },
  );
  await send({ type: "done", result });
}

function refuseSeveral({ compiled, config }: Workspace, names: readonly string[]): void {
  const chosen = select(compiled.definition, { names, groups: config.groups });
  if (chosen.length === 1) return;
  throw new TsdockError("USAGE", `--run runs one image, and ${chosen.length} are selected`, {
    hint: "name one: tsdock watch IMAGE --run",
  });
}

async function fail(error: unknown): Promise<void> {
  const errors = error instanceof TsdockErrors ? error.errors : [error];
  await send({ type: "failed", errors: errors.map(sendableError) });
}

/** Whatever modules have started must not keep it alive. */
const end = (): never => process.exit(0);

process.on("message", (message: ToWorker) => {
  switch (message.type) {
    case "go":
      run(message.request).catch(fail).then(end, end);
      return;
    case "watching":
      goOn?.();
      return;
    case "abort":
      aborter.abort(new TsdockError("INTERRUPTED", "files changed meanwhile"));
      goOn?.();
  }
});
// Whoever watched is gone.
process.on("disconnect", end);
process.on("uncaughtException", (error) => void fail(explainUncaught(error)).then(end, end));
await Promise.all([warmLoading(), ...Object.values(self).map((url) => import(url))]);
tell({ type: "ready" });
