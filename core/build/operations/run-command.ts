import type { Vertex } from "../../graph/definition.ts";
import type { ExecPlan } from "../../graph/exec-plan.ts";
import type { ExecOperation } from "../../graph/operation.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { formatPlatform, hostPlatform } from "../../oci/spec/platform.ts";
import { Cleanup } from "../../util/cleanup.ts";
import type { ExecOutcome, ExecRequest, SandboxMount } from "../executor.ts";
import type { PlannedMount } from "../mounts/planned-mount.ts";
import type { ActionOutput, BuildContext, VertexLog } from "../operation-handler.ts";
import { sandboxId } from "../sandbox-id.ts";
import type { Tree } from "../tree.ts";

/** A RUN that is not cached. */
export interface CommandRun {
  readonly command: ExecPlan;
  readonly mounts: readonly PlannedMount[];
  readonly tree: Tree;
  readonly network: ExecOperation["network"];
  readonly vertex: Vertex;
  readonly context: BuildContext;
  readonly log: VertexLog;
}

/** Errors `RUN_FAILED`, `PLATFORM_CANNOT_RUN`, and those of what it mounts. */
export async function runCommand(run: CommandRun): Promise<ActionOutput> {
  const { context, vertex, log } = run;
  requireOwnArchitecture(vertex);
  const executor = await context.executor();
  await using stack = new Cleanup();
  const tar = stack.use(await context.store.blobs.pending());
  const snapshot = stack.use(await context.store.snapshots.pending());
  const opened = await Promise.all(run.mounts.map((mount) => mount.open(stack)));
  const request: ExecRequest = {
    id: sandboxId(vertex.id),
    argv: run.command.argv,
    env: [...proxiesFor(run), ...run.command.env, ...opened.flatMap((mount) => mount.env)],
    cwd: run.command.cwd,
    user: run.command.user,
    hostname: "tsdock",
    lower: await context.layers.snapshots(run.tree.layers),
    mounts: [...(await ephemeralMounts(run)), ...opened.flatMap((mount) => mount.mounts)],
    network: run.network === "none" ? "none" : "host",
    capture: { tar: tar.path, snapshot: snapshot.path, clampTime: context.clampTime },
    output: (stream, chunk) => log.write(stream, chunk),
  };
  const outcome = await executor.exec(request, context.signal);
  if (outcome.exitCode !== 0) throw commandFailed(run, outcome);
  if (outcome.layer === undefined) return { layer: null };
  await tar.commit(outcome.layer.diffId, outcome.layer.size);
  await snapshot.commit(outcome.layer.diffId);
  return { layer: outcome.layer };
}

function requireOwnArchitecture(vertex: Vertex): void {
  const host = hostPlatform();
  if (vertex.platform.architecture === host.architecture) return;
  throw new TsdockError(
    "PLATFORM_CANNOT_RUN",
    `this machine is ${formatPlatform(host)} and cannot run a step for ${formatPlatform(vertex.platform)}`,
    {
      hint: "images that only copy files can be built for any platform; others need a machine of that platform",
    },
  );
}

/** Proxies of this machine are there while a command runs, unless the image sets its own. */
const proxiesFor = ({ context, command }: CommandRun): readonly string[] => {
  const own = new Set(command.env.map((entry) => entry.slice(0, entry.indexOf("="))));
  return Object.entries(context.proxyEnvironment).flatMap(([name, value]) =>
    own.has(name) ? [] : [`${name}=${value}`],
  );
};

async function ephemeralMounts({ tree }: CommandRun): Promise<readonly SandboxMount[]> {
  const files = (await tree.base.ephemeral?.()) ?? [];
  return files.map((file) => ({ ...file, type: "file", uid: 0, gid: 0 }));
}

function commandFailed({ vertex, command, log }: CommandRun, outcome: ExecOutcome): TsdockError {
  const missing = outcome.exitCode === 127 ? `; is ${command.argv[0] ?? "the command"} in the image?` : "";
  return new TsdockError("RUN_FAILED", `${vertex.name} ended with exit code ${outcome.exitCode}${missing}`, {
    place: vertex.site?.place(),
    details: log.text(),
    hint: "the log above is all that it printed; nothing of the failed step was kept",
  });
}
