import { TsdockError } from "../../errors/tsdock-error.ts";
import type { Vertex } from "../../graph/definition.ts";
import type { ExecMount } from "../../graph/operation.ts";
import type { MountOwner } from "../../oci/runtime/sandbox.ts";
import { digestOf } from "../../oci/spec/digest.ts";
import type { BuildContext } from "../operation-handler.ts";
import type { Cleanup } from "../../util/cleanup.ts";
import type { Tree } from "../tree.ts";
import { planBindMount } from "./plan-bind-mount.ts";
import { planCacheMount } from "./plan-cache-mount.ts";
import { ownerKey, ownerOf } from "./mount-owner.ts";
import type { PlannedMount } from "./planned-mount.ts";

export const planMounts = (
  mounts: readonly ExecMount[],
  inputs: readonly Tree[],
  vertex: Vertex,
  context: BuildContext,
): Promise<readonly PlannedMount[]> =>
  Promise.all(mounts.map((mount) => planMount(mount, inputs, vertex, context)));

async function planMount(
  mount: ExecMount,
  inputs: readonly Tree[],
  vertex: Vertex,
  context: BuildContext,
): Promise<PlannedMount> {
  switch (mount.type) {
    case "cache":
      return planCacheMount(mount, inputs, vertex, context);
    case "bind":
      return planBindMount(mount, inputs, context);
    case "secret":
      return planSecret(mount, vertex, context);
    case "ssh":
      return planSsh(mount, vertex, context);
    case "file": {
      const content =
        "text" in mount.content
          ? Buffer.from(mount.content.text)
          : Buffer.from(mount.content.base64, "base64");
      return {
        name: mount.target,
        key: `file ${mount.mode} ${digestOf(content)}`,
        open: () =>
          Promise.resolve({
            env: [],
            mounts: [{ type: "file", content, target: mount.target, mode: mount.mode, uid: 0, gid: 0 }],
          }),
      };
    }
    case "tmpfs": {
      const size = mount.size === undefined ? {} : { size: mount.size };
      return {
        name: mount.target,
        key: `tmpfs ${mount.size ?? ""}`,
        open: () => Promise.resolve({ env: [], mounts: [{ type: "tmpfs", target: mount.target, ...size }] }),
      };
    }
  }
}

function planSecret(
  mount: Extract<ExecMount, { type: "secret" }>,
  vertex: Vertex,
  context: BuildContext,
): PlannedMount {
  const target = mount.target ?? (mount.env === undefined ? `/run/secrets/${mount.id}` : undefined);
  return {
    name: `secret ${mount.id} ${target ?? ""} ${mount.env ?? ""}`,
    key: `secret ${mount.id} ${mount.required ? "required" : "optional"} ${mount.mode ?? ""} ${mount.uid ?? ""} ${mount.gid ?? ""}`,
    async open() {
      const read = context.secrets.get(mount.id);
      if (read === undefined) {
        if (!mount.required) return { mounts: [], env: [] };
        throw new TsdockError("SECRET_MISSING", `${vertex.name} needs the secret ${mount.id}`, {
          place: vertex.site?.place(),
          hint: `give it: --secret id=${mount.id},src=FILE or --secret id=${mount.id},env=VARIABLE`,
        });
      }
      const content = await read();
      const { mode = 0o400, uid = 0, gid = 0 } = mount;
      return {
        mounts: target === undefined ? [] : [{ type: "file", content, target, mode, uid, gid }],
        env: mount.env === undefined ? [] : [`${mount.env}=${Buffer.from(content).toString("utf8")}`],
      };
    },
  };
}

function planSsh(
  mount: Extract<ExecMount, { type: "ssh" }>,
  vertex: Vertex,
  context: BuildContext,
): PlannedMount {
  const target = mount.target ?? `/run/tsdock/ssh_agent.${mount.id}`;
  return {
    name: `ssh ${mount.id} ${target}`,
    key: `ssh ${mount.id} ${mount.required ? "required" : "optional"}${ownerKey(mount)}`,
    async open(stack) {
      const socket = context.ssh.get(mount.id);
      if (socket !== undefined) {
        return {
          mounts: [
            { type: "bind", target, readonly: false, ...(await ownSocket(mount, socket, context, stack)) },
          ],
          env: [`SSH_AUTH_SOCK=${target}`],
        };
      }
      if (!mount.required) return { mounts: [], env: [] };
      throw new TsdockError("SSH_MISSING", `${vertex.name} needs the ssh agent ${mount.id}`, {
        place: vertex.site?.place(),
        hint:
          mount.id === "default"
            ? "start an agent and give --ssh default"
            : `give it: --ssh ${mount.id}=SOCKET`,
      });
    },
  };
}

/** The agent's socket as it is; where an owner or a mode is named, one of our own that leads to it: 600 and 0:0 unless given. */
async function ownSocket(
  mount: Extract<ExecMount, { type: "ssh" }>,
  socket: string,
  context: BuildContext,
  stack: Cleanup,
): Promise<{ readonly source: string; readonly owner?: MountOwner }> {
  const owner = ownerOf(mount);
  if (owner === undefined) return { source: socket };
  const { forwardAgent } = await import("./forward-agent.ts");
  const place = stack.use(await context.store.blobs.pending());
  const forwarded = stack.use(await forwardAgent(socket, place.path));
  return { source: forwarded.socket, owner: { mode: 0o600, uid: 0, gid: 0, ...owner } };
}
