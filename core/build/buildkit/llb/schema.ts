import type { MessageSchema } from "../messages.ts";

/** `solver/pb/ops.proto` of moby/buildkit: what our definitions use of it. */

const platform = {
  Architecture: [1, "string"],
  OS: [2, "string"],
  Variant: [3, "string"],
} satisfies MessageSchema;

const input = { digest: [1, "string"], index: [2, "int64"] } satisfies MessageSchema;

const user = {
  byName: [1, { name: [1, "string"], input: [2, "int64"] }],
  byID: [2, "uint32", "chosen"],
} satisfies MessageSchema;
const owner = { user: [1, user], group: [2, user] } satisfies MessageSchema;

const meta = {
  args: [1, "string", "many"],
  env: [2, "string", "many"],
  cwd: [3, "string"],
  user: [4, "string"],
  removeMountStubsRecursive: [11, "bool"],
} satisfies MessageSchema;

const mount = {
  input: [1, "int64"],
  selector: [2, "string"],
  dest: [3, "string"],
  output: [4, "int64"],
  readonly: [5, "bool"],
  mountType: [6, "int32"],
  tmpfs: [19, { size: [1, "int64"] }],
  cache: [20, { ID: [1, "string"], sharing: [2, "int32"] }],
  secret: [
    21,
    { ID: [1, "string"], uid: [2, "uint32"], gid: [3, "uint32"], mode: [4, "uint32"], optional: [5, "bool"] },
  ],
  ssh: [
    22,
    { ID: [1, "string"], uid: [2, "uint32"], gid: [3, "uint32"], mode: [4, "uint32"], optional: [5, "bool"] },
  ],
} satisfies MessageSchema;

const exec = {
  meta: [1, meta],
  mounts: [2, mount, "many"],
  network: [3, "int32"],
  secretenv: [5, { ID: [1, "string"], name: [2, "string"], optional: [3, "bool"] }, "many"],
} satisfies MessageSchema;

const copy = {
  src: [1, "string"],
  dest: [2, "string"],
  owner: [3, owner],
  mode: [4, "int32"],
  followSymlink: [5, "bool"],
  dirCopyContents: [6, "bool"],
  attemptUnpack: [7, "bool"],
  createDestPath: [8, "bool"],
  allowWildcard: [9, "bool"],
  allowEmptyWildcard: [10, "bool"],
  timestamp: [11, "int64"],
  include: [12, "string", "many"],
  exclude: [13, "string", "many"],
} satisfies MessageSchema;

const fileAction = {
  input: [1, "int64"],
  secondaryInput: [2, "int64"],
  output: [3, "int64"],
  copy: [4, copy],
  mkfile: [
    5,
    {
      path: [1, "string"],
      mode: [2, "int32"],
      data: [3, "bytes"],
      owner: [4, owner],
      timestamp: [5, "int64"],
    },
  ],
  mkdir: [
    6,
    {
      path: [1, "string"],
      mode: [2, "int32"],
      makeParents: [3, "bool"],
      owner: [4, owner],
      timestamp: [5, "int64"],
    },
  ],
  rm: [7, { path: [1, "string"], allowNotFound: [2, "bool"], allowWildcard: [3, "bool"] }],
} satisfies MessageSchema;

const mergeInput = { input: [1, "int64"] } satisfies MessageSchema;

export const operation = {
  inputs: [1, input, "many"],
  exec: [2, exec],
  source: [3, { identifier: [1, "string"], attrs: [2, "map", "string"] }],
  file: [4, { actions: [2, fileAction, "many"] }],
  merge: [6, { inputs: [1, mergeInput, "many"] }],
  diff: [7, { lower: [1, mergeInput], upper: [2, mergeInput] }],
  platform: [10, platform],
} satisfies MessageSchema;

export const definition = {
  def: [1, "bytes", "many"],
  metadata: [
    2,
    "map",
    { ignoreCache: [1, "bool"], description: [2, "map", "string"], caps: [5, "map", "bool"] },
  ],
} satisfies MessageSchema;
