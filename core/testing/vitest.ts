/**
 * `tsdock/testing/vitest`: matchers with their types.
 *
 * @example
 * import { imageMatchers } from "tsdock/testing/vitest";
 * expect.extend(imageMatchers);
 */
import type {} from "vitest";
import type { ImageAssertions } from "./expect-image.ts";

export { imageMatchers } from "./image-matchers.ts";

declare module "vitest" {
  // The type parameter is vitest's; an interface that is merged must have it too.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any, @typescript-eslint/no-unused-vars, @typescript-eslint/no-empty-object-type
  interface Matchers<T = any> extends ImageAssertions {}
}
