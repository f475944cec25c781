import type { CommandAction } from "../command.ts";
import { volumeKind } from "../inspected/volume-kind.ts";
import { inspectKind } from "../inspect-each.ts";

export const volumeInspect: CommandAction = (invocation) => inspectKind(invocation, volumeKind);
