import { inspectImage } from "../../toolkit/image-inspect.ts";
import { configShape } from "../config-shape.ts";
import type { InspectedKind } from "../inspect-each.ts";
import { commaList } from "../options.ts";

export const imageKind: InspectedKind = {
  shape: {
    RepoTags: "list",
    RepoDigests: "list",
    Annotations: "texts",
    ContainerConfig: configShape,
    Config: configShape,
    GraphDriver: { Data: "texts" },
    RootFS: { Layers: "list" },
  },
  look: (name, { host, options }) => inspectImage(name, commaList(options, "platform")[0], host),
};
