import { inspectImages } from "../../toolkit/image-inspect.ts";
import type { GoShape } from "../../util/go-template/from-json.ts";
import type { CommandAction } from "../command.ts";
import { configShape } from "../config-shape.ts";
import { formatInspected } from "../format-inspected.ts";
import { commaList, textOption } from "../options.ts";

const shape: GoShape = {
  RepoTags: "list",
  RepoDigests: "list",
  Annotations: "texts",
  ContainerConfig: configShape,
  Config: configShape,
  GraphDriver: { Data: "texts" },
  RootFS: { Layers: "list" },
};

export const imageInspect: CommandAction = async ({ options, args, terminal, host }) => {
  const images = await inspectImages({ images: args, platform: commaList(options, "platform")[0] }, host);
  terminal.out(await formatInspected(images, textOption(options, "format"), shape));
  return 0;
};
