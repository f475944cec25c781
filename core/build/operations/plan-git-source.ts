import { TsdockError } from "../../errors/tsdock-error.ts";
import { sourceImageConfig } from "../../graph/assemble-image.ts";
import type { Vertex } from "../../graph/definition.ts";
import type { SourceOperation } from "../../graph/operation.ts";
import { indexLayer } from "../../oci/layer/index-layer.ts";
import { formatPlatform } from "../../oci/spec/platform.ts";
import { archiveGitCommit, gitEntry, isCommit } from "../git-source.ts";
import type { BuildContext, PlannedAction } from "../operation-handler.ts";
import { packEntries } from "../pack-entries.ts";

type GitOperation = Extract<SourceOperation, { kind: "git" }>;

/** The files of a commit as one layer: keyed by the commit, whatever ref led to it. */
export async function planGitSource(
  op: GitOperation,
  vertex: Vertex,
  context: BuildContext,
): Promise<PlannedAction> {
  const { repository, subdirectory } = op;
  const commit = await commitOf(op, vertex, context);
  return {
    inputs: {
      op: "git",
      platform: formatPlatform(vertex.platform),
      commit,
      subdirectory: subdirectory ?? "",
      clampTime: String(context.clampTime),
    },
    async run() {
      await using directory = await context.store.snapshots.pending();
      await using tar = await context.store.blobs.pending();
      await archiveGitCommit(
        { repository, commit, subdirectory },
        { directory: directory.path, tar: tar.path },
        context.signal,
      );
      const entries = indexLayer(tar.path).flatMap((entry) => {
        // git archive writes 664 and 775 as its own umask has it; a file is executable or it is not.
        const mode = entry.type === "directory" || (entry.mode & 0o100) !== 0 ? 0o755 : 0o644;
        const settled = { ...entry, mtime: context.clampTime, uid: 0, gid: 0 };
        return entry.path === "" ? [] : [entry.type === "symlink" ? settled : { ...settled, mode }];
      });
      return { layer: await packEntries(entries, context.store.blobs, context.signal) };
    },
    tree({ layer }) {
      const layers = layer === null ? [] : [layer];
      const config = sourceImageConfig(
        vertex.platform,
        layers.map(({ diffId }) => ({ diffId, createdBy: `ADD ${repository}#${commit}` })),
      );
      return { layers, base: { config } };
    },
    available: ({ layer }) => layer === null || context.layers.has(layer.diffId),
  };
}

function commitOf(op: GitOperation, vertex: Vertex, { lock, gitCommit }: BuildContext): Promise<string> {
  const locked = isCommit(op.ref) ? op.ref : lock.gitCommit(gitEntry(op));
  if (locked !== undefined) return Promise.resolve(locked);
  if (!lock.strict) {
    lock.resolved.add(gitEntry(op));
    return gitCommit(op);
  }
  throw new TsdockError(
    "LOCK_MISSING",
    `${gitEntry(op)} is not in tsdock.lock, and --locked forbids to resolve it`,
    { place: vertex.site?.place(), hint: "run tsdock lock and commit tsdock.lock" },
  );
}
