import fs from "node:fs";
import path from "node:path";
import type { ParamValue } from "../declare/param.ts";
import type { TagsOption } from "../declare/tag-rule.ts";
import { throwAll, TsdockError } from "../errors/tsdock-error.ts";
import { type Platform, parsePlatform } from "../oci/spec/platform.ts";
import type { Json } from "../util/json.ts";
import type { ConfigPlace } from "./check-config.ts";
import type {
  AttestationsConfig,
  CheckConfig,
  GroupConfig,
  NamedImage,
  RegistryConfig,
  StampName,
  TagsConfig,
  TsdockConfig,
} from "./define-config.ts";
import { stampNames } from "./define-config.ts";
import { findConfig, type LoadDefault } from "./find-config.ts";
import { findPackage, findWorkspaceRoot } from "./workspace.ts";

export interface LoadConfigOptions {
  /** Absolute. */
  readonly cwd: string;
  /** `-f CONFIG`, relative to `cwd`. */
  readonly file?: string | undefined;
  readonly loadDefault: LoadDefault;
}

/** How a registry is reached, with certificates as PEM text. */
export interface RegistryHost {
  readonly http?: boolean;
  readonly ca?: string;
  readonly mirror?: string;
}

/** A configuration as the rest of tsdock uses it: checked, with what was left out filled in. */
export interface WorkspaceConfig {
  /** Absolute directory of the workspace, which `images` and `tsdock.lock` are relative to. */
  readonly directory: string;
  /** Absolute; undefined where there is no configuration. */
  readonly file: string | undefined;
  /** Undefined where the configuration does not say. */
  readonly images: readonly string[] | undefined;
  readonly registry: string | undefined;
  /** Repository of an image, below the registry. */
  readonly repository: (image: NamedImage) => string;
  readonly tags: TagsConfig | undefined;
  /** Empty where the configuration does not say. */
  readonly platforms: readonly Platform[];
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** Groups that have tags of their own. */
  readonly groupTags: Readonly<Record<string, TagsOption>>;
  readonly defaultRegistry: string | undefined;
  readonly registries: Readonly<Record<string, RegistryHost>>;
  readonly params: Readonly<Record<string, ParamValue>>;
  readonly plugins: Readonly<Record<string, Json>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Whether images are annotated with what their packages say. */
  readonly annotations: boolean;
  /** What a publish adds to that. */
  readonly stamp: readonly StampName[];
  /** Whether copies are linked unless they say otherwise. */
  readonly link: boolean;
  readonly check: CheckConfig;
  readonly attestations: AttestationsConfig;
  /** The place of a value or a key, for errors that are found later. */
  readonly place: ConfigPlace;
}

/**
 * Finds, loads and checks the configuration of the workspace around a directory; a workspace needs none.
 * The workspace's directory is that of the configuration, else the monorepo's root, else the package, else `cwd`.
 * Errors: `CONFIG_NOT_FOUND`, `CONFIG_INVALID` and `CONFIG_UNSUPPORTED` with places, all at once; those of the module.
 */
export async function loadConfig(options: LoadConfigOptions): Promise<WorkspaceConfig> {
  const { cwd } = options;
  const found = await findConfig(cwd, options.file, options.loadDefault);
  if (found === undefined) {
    const directory = findWorkspaceRoot(cwd) ?? findPackage(cwd) ?? cwd;
    return workspaceConfig({}, directory, undefined, () => undefined);
  }
  const { asConfig, checkConfig } = await import("./check-config.ts");
  const { configPlaces } = await import("./config-places.ts");
  const { file, base } = found;
  const value = found.value ?? {};
  const place = configPlaces(file, base);
  throwAll(checkConfig(value, place));
  return workspaceConfig(asConfig(value), path.dirname(file), file, place);
}

function workspaceConfig(
  config: TsdockConfig,
  directory: string,
  file: string | undefined,
  place: ConfigPlace,
): WorkspaceConfig {
  const { images, repository = ({ name }: NamedImage) => name, registries = {} } = config;
  const hosts = Object.entries(registries).map(([host, one]) => [
    host,
    registryHost(host, one, directory, place),
  ]);
  return {
    directory,
    file,
    images: typeof images === "string" ? [images] : images,
    registry: config.registry,
    repository,
    tags: config.tags,
    platforms: (config.platforms ?? []).flatMap((text) => parsePlatform(text) ?? []),
    ...groupsOf(config.groups ?? {}),
    defaultRegistry: config.defaultRegistry,
    registries: Object.fromEntries(hosts) as Record<string, RegistryHost>,
    params: config.params ?? {},
    plugins: config.plugins ?? {},
    labels: config.defaults?.labels ?? {},
    annotations: config.defaults?.annotations ?? true,
    stamp: stampOf(config.defaults?.stamp ?? false),
    link: config.defaults?.copy?.link ?? false,
    check: config.check ?? {},
    attestations: config.attestations ?? {},
    place,
  };
}

const stampOf = (stamp: boolean | readonly StampName[]): readonly StampName[] =>
  typeof stamp === "boolean" ? (stamp ? stampNames : []) : stampNames.filter((name) => stamp.includes(name));

function groupsOf(
  groups: NonNullable<TsdockConfig["groups"]>,
): Pick<WorkspaceConfig, "groups" | "groupTags"> {
  const whole = Object.entries(groups).map(([name, group]): readonly [string, GroupConfig] => [
    name,
    "images" in group ? group : { images: group },
  ]);
  return {
    groups: Object.fromEntries(whole.map(([name, { images }]) => [name, images])),
    groupTags: Object.fromEntries(
      whole.flatMap(([name, { tags }]) => (tags === undefined ? [] : [[name, tags]])),
    ),
  };
}

function registryHost(
  host: string,
  config: RegistryConfig,
  directory: string,
  place: ConfigPlace,
): RegistryHost {
  const { ca, ...rest } = config;
  if (ca === undefined) return rest;
  const file = path.resolve(directory, ca);
  try {
    return { ...rest, ca: fs.readFileSync(file, "utf8") };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new TsdockError("CONFIG_INVALID", `the certificates ${file} cannot be read: ${code}`, {
      place: place(["registries", host, "ca"], "value"),
      hint: "name a file in PEM, relative to the configuration",
    });
  }
}
