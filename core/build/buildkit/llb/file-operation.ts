import { posix } from "node:path";
import { refuse } from "../../../graph/export/refuse.ts";
import type { Content, FileAction, FileOperation, Ownership } from "../../../graph/operation.ts";
import type { Vertex } from "../../../graph/definition.ts";
import { packLayer } from "../../../oci/layer/pack-layer.ts";
import { toByteString } from "../../../oci/layer/entry.ts";
import { destinationOf } from "../../file/destination.ts";
import type { Message } from "../messages.ts";
import { Inputs, none, type Output } from "./graph-writer.ts";

/** What a file operation stands on. */
export interface FileSurroundings {
  readonly vertex: Vertex;
  /** By index of the vertex's inputs. */
  readonly inputs: readonly Output[];
  /** Of the base at this place. Absolute. */
  readonly workdir: string;
  /** That of the image at the bottom: working directories are made for whoever is the user. */
  readonly user: string | undefined;
  /** A directory of this machine. */
  readonly context: (directory: string) => Output;
  /** A file of the web under this name. */
  readonly download: (url: string, checksum: string, name: string) => Output;
}

/** The sides of an action: files made out of nothing first, then laid on the base. */
interface Draft {
  readonly inputs: Inputs;
  readonly base: number;
  readonly actions: Message[];
}

type Action<T extends FileAction["type"]> = Extract<FileAction, { type: T }>;

/** A `FileOp`. The times of everything that it makes are 0, as in the layers that are built here. Error `EXPORT_UNSUPPORTED`. */
export function fileOperation(op: FileOperation, around: FileSurroundings): Message {
  const inputs = new Inputs();
  // A linked layer never looks at its base: it is made on nothing and merged, which the caller does.
  const base = op.base === undefined || op.link ? none : inputs.add(around.inputs[op.base]);
  const draft: Draft = { inputs, base, actions: [] };
  const { action } = op;
  switch (action.type) {
    case "copy":
      copyAction(action, draft, around);
      break;
    case "download":
      downloadAction(action, draft, around);
      break;
    case "extract":
      extractAction(action, draft, around);
      break;
    case "write":
      writeAction(action, draft, around);
      break;
    case "symlink":
      symlinkAction(action, draft, around);
      break;
    case "directory":
      directoryAction(action, draft, around);
      break;
    case "remove":
      draft.actions.push({
        input: base,
        secondaryInput: none,
        rm: { path: absolute(action.path, around).path, allowNotFound: true },
      });
      break;
  }
  return { inputs: inputs.list, file: { actions: chained(draft) } };
}

/** Actions that lie on the base go on from one another; only the last one's output counts. */
function chained({ inputs, base, actions }: Draft): readonly Message[] {
  let before = base;
  return actions.map((action, index) => {
    const isLast = index === actions.length - 1;
    const isAside = action["input"] === undefined;
    const output = isLast ? 0 : none;
    if (isAside) return { ...action, input: none, secondaryInput: none, output };
    const next = { ...action, input: before, output };
    before = inputs.length + index;
    return next;
  });
}

function absolute(written: string, { workdir }: FileSurroundings) {
  const { path, isDirectory } = destinationOf(written, workdir);
  return {
    path: `/${Buffer.from(path, "latin1").toString("utf8")}`,
    destination: `/${Buffer.from(path, "latin1").toString("utf8")}${isDirectory && path !== "" ? "/" : ""}`,
  };
}

/** Names are looked up in the base. */
function ownerOf(chown: Ownership | undefined, base: number): Message | undefined {
  if (chown === undefined) return undefined;
  const [user = "", group] = chown.split(":");
  const who = (name: string): Message =>
    /^\d+$/.test(name) ? { byID: Number(name) } : { byName: { name, input: base } };
  return { user: who(user), ...(group === undefined ? {} : { group: who(group) }) };
}

const copyDefaults = {
  followSymlink: true,
  dirCopyContents: true,
  createDestPath: true,
} as const;

function copyAction(action: Action<"copy">, draft: Draft, around: FileSurroundings): void {
  const { source, include, parents, exclude, chmod } = action;
  const { site } = around.vertex;
  const from = source.type === "context" ? around.context(source.directory) : around.inputs[source.input];
  if (!parents && include.some((pattern) => pattern.split("/").includes("**"))) {
    throw refuse(
      "in BuildKit ** stands for one directory unless directories are kept",
      site,
      "copy with { parents: true }, or name the directories",
    );
  }
  const secondaryInput = draft.inputs.add(from);
  const { path, destination } = absolute(action.destination, around);
  for (const pattern of include) {
    const [root, below] = parents ? splitAtPivot(pattern) : [pattern, undefined];
    draft.actions.push({
      input: draft.base,
      secondaryInput,
      copy: {
        ...copyDefaults,
        src: posix.join("/", root),
        dest: parents ? `${path === "/" ? "" : path}/` : destination,
        owner: ownerOf(action.chown, draft.base),
        mode: chmod ?? none,
        allowWildcard: true,
        include: below === undefined ? [] : [below],
        exclude,
      },
    });
  }
}

/** With `parents` the whole tree is copied and all but the pattern left out; what stands before `/./` is not kept. */
function splitAtPivot(pattern: string): readonly [root: string, below: string] {
  const at = pattern.indexOf("/./");
  const [root, below] = at < 0 ? ["/", pattern] : [pattern.slice(0, at), pattern.slice(at + 3)];
  return [root, below.replace(/^\/+/, "")];
}

function downloadAction(action: Action<"download">, draft: Draft, around: FileSurroundings): void {
  const name = decodeURIComponent(new URL(action.url).pathname.split("/").at(-1) ?? "") || "file";
  const { destination } = absolute(action.destination, around);
  draft.actions.push({
    input: draft.base,
    secondaryInput: draft.inputs.add(around.download(action.url, action.checksum, name)),
    copy: {
      ...copyDefaults,
      src: `/${name}`,
      dest: destination,
      owner: ownerOf(action.chown ?? "0:0", draft.base),
      mode: action.chmod ?? 0o600,
    },
  });
}

function extractAction(action: Action<"extract">, draft: Draft, around: FileSurroundings): void {
  const { source, chown, chmod } = action;
  if (chown !== undefined || chmod !== undefined) {
    throw refuse(
      "BuildKit keeps the modes and owners of an archive",
      around.vertex.site,
      "leave out chmod and chown, or unpack the archive with run()",
    );
  }
  const from = source.type === "context" ? around.context(source.directory) : around.inputs[source.input];
  draft.actions.push({
    input: draft.base,
    secondaryInput: draft.inputs.add(from),
    copy: {
      ...copyDefaults,
      src: posix.join("/", action.path),
      dest: absolute(action.destination, around).destination,
      mode: none,
      attemptUnpack: true,
    },
  });
}

/** Made on nothing and copied from there, which follows links of the base and makes directories as a copy does. */
function writeAction(action: Action<"write">, draft: Draft, around: FileSurroundings): void {
  draft.actions.push(
    { mkfile: { path: "/file", mode: 0o644, data: bytesOf(action.content) } },
    {
      input: draft.base,
      secondaryInput: draft.inputs.length,
      copy: {
        ...copyDefaults,
        src: "/file",
        dest: absolute(action.path, around).path,
        owner: ownerOf(action.chown, draft.base),
        mode: action.chmod ?? 0o644,
      },
    },
  );
}

export const bytesOf = (content: Content): Uint8Array =>
  "text" in content ? Buffer.from(content.text, "utf8") : Buffer.from(content.base64, "base64");

/** BuildKit makes links since 0.18 only; all of them unpack archives. */
function symlinkAction(action: Action<"symlink">, draft: Draft, around: FileSurroundings): void {
  const { path } = absolute(action.path, around);
  const [uid = "0", gid = uid] = (action.chown ?? "0:0").split(":");
  if (!/^\d+$/.test(uid + gid)) {
    throw refuse(
      `a link in an archive has a number as its owner, and ${action.chown ?? ""} is a name`,
      around.vertex.site,
      "give numbers, such as 1000:1000",
    );
  }
  const chunks: Uint8Array[] = [];
  packLayer(
    [
      {
        type: "symlink",
        path: toByteString(posix.basename(path)),
        target: toByteString(action.target),
        mode: 0o777,
        uid: Number(uid),
        gid: Number(gid),
        mtime: 0,
      },
    ],
    (chunk) => chunks.push(Uint8Array.from(chunk)),
  );
  draft.actions.push(
    { mkfile: { path: "/link.tar", mode: 0o644, data: Buffer.concat(chunks) } },
    {
      input: draft.base,
      secondaryInput: draft.inputs.length,
      copy: {
        ...copyDefaults,
        src: "/link.tar",
        dest: `${posix.dirname(path).replace(/\/$/, "")}/`,
        mode: none,
        attemptUnpack: true,
      },
    },
  );
}

function directoryAction(action: Action<"directory">, draft: Draft, around: FileSurroundings): void {
  const { path } = absolute(action.path, around);
  const mode = action.chmod ?? 0o755;
  if (action.unlessPresent === true) {
    draft.actions.push({
      input: draft.base,
      secondaryInput: none,
      // Of a directory that is there already nothing changes.
      mkdir: {
        path,
        mode,
        makeParents: true,
        owner: ownerOf(action.chown ?? around.user, draft.base),
      },
    });
    return;
  }
  if (path === "/") {
    throw refuse(
      "BuildKit cannot change the root directory's mode or owner",
      around.vertex.site,
      'write it as run("chmod …") or run("chown …")',
    );
  }
  draft.actions.push(
    { mkdir: { path: `/${posix.basename(path)}`, mode } },
    {
      input: draft.base,
      secondaryInput: draft.inputs.length,
      copy: {
        ...copyDefaults,
        src: "/",
        dest: `${posix.dirname(path).replace(/\/$/, "")}/`,
        owner: ownerOf(action.chown, draft.base),
        mode,
      },
    },
  );
}
