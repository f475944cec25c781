import { TsdockError } from "../../errors/tsdock-error.ts";
import type { Ownership } from "../../graph/operation.ts";
import { lookupUser } from "../../oci/image/user.ts";

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export const root: Owner = { uid: 0, gid: 0 };

/** Text of the image's `etc/passwd` and `etc/group`, undefined where there is none; asked for only when there are names. */
export interface UserFiles {
  passwd(): Promise<string | undefined>;
  group(): Promise<string | undefined>;
}

const numeric = /^[0-9]+(?::[0-9]+)?$/;

/** Whether the image must be read to know who this is. */
const isNamedOwner = (spec: Ownership): boolean => !numeric.test(spec);

/**
 * Who `user[:group]` is. A number without a group is its group's number too, a name without one has that of its line
 * in passwd, as docker has it for COPY. Errors `USER_UNKNOWN`, `OWNER_NEEDS_BASE` where `files` is undefined.
 */
export async function resolveOwner(spec: Ownership, files: UserFiles | undefined): Promise<Owner> {
  const text = /^[0-9]+$/.test(spec) ? `${spec}:${spec}` : spec;
  if (!isNamedOwner(text)) return ownerOf(lookupUser(text, undefined, undefined));
  if (files === undefined) {
    throw new TsdockError(
      "OWNER_NEEDS_BASE",
      `the owner ${JSON.stringify(spec)} has a name, and link: true forbids to look it up in the base`,
      {
        hint: "give numbers, such as 1000:1000, or leave link out",
      },
    );
  }
  const [user = "", group] = text.split(":");
  const [passwd, groups] = await Promise.all([
    /^[0-9]*$/.test(user) ? undefined : files.passwd(),
    group === undefined ? undefined : files.group(),
  ]);
  return ownerOf(lookupUser(text, passwd, groups));
}

const ownerOf = ({ uid, gid }: Owner): Owner => ({ uid, gid });
