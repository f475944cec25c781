/** `tsdock/testing`: tests of images, for every test runner. */
export type { FileType, ImageFile } from "../toolkit/image-files.ts";
export type { ContainerOptions, ImageUnderTest, TestedLayer } from "../toolkit/image-under-test.ts";
export type { CapturedRun } from "../toolkit/run-captured.ts";
export type { StructureResult } from "../toolkit/structure/run-structure-tests.ts";
export type { ImageSize } from "./assertions/be-smaller-than.ts";
export type { ConfigExpectation } from "./assertions/have-config.ts";
export type { FileExpectation } from "./assertions/have-file.ts";
export { type BuildOptions, build, open, type OpenOptions } from "./build.ts";
export { expectImage, type ImageAssertions, type ImageExpectation } from "./expect-image.ts";
export { imageMatchers, type MatcherResult } from "./image-matchers.ts";
export { structureTests } from "./structure-tests.ts";
export type { HostOptions } from "./test-host.ts";
