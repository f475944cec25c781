import type { GoShape } from "../util/go-template/from-json.ts";

/** What templates see of an image's or a container's configuration. */
export const configShape: GoShape = {
  ExposedPorts: "set",
  Env: "list",
  Cmd: "list",
  Healthcheck: {},
  Volumes: "set",
  Entrypoint: "list",
  OnBuild: "list",
  Labels: "texts",
  Shell: "list",
};
