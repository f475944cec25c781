import type { ExecMount, FileOperation } from "../../graph/operation.ts";
import { planFileWork } from "../file/plan-file-work.ts";
import type { BuildContext } from "../operation-handler.ts";
import { contentOf, type Tree } from "../tree.ts";
import type { PlannedMount } from "./planned-mount.ts";

type BindMount = Extract<ExecMount, { type: "bind" }>;

/** Files of an image, or of a context as a copy would see them; what the command writes there is thrown away. */
export async function planBindMount(
  mount: BindMount,
  inputs: readonly Tree[],
  context: BuildContext,
): Promise<PlannedMount> {
  const { source, target, path, readonly } = mount;
  if (source.type === "context") return planContextMount(mount, source.directory, context);
  const { layers } = inputs[source.input] ?? { layers: [] };
  return {
    name: target,
    key: `bind ${path} ${readonly ? "ro" : "rw"} ${contentOf({ layers })}`,
    open: async () => ({
      env: [],
      mounts: [{ type: "tree", lower: await context.layers.snapshots(layers), path, target, readonly }],
    }),
  };
}

/** The context is packed and unpacked like any copy: what `.dockerignore` hides is not there, and the key has what is. */
async function planContextMount(
  { target, path, readonly }: BindMount,
  directory: string,
  context: BuildContext,
): Promise<PlannedMount> {
  const relative = path.replace(/^\/+|\/+$/g, "");
  const operation: FileOperation = {
    type: "file",
    link: true,
    config: [],
    action: {
      type: "copy",
      source: { type: "context", directory },
      include: [relative === "" ? "." : relative],
      exclude: [],
      destination: "/files/",
      parents: false,
    },
  };
  const planned = await planFileWork(operation, undefined, [], context);
  const isFile =
    relative !== "" &&
    context.contexts.tree(directory).get(Buffer.from(relative).toString("latin1"))?.type === "file";
  const name = relative.slice(relative.lastIndexOf("/") + 1);
  return {
    name: target,
    key: `bind context ${readonly ? "ro" : "rw"} ${planned.keyInputs["entries"] ?? ""}`,
    async open() {
      const { packEntries } = await import("../pack-entries.ts");
      const { entries, verify } = await planned.open();
      const layer = await packEntries(entries, context.store.blobs, context.signal);
      verify();
      const lower = layer === null ? [] : await context.layers.snapshots([layer]);
      return {
        env: [],
        mounts: [{ type: "tree", lower, path: isFile ? `/files/${name}` : "/files", target, readonly }],
      };
    },
  };
}
