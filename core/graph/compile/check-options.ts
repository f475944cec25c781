import type { Instruction } from "../../declare/instruction.ts";
import type { Mount } from "../../declare/mount.ts";
import type {
  AddOptions,
  AddSource,
  AnnotationOptions,
  ArchiveSource,
  CopyOptions,
  DirectoryOptions,
  FromOptions,
  GitSource,
  HealthcheckOptions,
  ImageOptions,
  RunOptions,
  SymlinkOptions,
  UrlSource,
  WriteOptions,
} from "../../declare/options.ts";
import type { Site } from "../../declare/site.ts";
import { checkShape, type Kinds } from "./check-shape.ts";

const file = { chown: "value", chmod: "value", link: "flag" } as const;

/** Every name of an options type, none forgotten. */
const instructions = {
  image: { context: "value", annotations: "flag" } satisfies Kinds<ImageOptions>,
  from: { platform: "value" } satisfies Kinds<FromOptions>,
  copy: { ...file, from: "value", exclude: "list", parents: "flag" } satisfies Kinds<CopyOptions>,
  add: file satisfies Kinds<AddOptions>,
  layers: {},
  file: file satisfies Kinds<WriteOptions>,
  directory: file satisfies Kinds<DirectoryOptions>,
  symlink: { chown: "value", link: "flag" } satisfies Kinds<SymlinkOptions>,
  run: {
    mounts: "list",
    network: "value",
    user: "value",
    workdir: "value",
    env: "value",
  } satisfies Kinds<RunOptions>,
  healthcheck: {
    test: "value",
    interval: "value",
    timeout: "value",
    startPeriod: "value",
    startInterval: "value",
    retries: "value",
  } satisfies Kinds<HealthcheckOptions>,
  annotation: { level: "value" } satisfies Kinds<AnnotationOptions>,
} as const;

/**
 * What an instruction was given beside its values: a mistake that types would have shown, since a build does not check types.
 * Error `DECLARATION_INVALID`.
 */
export function checkOptions(instruction: Instruction, site: Site): void {
  switch (instruction.type) {
    case "image":
    case "from":
    case "copy":
    case "add":
    case "layers":
    case "file":
    case "directory":
    case "symlink":
    case "run":
    case "annotation":
      checkShape(titleOf(instruction), instruction.options, instructions[instruction.type], site);
      return;
    case "healthcheck":
      if (instruction.check !== "none")
        checkShape("healthcheck", instruction.check, instructions.healthcheck, site);
      return;
    default:
  }
}

const sources = {
  url: { url: "value", checksum: "value" } satisfies Kinds<Pick<UrlSource, "url" | "checksum">>,
  git: { git: "value", ref: "value", subdirectory: "value" } satisfies Kinds<
    Pick<GitSource, "git" | "ref" | "subdirectory">
  >,
  archive: { archive: "value", from: "value" } satisfies Kinds<Pick<ArchiveSource, "archive" | "from">>,
};

const titleOf = ({ type }: Instruction): string => (type === "layers" ? "add of a file tree" : type);

/** Whether it says where `add` takes files from, rather than being files. */
export const isAddSource = (value: unknown): value is AddSource =>
  typeof value === "object" &&
  value !== null &&
  Object.keys(sources).some((name) => Object.hasOwn(value, name));

/** What `add` takes files from, by the name that tells its kind; options of another kind are none of this one. */
export const checkAddSource = (kind: keyof typeof sources, source: AddSource, site: Site): void =>
  checkShape(`add({ ${kind} })`, source, sources[kind], site);

const owned = { mode: "value", uid: "value", gid: "value" } as const;
type OptionsOf<Type extends Mount["type"]> = Omit<Extract<Mount, { type: Type }>, "type">;

const mounts = {
  cache: {
    ...owned,
    target: "value",
    id: "value",
    sharing: "value",
    readonly: "flag",
    from: "value",
    source: "value",
  } satisfies Kinds<OptionsOf<"cache">>,
  secret: { ...owned, id: "value", target: "value", env: "value", required: "flag" } satisfies Kinds<
    OptionsOf<"secret">
  >,
  ssh: { ...owned, id: "value", target: "value", required: "flag" } satisfies Kinds<OptionsOf<"ssh">>,
  bind: { target: "value", from: "value", source: "value", writable: "flag" } satisfies Kinds<
    OptionsOf<"bind">
  >,
  tmpfs: { target: "value", size: "value" } satisfies Kinds<OptionsOf<"tmpfs">>,
  file: { target: "value", content: "value", mode: "value" } satisfies Kinds<OptionsOf<"file">>,
} as const;

/** Whether it is one of the mounts that there are. */
export const isMount = (value: unknown): value is Mount =>
  typeof value === "object" &&
  value !== null &&
  Object.hasOwn(mounts, String((value as { readonly type?: unknown }).type));

export function checkMountOptions({ type, ...options }: Mount, site: Site): void {
  checkShape(`mount.${type}`, options, mounts[type], site);
}
