import { type Json, TsdockError } from "tsdock/plugin";
import { isMembers, textList, textOf } from "../project/data-file.ts";
import type { PackageFacts } from "./yarn-installation.ts";

/** Reads a lock entry, which people may edit; null is none. Error `LOCK_INVALID`. */
export function readFacts(locked: Json): PackageFacts {
  if (locked === null) return new Map();
  if (!isMembers(locked)) {
    throw new TsdockError("LOCK_INVALID", "a lock entry of node is not what tsdock lock writes", {
      hint: "write it again: tsdock lock --update node",
    });
  }
  return new Map(
    Object.entries(locked).map(([name, value]) => {
      const fact = isMembers(value) ? value : {};
      return [
        name,
        {
          integrity: textOf(fact["integrity"]),
          os: textList(fact["os"]),
          cpu: textList(fact["cpu"]),
          libc: textList(fact["libc"]),
        },
      ];
    }),
  );
}
