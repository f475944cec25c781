import type { CommandAction } from "../command.ts";
import { containerKind } from "../inspected/container-kind.ts";
import { inspectKind } from "../inspect-each.ts";

export const containerInspect: CommandAction = (invocation) => inspectKind(invocation, containerKind);
