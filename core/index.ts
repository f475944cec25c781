/** The public entry point of the package: what image modules import. */

export type { Files, ImageFiles, Tree } from "./declare/files.ts";
export { defineConfig, type TsdockConfig } from "./config/define-config.ts";
export { type Group, type GroupOptions, group } from "./declare/group.ts";
export { type Image, type ImageBuilder, image, type Target } from "./declare/image.ts";
export type { Environment, EnvironmentExtension } from "./declare/instruction.ts";
export { type Mount, mount } from "./declare/mount.ts";
export type {
  AddOptions,
  AddSource,
  AnnotationOptions,
  ArchiveSource,
  CopyOptions,
  DirectoryOptions,
  FileOptions,
  FromOptions,
  GitSource,
  HealthcheckOptions,
  ImageOptions,
  RunOptions,
  SymlinkOptions,
  Trigger,
  UrlSource,
  WriteOptions,
} from "./declare/options.ts";
export { metadataAction } from "./declare/metadata-action.ts";
export { type ParamValue, param } from "./declare/param.ts";
export { type Scratch, scratch } from "./declare/scratch.ts";
export type { Source } from "./declare/source.ts";
export {
  branch,
  channel,
  edge,
  type Flavor,
  type FlavorOptions,
  match,
  packageVersion,
  pep440,
  pr,
  type RuleOptions,
  raw,
  schedule,
  semver,
  sha,
  tag,
  type TagClass,
  type TagRule,
  type TagSettings,
  type TagsOption,
  type VersionRuleOptions,
} from "./declare/tag-rule.ts";
export { diff, merge } from "./declare/tree.ts";
export type {
  Architecture,
  Command,
  Duration,
  ModeText,
  Owner,
  PlatformText,
  Port,
  Signal,
  Size,
  Some,
  TextValue,
} from "./declare/values.ts";
export type { Platform } from "./oci/spec/platform.ts";
