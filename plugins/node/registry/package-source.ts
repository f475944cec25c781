import path from "node:path";
import { type Download, type PlanContext, TsdockError } from "tsdock/plugin";
import type { InstalledPackage } from "../install/installation.ts";
import { join, readText } from "../project/manifest.ts";
import { askNpm } from "./ask-npm.ts";
import { parseNpmrc } from "./npmrc.ts";
import {
  readCertificates,
  type RegistryConfig,
  registryConfig,
  type Settings,
  withoutCredentials,
} from "./registry-config.ts";
import { yarnSettings } from "./yarn-settings.ts";

type Reader = Pick<PlanContext, "files" | "workspace" | "env" | "signal" | "download">;
export type WantedPackage = Pick<InstalledPackage, "name" | "version" | "integrity" | "tarball">;

/** Where npm itself would go, and whom it would trust there (PEM). */
interface Defaults {
  readonly registry: string;
  readonly ca: string | undefined;
}

/** Gives the archives of packages, as absolute paths of verified files. */
export class PackageSource {
  readonly #context: Reader;
  readonly #config: RegistryConfig;
  readonly #root: string;
  #fallback: Promise<Defaults> | undefined;

  /** `root`: the directory of the project. */
  constructor(context: Reader, root: string) {
    this.#context = context;
    this.#root = path.join(context.workspace, root);
    this.#config = registryConfig(projectSettings(context, root), context.env, this.#root);
  }

  async download(wanted: WantedPackage): Promise<string> {
    const { name, version, integrity } = wanted;
    const title = `${name} ${version}`;
    const urls = await this.#urls(wanted);
    const [first = ""] = urls;
    const headers = this.#headers(first);
    const shown = urls.map(withoutCredentials);
    // Credentials are for one origin: further addresses are asked without.
    const all = headers === undefined ? shown : shown.slice(0, 1);
    const ca = await this.#certificates();
    return await this.#context.download({
      urls: all,
      integrity,
      name: title,
      ...(headers === undefined ? {} : { headers }),
      ...(ca === undefined ? {} : { ca }),
    } satisfies Download);
  }

  /** Where a registry says what it knows of a package: of one version, or of all. */
  async metadataRequest(
    name: string,
    version?: string,
  ): Promise<{
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly ca: string | undefined;
  }> {
    const registry = this.#config.registryOf(name) ?? (await this.#default()).registry;
    const url = `${registry}${name.replace("/", "%2f")}${version === undefined ? "" : `/${version}`}`;
    return {
      url: withoutCredentials(url),
      headers: {
        accept: version === undefined ? "application/vnd.npm.install-v1+json" : "application/json",
        ...this.#headers(url),
      },
      ca: await this.#certificates(),
    };
  }

  /** The configured registry before the address in the lockfile: both have what the digest says. */
  async #urls({ name, version, tarball }: WantedPackage): Promise<string[]> {
    if (tarball?.startsWith("file:") === true) throw localArchive(name);
    const address =
      tarball !== undefined && /^https?:/.test(tarball) ? tarball.replace(/#.*$/, "") : undefined;
    const isForeign = address !== undefined && !address.includes("/-/");
    if (isForeign) return [address];
    const registry =
      this.#config.registryOf(name) ?? (address === undefined ? (await this.#default()).registry : undefined);
    const own =
      registry === undefined ? [] : [`${registry}${name}/-/${name.replace(/^@[^/]*\//, "")}-${version}.tgz`];
    return [...new Set([...own, ...(address === undefined ? [] : [address])])];
  }

  #headers(url: string): Readonly<Record<string, string>> | undefined {
    const authorization = this.#config.authorization(url);
    return authorization === undefined ? undefined : { authorization };
  }

  /** What the project and the user say, else what npm said when it was asked for the registry. */
  async #certificates(): Promise<string | undefined> {
    return this.#config.certificates() ?? (await this.#fallback)?.ca;
  }

  #default(): Promise<Defaults> {
    this.#fallback ??= this.#askNpm();
    return this.#fallback;
  }

  async #askNpm(): Promise<Defaults> {
    const { registry, cafile } = await askNpm(this.#context.env, this.#context.signal);
    const ca = cafile === undefined ? undefined : readCertificates(cafile, this.#root, this.#context.env);
    return { registry, ca };
  }
}

const localArchive = (name: string): TsdockError =>
  new TsdockError("NODE_LOCKFILE_UNSUPPORTED", `${name} is an archive in the project itself`, {
    hint: "publish it to a registry, or make it a package of the workspace",
  });

function projectSettings(context: Reader, root: string): Settings[] {
  const npmrc = readText(context, join(root, ".npmrc"));
  const yarnrc = readText(context, join(root, ".yarnrc.yml"));
  return [
    ...(yarnrc === undefined ? [] : [yarnSettings(yarnrc)]),
    ...(npmrc === undefined
      ? []
      : [parseNpmrc({ ...npmrc, path: path.join(context.workspace, root, ".npmrc") })]),
  ];
}
