import { createRequire } from "node:module";
import Ajv from "ajv";

const require = createRequire(import.meta.url);
// As the schema of OASIS is written.
const ajv = new Ajv({ schemaId: "id", meta: false, allErrors: true });
ajv.addMetaSchema(require("ajv/lib/refs/json-schema-draft-04.json") as object);
const validate = ajv.compile(require("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json") as object);

/** What the schema of SARIF 2.1.0 says against a log; nothing where it is one. */
export const sarifMistakes = (log: unknown): readonly string[] => {
  validate(log);
  return (validate.errors ?? []).map(({ dataPath, message = "" }) => `${dataPath} ${message}`);
};
