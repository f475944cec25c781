import { isTsdockError } from "../../errors/tsdock-error.ts";
import type { LayerTask, LayerTaskOutcome } from "./layer-task.ts";
import { packLayerToFile } from "./pack-layer.ts";
import { unpackLayer } from "./unpack-layer.ts";

/** The entry of the worker threads that pack and unpack: one task, one outcome. Bugs are thrown as they are. */
export default function runLayerTask(task: LayerTask): LayerTaskOutcome<LayerTask["kind"]> {
  try {
    const value =
      task.kind === "pack"
        ? packLayerToFile(task.entries, task.file)
        : unpackLayer(task.tarFile, task.directory, task.options);
    return { ok: true, value };
  } catch (error) {
    if (!isTsdockError(error)) throw error;
    const { code, message, hint, details } = error;
    return { ok: false, error: { code, message, hint, details } };
  }
}
