import type { MountOwner } from "../../oci/runtime/sandbox.ts";

/** Of a mount that says something of its owner or mode; undefined where it says nothing. */
export function ownerOf({ mode, uid, gid }: MountOwner): MountOwner | undefined {
  if (mode === undefined && uid === undefined && gid === undefined) return undefined;
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  };
}

/** What a command can see of it; nothing where the mount says nothing. */
export function ownerKey(mount: MountOwner): string {
  const { mode, uid, gid } = mount;
  return ownerOf(mount) === undefined ? "" : ` ${mode ?? ""} ${uid ?? ""} ${gid ?? ""}`;
}
