import type { ParamValue } from "../declare/param.ts";
import type { TagsOption } from "../declare/tag-rule.ts";
import type { PlatformText } from "../declare/values.ts";
import type { AttestationPlugin } from "../plugin/attestation.ts";
import type { CheckPlugin, Severity } from "../plugin/check-contract.ts";
import type { Json } from "../util/json.ts";

/** What a naming function is told of an image. */
export interface NamedImage {
  /** `web` */
  readonly name: string;
  /** The directory of its package, relative to the workspace: `services/web`, or `.`. */
  readonly directory: string;
}

/** A group of the configuration. */
export interface GroupConfig {
  /** Names and patterns of images. */
  readonly images: readonly string[];
  /** Tags of its images instead of those of the workspace. */
  readonly tags?: TagsOption;
}

/** Tags of all images, or of the image that is asked for; where the function gives none, its group's are taken. */
export type TagsConfig = TagsOption | ((image: NamedImage) => TagsOption | undefined);

/** How one registry is reached. */
export interface RegistryConfig {
  /** Plain HTTP. Unless given: only for addresses of this machine. */
  readonly http?: boolean;
  /** A file with certificates to trust besides those of the system, in PEM; relative to the configuration. */
  readonly ca?: string;
  /** `host[:port][/path]` of a registry that is asked first when something is read. */
  readonly mirror?: string;
}

/** What changes with every commit, and is said of an image only where somebody asks for it. */
export const stampNames = ["version", "revision", "created"] as const;
export type StampName = (typeof stampNames)[number];

/** What all images of the workspace get unless they say otherwise. */
export interface DefaultsConfig {
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * `org.opencontainers.image.{title,description,url,source,licenses}` as annotations of manifest and index, from the image's name and
   * the package.json of its package; `false` for none of them. `image({ annotations: false })` says it of one image.
   */
  readonly annotations?: boolean;
  /**
   * What `publish` adds to them: the version that is released, the commit and its time. Every commit then gives every image another
   * digest. `true` for all three.
   */
  readonly stamp?: boolean | readonly StampName[];
  readonly copy?: {
    /** Copies never look at the base: the parent directories that they make are 755, 0:0. */
    readonly link?: boolean;
  };
}

/** Documents about images that `publish` brings along; `--sbom` and `--provenance` come before them. */
export interface AttestationsConfig {
  /** A bill of materials, SPDX 2.3: what tsdock put into the image. */
  readonly sbom?: boolean;
  /** Where the image comes from, SLSA 1: `true` is `max`, which also tells params and instructions. */
  readonly provenance?: boolean | "min" | "max";
  /** More of them. */
  readonly plugins?: readonly AttestationPlugin[];
}

/** A severity, or one with options of the rule: `["warning", { bytes: 5_000_000 }]`. */
export type RuleConfig = Severity | "off" | readonly [Severity | "off", Json];

/** What `tsdock check` looks for. */
export interface CheckConfig {
  /** By id; those of plugins as `PLUGIN/ID`. What is left out has the severity that the rule says. */
  readonly rules?: Readonly<Record<string, RuleConfig>>;
  /** More rules. */
  readonly plugins?: readonly CheckPlugin[];
}

/** The configuration of a workspace: `tsdock.config.ts` beside its package.json. */
export interface TsdockConfig {
  /**
   * Where modules with images are: patterns relative to the configuration; `!` in front leaves out.
   * Unless given: every `*.image.ts`, `.mts`, `.js` and `.mjs`. Never within `node_modules`, `dist` and hidden directories.
   */
  readonly images?: string | readonly string[];
  /** Where images are published, with a path if there is one: `ghcr.io/acme`. */
  readonly registry?: string;
  /** The repository of an image below the registry; its name unless given. */
  readonly repository?: (image: NamedImage) => string;
  /**
   * Tags of a publish unless `--tag` is given: rules, literal tags (rolling), or docker/metadata-action's lines.
   * @example [semver(), branch(), sha()]
   */
  readonly tags?: TagsConfig;
  /** For images that do not say; the machine's own unless given. */
  readonly platforms?: readonly PlatformText[];
  /** Images under one name for the command line: `tsdock build group:release`. Names and patterns of images. */
  readonly groups?: Readonly<Record<string, readonly string[] | GroupConfig>>;
  /**
   * `host[:port][/path]` of the registry that names without a host mean (`busybox`); Docker Hub unless given. The variable
   * `TSDOCK_DEFAULT_REGISTRY` comes before it.
   */
  readonly defaultRegistry?: string;
  /** By `host[:port]`. */
  readonly registries?: Readonly<Record<string, RegistryConfig>>;
  /** Values of `param("name", …)`; `--set` comes before them. */
  readonly params?: Readonly<Record<string, ParamValue>>;
  /** Options of plugins by name: `{ debian: { mirror: "http://debian.example/debian" } }`. */
  readonly plugins?: Readonly<Record<string, Json>>;
  readonly defaults?: DefaultsConfig;
  readonly attestations?: AttestationsConfig;
  readonly check?: CheckConfig;
}

/**
 * Types the configuration of a workspace.
 *
 * @example
 * export default defineConfig({ registry: "ghcr.io/acme", platforms: ["linux/amd64", "linux/arm64"] });
 */
export const defineConfig = (config: TsdockConfig): TsdockConfig => config;
