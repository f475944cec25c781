import type { ImageResolver } from "../build/operation-handler.ts";
import type { ImageResolverOptions } from "./image-resolver.ts";

/** Loads what finds images when the first base is asked for. */
export function createLazyResolver(options: ImageResolverOptions): ImageResolver {
  let made: Promise<ImageResolver> | undefined;
  const get = (): Promise<ImageResolver> =>
    (made ??= import("./image-resolver.ts").then(({ createImageResolver }) => createImageResolver(options)));
  return {
    registry: async (...args) => (await get()).registry(...args),
    layout: async (...args) => (await get()).layout(...args),
    archive: async (...args) => (await get()).archive(...args),
  };
}
