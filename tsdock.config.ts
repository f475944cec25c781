import { defineConfig } from "tsdock";

/** The workspace of this repository: the images of its examples. */
export default defineConfig({
  images: ["examples/course/*.image.ts", "examples/monorepo/**/*.image.ts"],
});
