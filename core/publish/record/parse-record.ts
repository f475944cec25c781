import * as v from "valibot";
import { readDocument } from "../document/read-document.ts";
import { digest, list, tagClass, tagName, text } from "../document/schemas.ts";
import type { ReleaseRecord } from "./release-record.ts";

const schema: v.GenericSchema<unknown, ReleaseRecord> = v.strictObject(
  {
    version: v.literal(1),
    destination: text,
    revision: v.nullable(text),
    facts: list(
      v.strictObject({ name: text, value: v.string("must be text"), source: v.string("must be text") }),
    ),
    images: list(
      v.strictObject({
        name: text,
        repository: text,
        digest,
        references: list(text),
        tags: list(v.strictObject({ tag: tagName, class: tagClass })),
        platforms: list(v.strictObject({ platform: text, digest, imageId: digest })),
        attestations: v.exactOptional(list(v.strictObject({ subject: digest, artifactType: text, digest }))),
      }),
    ),
  },
  "must be an object",
);

/** Reads `tsdock-release.json`. `file` is for messages. Error `RECORD_INVALID` with every mistake. */
export const parseRecord = (content: string, file: string): ReleaseRecord =>
  readDocument(content, file, schema, {
    what: "release record",
    code: "RECORD_INVALID",
    version: 1,
    hint: "name a file that `tsdock publish` wrote: tsdock-release.json",
  });
