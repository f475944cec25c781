import type { CommandAction } from "../command.ts";
import { imageKind } from "../inspected/image-kind.ts";
import { inspectKind } from "../inspect-each.ts";

export const imageInspect: CommandAction = (invocation) => inspectKind(invocation, imageKind);
