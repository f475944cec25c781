import { Cleanup } from "../../util/cleanup.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { Vertex } from "../../graph/definition.ts";
import { type ExecPlan, planExec as planCommand } from "../../graph/exec-plan.ts";
import type { ExecOperation } from "../../graph/operation.ts";
import { formatPlatform, hostPlatform } from "../../oci/spec/platform.ts";
import { canonicalJson } from "../../util/json.ts";
import type { ExecOutcome, ExecRequest, SandboxMount } from "../executor.ts";
import { planMounts } from "../mounts/plan-mounts.ts";
import type { PlannedMount } from "../mounts/planned-mount.ts";
import type { ActionOutput, BuildContext, PlannedAction, VertexLog } from "../operation-handler.ts";
import { sandboxId } from "../sandbox-id.ts";
import { scratchBase } from "../scratch-base.ts";
import { contentOf, type Tree, withLayer } from "../tree.ts";

/** RUN: may read every file of its base, so its key has the whole stack; secrets and proxies are not in it. */
export async function planExec(
  op: ExecOperation,
  inputs: readonly Tree[],
  vertex: Vertex,
  context: BuildContext,
): Promise<PlannedAction> {
  const base = op.base === undefined ? undefined : inputs[op.base];
  const tree: Tree = base ?? { layers: [], base: scratchBase(vertex.platform) };
  const command = planCommand(op, tree.base.config.config ?? {});
  const mounts = await planMounts(op.mounts, inputs, vertex, context);
  return {
    inputs: {
      op: "exec",
      platform: formatPlatform(vertex.platform),
      base: contentOf(tree),
      argv: canonicalJson(command.argv),
      env: canonicalJson(command.env),
      cwd: command.cwd,
      user: command.user,
      network: op.network,
      clampTime: String(context.clampTime),
      ...Object.fromEntries(mounts.map((mount) => [`mount ${mount.name}`, mount.key])),
    },
    run: (log) => runCommand({ command, mounts, tree, network: op.network, vertex, context, log }),
    tree: (output) => withLayer(tree, output.layer),
    available: (output) => output.layer === null || context.layers.has(output.layer.diffId),
  };
}

interface Run {
  readonly command: ExecPlan;
  readonly mounts: readonly PlannedMount[];
  readonly tree: Tree;
  readonly network: ExecOperation["network"];
  readonly vertex: Vertex;
  readonly context: BuildContext;
  readonly log: VertexLog;
}

async function runCommand(run: Run): Promise<ActionOutput> {
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
const proxiesFor = ({ context, command }: Run): readonly string[] => {
  const own = new Set(command.env.map((entry) => entry.slice(0, entry.indexOf("="))));
  return Object.entries(context.proxyEnvironment).flatMap(([name, value]) =>
    own.has(name) ? [] : [`${name}=${value}`],
  );
};

async function ephemeralMounts({ tree }: Run): Promise<readonly SandboxMount[]> {
  const files = (await tree.base.ephemeral?.()) ?? [];
  return files.map((file) => ({ ...file, type: "file", uid: 0, gid: 0 }));
}

function commandFailed({ vertex, command, log }: Run, outcome: ExecOutcome): TsdockError {
  const missing = outcome.exitCode === 127 ? `; is ${command.argv[0] ?? "the command"} in the image?` : "";
  return new TsdockError("RUN_FAILED", `${vertex.name} ended with exit code ${outcome.exitCode}${missing}`, {
    place: vertex.site?.place(),
    details: log.text(),
    hint: "the log above is all that it printed; nothing of the failed step was kept",
  });
}
