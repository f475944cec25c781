import { lookupGroup, lookupUser } from "../../oci/image/user.ts";
import { fromByteString } from "../../oci/layer/entry.ts";
import type { RuntimeProcess } from "../../oci/runtime/runtime-spec.ts";
import type { SandboxCommand } from "../../oci/runtime/sandbox.ts";
import type { LowerTree } from "./lower-tree.ts";

const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Who a command runs as and with what environment, as docker settles it: names are looked up in the tree, `PATH` and
 * `HOME` are there always. `cwd` is free of links. Error `USER_UNKNOWN`.
 */
export function planProcess(
  command: Pick<SandboxCommand, "argv" | "env" | "user" | "groups" | "rlimits">,
  { capabilities, terminal }: Pick<RuntimeProcess, "capabilities" | "terminal">,
  tree: LowerTree,
  cwd: string,
): RuntimeProcess {
  const groupFile = tree.read("/etc/group");
  const own = lookupUser(command.user, tree.read("/etc/passwd"), groupFile);
  const added = command.groups?.map((group) => lookupGroup(group, groupFile));
  // A container's own group counts among the others too: what it is kept from by its group, it is kept from always (CVE-2022-36109).
  const groups = added === undefined ? own.groups : [own.gid, ...own.groups, ...added];
  const user = { ...own, groups: [...new Set(groups)] };
  const has = (name: string): boolean => command.env.some((line) => line.startsWith(`${name}=`));
  const env = [...command.env];
  if (!has("PATH")) env.push(defaultPath);
  if (!has("HOME")) env.push(`HOME=${fromByteString(user.home)}`);
  if (terminal && !has("TERM")) env.push("TERM=xterm");
  const { argv, rlimits } = command;
  return { argv, env, cwd, user, capabilities, terminal, ...(rlimits === undefined ? {} : { rlimits }) };
}
