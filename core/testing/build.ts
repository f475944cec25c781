import type { Image } from "../declare/image.ts";
import type { ParamValue } from "../declare/param.ts";
import type { PlatformText } from "../declare/values.ts";
import type { ImageUnderTest } from "../toolkit/image-under-test.ts";
import { type HostOptions, testHost } from "./test-host.ts";

export interface OpenOptions extends HostOptions {
  /** Of an image for several; that of this machine unless given. */
  readonly platform?: PlatformText;
}

export interface BuildOptions extends OpenOptions {
  /** What `param()` gives. Only for an image by name: one that is a value has been given its params already. */
  readonly params?: Readonly<Record<string, ParamValue>>;
  /** The configuration file, relative to `cwd`. */
  readonly config?: string;
  /** `id=NAME,src=FILE` or `id=NAME,env=VARIABLE`, as `--secret`. */
  readonly secrets?: readonly string[];
  /** Every step runs again. */
  readonly noCache?: boolean;
  /** Refuses to resolve what `tsdock.lock` lacks. */
  readonly locked?: boolean;
}

/**
 * Builds an image and opens it. A name is looked up in the workspace around the working directory, as `tsdock build NAME` does.
 * A value is built as it is, whether or not a module exports it; it gets no name in the store. What was built before is not built again.
 *
 * @example
 * const built = await build(web);
 * await expectImage(built).toHaveFile("/app/server.js", { mode: "644", owner: "node" });
 */
export async function build(image: Image | string, options: BuildOptions = {}): Promise<ImageUnderTest> {
  const { platform, params = {}, config, secrets = [], noCache = false, locked = false } = options;
  const { buildNamed, buildValue } = await import("../toolkit/test-image.ts");
  const texts = Object.entries(params).map(([name, value]) => [name, String(value)]);
  const request = {
    platform,
    config,
    secrets,
    noCache,
    locked,
    params: Object.fromEntries(texts) as Record<string, string>,
  };
  const host = await testHost(options);
  return typeof image === "string" ? buildNamed(image, request, host) : buildValue(image, request, host);
}

/** Opens an image that is there already: of the store by name, id or digest, `oci:DIR[:TAG]` or `docker-archive:FILE`. */
export async function open(reference: string, options: OpenOptions = {}): Promise<ImageUnderTest> {
  const { openStored } = await import("../toolkit/test-image.ts");
  return openStored(reference, { platform: options.platform }, await testHost(options));
}
