import path from "node:path";
import process from "node:process";
import { sendableError } from "../../build/native/child-protocol.ts";
import { HostTools } from "../../build/native/host-tools.ts";
import { isTsdockError, TsdockError } from "../../errors/tsdock-error.ts";
import { startTimeOf } from "../sandbox/processes.ts";
import { ContainerDirectory, containersDirectory } from "../state/container-directory.ts";
import { copyFiles } from "./copy-files.ts";
import type { CopyTask, FromCopier } from "./copy-task.ts";
import { containerTree, type Tree, treeOf } from "./locate.ts";
import { mountStopped } from "./mount-stopped.ts";

/*
 * The process that copies: as root, or as root of the container's user namespace, and in a mount namespace of its own
 * where the container does not run. Its standard streams are those of whoever asked.
 */

async function filesOf(task: CopyTask, container: ContainerDirectory): Promise<Tree> {
  const record = container.record();
  if (record === undefined) throw gone(task);
  if (task.running === undefined)
    return treeOf(await mountStopped(container, record, new HostTools(task.searchPath)));
  const { pid, start } = task.running;
  const tree = containerTree(`/proc/${pid}/root`);
  // The number may be another process's by now: then so is what we hold.
  if (startTimeOf(pid) !== start) throw gone(task);
  return tree;
}

async function copy(task: CopyTask): Promise<number> {
  const { direction, followLink, keepOwners, outside, inside, name, home, id } = task;
  const container = new ContainerDirectory(path.join(containersDirectory(home), id));
  const within = { tree: await filesOf(task, container), path: inside, container: name };
  const here = outside === "-" ? ("stream" as const) : { tree: treeOf("/"), path: outside };
  const [from, to] = direction === "in" ? [here, within] : [within, here];
  const temporary = path.join(container.path, `copy-${process.pid}.tar`);
  return await copyFiles({ from, to, followLink, keepOwners, temporary });
}

const gone = ({ name }: CopyTask): TsdockError =>
  new TsdockError("CONTAINER_NOT_RUNNING", `the container ${name} has just ended`, { hint: "copy again" });

/** What the system refuses is no fault of ours. */
function explained(error: unknown): unknown {
  const { code, message, path: place } = error as NodeJS.ErrnoException;
  if (isTsdockError(error) || code === undefined) return error;
  const file = place?.replace(/^\/proc\/self\/fd\/\d+\//, "") ?? "the files";
  const reason =
    code === "EROFS" ? "it is on a file system that cannot be written to" : message.replace(/, .*$/s, "");
  return new TsdockError("COPY_FAILED", `${file} cannot be copied: ${reason}`, {
    hint: "check who may read and write there",
    cause: error,
  });
}

async function answer(task: CopyTask): Promise<FromCopier> {
  try {
    return { type: "copied", bytes: await copy(task) };
  } catch (error) {
    return { type: "failed", error: sendableError(explained(error)) };
  }
}

// Whoever started us has been killed: nobody wants the rest.
process.once("disconnect", () => process.exit(1));
process.once("message", (task: CopyTask) => {
  void answer(task).then((message) => process.send?.(message, () => process.exit(0)));
});
