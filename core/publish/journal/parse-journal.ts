import * as v from "valibot";
import { readDocument } from "../document/read-document.ts";
import { descriptor, digest, flag, list, tagClass, tagName, text } from "../document/schemas.ts";
import type { Journal } from "./journal.ts";

const schema = v.strictObject(
  {
    version: v.literal(1),
    id: text,
    destination: text,
    state: v.picklist(["moving", "complete", "undone"], "must be moving, complete or undone"),
    moves: list(
      v.strictObject(
        {
          image: text,
          repository: text,
          tag: tagName,
          class: tagClass,
          from: v.nullable(descriptor),
          to: descriptor,
          moved: flag,
        },
        "must be an object",
      ),
    ),
    attestations: v.exactOptional(
      list(
        v.strictObject(
          { image: text, repository: text, subject: digest, artifactType: text, digest },
          "must be an object",
        ),
      ),
    ),
  },
  "must be an object",
);

/** Error `PUBLISH_JOURNAL_INVALID` with the place of every mistake. */
export const parseJournal = (content: string, file: string): Journal =>
  readDocument(content, file, schema, {
    what: "journal",
    code: "PUBLISH_JOURNAL_INVALID",
    version: 1,
    hint: "give the file that --journal wrote, or remove it: a new one is begun",
  });

export const formatJournal = (journal: Journal): string => `${JSON.stringify(journal, undefined, 2)}\n`;
