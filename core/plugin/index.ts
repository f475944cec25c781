/** `tsdock/plugin`: everything that a plugin is written with. */
export { isSource, type Source, type SourceIdentity, source } from "../declare/source.ts";
export type { ErrorCode } from "../errors/codes.ts";
export { type ErrorDetails, isTsdockError, TsdockError } from "../errors/tsdock-error.ts";
export {
  baseName,
  type ByteString,
  type FileContent,
  type FileEntry,
  fromByteString,
  joinPath,
  type LayerEntry,
  parentPath,
  toByteString,
} from "../oci/layer/entry.ts";
export type { Digest } from "../oci/spec/digest.ts";
export type { ContainerConfig } from "../oci/spec/image-config.ts";
export { formatPlatform, type Platform } from "../oci/spec/platform.ts";
export { goRegExp } from "../util/go-regexp.ts";
export { canonicalJson, type Json } from "../util/json.ts";
export type { Offsets } from "../util/offsets.ts";
export { yamlOffsets } from "../util/yaml-offsets.ts";
export type {
  Attestation,
  AttestationPlugin,
  AttestedImage,
  Material,
  SoftwarePackage,
  SourceRevision,
} from "./attestation.ts";
export type {
  CheckContext,
  CheckedBuild,
  CheckedImage,
  CheckedLayer,
  CheckFinding,
  CheckPlugin,
  CheckRule,
  Severity,
} from "./check-contract.ts";
export type {
  Download,
  EphemeralFile,
  PlanContext,
  SourceContext,
  SourceExec,
  SourceLayer,
  SourcePlan,
  SourcePlugin,
  SourceResult,
  WorkspaceEntry,
  WorkspaceFiles,
  WorkspaceName,
} from "./contract.ts";
export {
  type BuildsImporter,
  type BuildsRequest,
  type ImportedBuilds,
  type ImportedFile,
  type ImportedModule,
  type Importer,
  type ImportFiles,
  type ImportRequest,
  type ImportSurroundings,
  lineComment,
  type MethodCall,
  type ModuleImport,
  type ModuleStatement,
  type StageImage,
} from "./importer.ts";
