import * as v from "valibot";
import { type Digest, isDigest } from "../../oci/spec/digest.ts";
import { isTag } from "../../oci/spec/reference.ts";

export const text = v.pipe(v.string("must be text"), v.nonEmpty("must not be empty"));
export const flag = v.boolean("must be true or false");
export const digest = v.custom<Digest>(
  (value) => typeof value === "string" && isDigest(value),
  "must be sha256: and 64 hexadecimal digits",
);
export const tagName = v.pipe(text, v.check(isTag, "must be a tag"));
export const tagClass = v.picklist(["immutable", "rolling"], "must be immutable or rolling");

/** What describes a manifest or index, and nothing that only one place says of it. */
export const descriptor = v.strictObject(
  {
    mediaType: text,
    digest,
    size: v.pipe(
      v.number("must be a number"),
      v.safeInteger("must be whole"),
      v.minValue(1, "must be positive"),
    ),
  },
  "must be a descriptor",
);

export const list = <T extends v.GenericSchema>(item: T) => v.array(item, "must be a list");
