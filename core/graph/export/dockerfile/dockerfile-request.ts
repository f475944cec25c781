import type { Site } from "../../../declare/site.ts";
import type { Platform } from "../../../oci/spec/platform.ts";
import type { CompiledImage, Definition, Stage } from "../../definition.ts";
import type { BaseConfigs } from "./stage-config.ts";

export interface DockerfileRequest {
  readonly definition: Definition;
  readonly stages: readonly Stage[];
  /** The last one is what the file makes unless another is named. */
  readonly images: readonly CompiledImage[];
  /** One or more. */
  readonly platforms: readonly Platform[];
  /** Absolute. */
  readonly workspace: string;
  readonly bases: BaseConfigs;
  /** The name of the variable that holds what is declared there. */
  readonly variableAt: (site: Site) => string | undefined;
}
