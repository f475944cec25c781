import type { CommandAction } from "../command.ts";
import { networkKind } from "../inspected/network-kind.ts";
import { inspectKind } from "../inspect-each.ts";

export const networkInspect: CommandAction = (invocation) => inspectKind(invocation, networkKind);
