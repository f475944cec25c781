import fs from "node:fs";
import path from "node:path";
import { forgetForwarding } from "./forward-accept.ts";
import { removeLinks } from "./bring-up.ts";
import { mustRun, needProgram } from "./run-program.ts";
import { runNft, type Side } from "./side.ts";

/** What `ip -json link` tells of a link, as far as it matters. */
export interface ListedLink {
  readonly ifname: string;
  readonly ifalias?: string;
  readonly master?: string;
}

/**
 * Removes bridges that nothing is connected to and whose home was deleted, with their tables: no command of that home will
 * ever do it. Under the lock that all homes share.
 */
export async function sweepBridges(side: Side, signal: AbortSignal): Promise<void> {
  const listed = await mustRun([...side.prefix, needProgram("ip"), "-json", "link"], "", signal);
  const bridges = homelessBridges(JSON.parse(listed) as readonly ListedLink[], (home) => fs.existsSync(home));
  if (bridges.length === 0) return;
  const tables = await tablesOf(side, bridges, signal);
  if (tables.length > 0)
    await runNft(
      side,
      tables.map((table) => `delete table ip ${table}`),
      signal,
    );
  await removeLinks(side, bridges, signal);
  for (const bridge of bridges) await forgetForwarding(bridge, signal);
}

/** Pure: a bridge's alias is the absolute path of its home. */
export const homelessBridges = (
  links: readonly ListedLink[],
  exists: (home: string) => boolean,
): readonly string[] =>
  links
    .filter(
      ({ ifname, ifalias = "" }) => ifname.startsWith("tsd-") && path.isAbsolute(ifalias) && !exists(ifalias),
    )
    .map(({ ifname }) => ifname)
    .filter((bridge) => !links.some(({ master }) => master === bridge));

interface ListedSet {
  readonly set?: { readonly table: string; readonly name: string; readonly elem?: readonly string[] };
}

/** Tables all of whose bridges are among those given. */
async function tablesOf(
  side: Side,
  bridges: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const listed = await mustRun([...side.prefix, needProgram("nft"), "-j", "list", "sets", "ip"], "", signal);
  const { nftables } = JSON.parse(listed) as { readonly nftables: readonly ListedSet[] };
  return nftables.flatMap(({ set }) => {
    if (set?.name !== "bridges" || !set.table.startsWith("tsdock-")) return [];
    const members = set.elem ?? [];
    return members.length > 0 && members.every((bridge) => bridges.includes(bridge)) ? [set.table] : [];
  });
}
