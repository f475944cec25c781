import { posix } from "node:path";
import type { Vertex } from "../../../graph/definition.ts";
import { planExec } from "../../../graph/exec-plan.ts";
import type { CopySource, ExecMount, ExecOperation } from "../../../graph/operation.ts";
import type { ContainerConfig } from "../../../oci/spec/image-config.ts";
import type { Message } from "../messages.ts";
import { bytesOf } from "./file-operation.ts";
import { Inputs, none, type Output } from "./graph-writer.ts";

export interface ExecSurroundings {
  readonly vertex: Vertex;
  readonly inputs: readonly Output[];
  /** Of the source below. */
  readonly base: ContainerConfig;
  readonly context: (directory: string) => Output;
  /** Something made out of nothing, for a mount. */
  readonly made: (actions: readonly Message[]) => Output;
}

const types = { bind: 0, secret: 1, ssh: 2, cache: 3, tmpfs: 4 } as const;
const sharings = { shared: 0, private: 1, locked: 2 } as const;
const networks = { default: 0, host: 1, none: 2 } as const;

/** An `ExecOp`: output 0 is the tree that the command leaves. */
export function execOperation(op: ExecOperation, around: ExecSurroundings): Message {
  const inputs = new Inputs();
  const { argv, env, cwd, user } = planExec(op, around.base);
  const root: Message = {
    input: op.base === undefined ? none : inputs.add(around.inputs[op.base]),
    dest: "/",
    output: 0,
  };
  const mounts = op.mounts.flatMap((mount) => mountOf(mount, inputs, around));
  const agent = op.mounts.find((mount) => mount.type === "ssh");
  return {
    inputs: inputs.list,
    exec: {
      meta: {
        args: argv,
        env: agent === undefined ? env : [...env, `SSH_AUTH_SOCK=${agentPath(agent)}`],
        cwd,
        user,
        // Places that were made for mounts do not stay in the image.
        removeMountStubsRecursive: true,
      },
      mounts: [root, ...mounts],
      network: networks[op.network],
      secretenv: op.mounts.flatMap((mount) =>
        mount.type === "secret" && mount.env !== undefined
          ? [{ ID: mount.id, name: mount.env, optional: !mount.required }]
          : [],
      ),
    },
  };
}

const agentPath = ({ target }: Extract<ExecMount, { type: "ssh" }>): string =>
  target ?? "/run/buildkit/ssh_agent.0";

function mountOf(mount: ExecMount, inputs: Inputs, around: ExecSurroundings): readonly Message[] {
  const plain = (type: keyof typeof types, dest: string): Message => ({
    input: none,
    dest,
    output: none,
    mountType: types[type],
  });
  switch (mount.type) {
    case "cache":
      return [
        {
          ...plain("cache", mount.target),
          ...cacheContent(mount, inputs, around),
          readonly: mount.readonly,
          cache: { ID: mount.id, sharing: sharings[mount.sharing] },
        },
      ];
    case "secret":
      if (mount.target === undefined) return [];
      return [
        {
          ...plain("secret", mount.target),
          secret: { ID: mount.id, ...owned(mount, 0o400), optional: !mount.required },
        },
      ];
    case "ssh":
      return [
        {
          ...plain("ssh", agentPath(mount)),
          ssh: { ID: mount.id, ...owned(mount, 0o600), optional: !mount.required },
        },
      ];
    case "bind":
      return [
        {
          ...plain("bind", mount.target),
          input: inputs.add(sourceOf(mount.source, around)),
          selector: mount.path,
          readonly: mount.readonly,
        },
      ];
    case "tmpfs":
      return [{ ...plain("tmpfs", mount.target), tmpfs: { size: mount.size ?? 0 } }];
    case "file": {
      const name = `/${posix.basename(mount.target)}`;
      const data = bytesOf(mount.content);
      const file = around.made([{ mkfile: { path: name, mode: mount.mode, data } }]);
      return [{ ...plain("bind", mount.target), input: inputs.add(file), selector: name, readonly: true }];
    }
  }
}

const owned = (
  mount: { readonly mode?: number; readonly uid?: number; readonly gid?: number },
  mode: number,
): Message => ({ uid: mount.uid ?? 0, gid: mount.gid ?? 0, mode: mount.mode ?? mode });

/** What an empty cache begins with: files of another tree, or a directory with its mode and owner. */
function cacheContent(
  mount: Extract<ExecMount, { type: "cache" }>,
  inputs: Inputs,
  around: ExecSurroundings,
): Message {
  if (mount.from !== undefined)
    return { input: inputs.add(around.inputs[mount.from]), selector: mount.source ?? "/" };
  if (mount.mode === undefined && mount.uid === undefined && mount.gid === undefined) return {};
  const owner = { user: { byID: mount.uid ?? 0 }, group: { byID: mount.gid ?? 0 } };
  const directory = around.made([{ mkdir: { path: "/cache", mode: mount.mode ?? 0o755, owner } }]);
  return { input: inputs.add(directory), selector: "/cache" };
}

const sourceOf = (source: CopySource, around: ExecSurroundings): Output =>
  source.type === "context" ? around.context(source.directory) : around.inputs[source.input];
