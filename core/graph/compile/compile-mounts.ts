import type { Mount } from "../../declare/mount.ts";
import type { Site } from "../../declare/site.ts";
import type { VertexId } from "../definition.ts";
import type { ExecMount } from "../operation.ts";
import { resolveFrom } from "../posix-path.ts";
import {
  checkAbsolute,
  checkContextPath,
  checkMode,
  checkSize,
  checkText,
  checkTreePath,
  checkValues,
} from "./check.ts";
import { checkMountOptions, isMount } from "./check-options.ts";
import type { Draft, Workshop } from "./draft.ts";
import { contentOf, sourceOf } from "./plan-file.ts";
import { problem } from "./problems.ts";

export interface CompiledMounts {
  readonly list: ExecMount[];
  /** Of the vertex: the base first. */
  readonly inputs: VertexId[];
}

/** Mounts of a step; inputs that they name come after those of the step. */
export function compileMounts(
  workshop: Workshop,
  draft: Draft,
  mounts: readonly Mount[],
  base: readonly VertexId[],
  site: Site,
): CompiledMounts {
  const compiled: CompiledMounts = { list: [], inputs: [...base] };
  const targets = new Set<string>();
  for (const mount of mounts) {
    const one = compileMount(workshop, draft, mount, compiled.inputs, site);
    for (const target of [
      one.type === "secret" && one.env !== undefined ? `$${one.env}` : undefined,
      one.target,
    ]) {
      if (target === undefined) continue;
      if (targets.has(target)) throw problem("MOUNT_DUPLICATE", `two mounts have the target ${target}`, site);
      targets.add(target);
    }
    compiled.list.push(one);
  }
  return compiled;
}

function target(value: unknown, site: Site): string {
  const path = resolveFrom("/", checkAbsolute(value, "the target of a mount", site));
  if (path !== "/") return path;
  throw problem("MOUNT_INVALID", "nothing can be mounted on the root directory", site);
}

function owned(
  mount: { readonly mode?: string; readonly uid?: number; readonly gid?: number },
  site: Site,
): {
  mode?: number;
  uid?: number;
  gid?: number;
} {
  for (const id of [mount.uid, mount.gid]) {
    if (id !== undefined && !(Number.isInteger(id) && id >= 0 && id < 2 ** 32)) {
      throw problem("MOUNT_INVALID", `${JSON.stringify(id)} is not a numeric user or group`, site);
    }
  }
  return {
    ...(mount.mode === undefined ? {} : { mode: checkMode(mount.mode, site) }),
    ...(mount.uid === undefined ? {} : { uid: mount.uid }),
    ...(mount.gid === undefined ? {} : { gid: mount.gid }),
  };
}

function compileMount(
  workshop: Workshop,
  draft: Draft,
  mount: Mount,
  inputs: VertexId[],
  site: Site,
): ExecMount {
  if (!isMount(mount)) {
    throw problem(
      "MOUNT_INVALID",
      "mounts are made by mount.cache, mount.secret, mount.ssh, mount.bind, mount.tmpfs and mount.file",
      site,
    );
  }
  checkMountOptions(mount, site);
  switch (mount.type) {
    case "cache":
      return compileCache(workshop, draft, mount, inputs, site);
    case "secret":
      return compileSecret(mount, site);
    case "ssh":
      return {
        type: "ssh",
        id: identifier(mount.id ?? "default", site),
        ...(mount.target === undefined ? {} : { target: target(mount.target, site) }),
        required: mount.required ?? true,
        ...owned(mount, site),
      };
    case "bind": {
      const { source, inputs: more } = sourceOf(workshop, draft, mount, site, inputs.length);
      inputs.push(...more);
      const path = mount.source ?? (mount.from === undefined ? "." : "/");
      const checked =
        mount.from === undefined ? checkContextPath(path, draft.context(), site) : checkTreePath(path, site);
      return {
        type: "bind",
        target: target(mount.target, site),
        source,
        path: resolveFrom("/", checked),
        readonly: mount.writable !== true,
      };
    }
    case "tmpfs":
      return {
        type: "tmpfs",
        target: target(mount.target, site),
        ...(mount.size === undefined ? {} : { size: checkSize(mount.size, site) }),
      };
    case "file":
      return {
        type: "file",
        target: target(mount.target, site),
        content: contentOf(mount.content, site),
        mode: mount.mode === undefined ? 0o644 : checkMode(mount.mode, site),
      };
  }
}

function identifier(value: unknown, site: Site): string {
  const id = checkText(value, "the id of a mount", site);
  if (id === "" || /[\s,=]/.test(id))
    throw problem("MOUNT_INVALID", `${JSON.stringify(id)} cannot be the id of a mount`, site);
  return id;
}

function compileCache(
  workshop: Workshop,
  draft: Draft,
  mount: Extract<Mount, { type: "cache" }>,
  inputs: VertexId[],
  site: Site,
): ExecMount {
  const path = target(mount.target, site);
  const sharing = mount.sharing ?? "shared";
  if (!["shared", "private", "locked"].includes(sharing)) {
    throw problem(
      "MOUNT_INVALID",
      `${JSON.stringify(sharing)} is not a way of sharing`,
      site,
      "write shared, private or locked",
    );
  }
  if (mount.source !== undefined && mount.from === undefined) {
    throw problem("MOUNT_INVALID", "a cache has `source` only together with `from`", site);
  }
  const begun = Object.hasOwn(mount, "from")
    ? sourceOf(workshop, draft, mount, site, inputs.length)
    : undefined;
  const from = begun?.source.type === "input" ? { from: begun.source.input } : {};
  inputs.push(...(begun?.inputs ?? []));
  return {
    type: "cache",
    target: path,
    id: mount.id === undefined ? path : identifier(mount.id, site),
    sharing,
    readonly: mount.readonly ?? false,
    ...from,
    ...(mount.source === undefined ? {} : { source: resolveFrom("/", checkTreePath(mount.source, site)) }),
    ...owned(mount, site),
  };
}

function compileSecret(mount: Extract<Mount, { type: "secret" }>, site: Site): ExecMount {
  const id = identifier(mount.id, site);
  if (mount.env !== undefined)
    checkValues(
      { [checkText(mount.env, "a secret's env", site)]: "" },
      "ENV_INVALID",
      "a secret's env",
      site,
    );
  const file = mount.target ?? (mount.env === undefined ? `/run/secrets/${id}` : undefined);
  return {
    type: "secret",
    id,
    ...(file === undefined ? {} : { target: target(file, site) }),
    ...(mount.env === undefined ? {} : { env: mount.env }),
    required: mount.required ?? true,
    ...owned(mount, site),
  };
}
