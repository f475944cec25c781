import type { Json } from "../json.ts";
import { GoMap, type GoStruct, type GoValue, nilList } from "./go-value.ts";

/**
 * What JSON does not say of the Go value that it came from: `list` may be nil, `texts` is a map of texts, `set` a map of
 * empty structs, `map` a map of anything, and the rest are structs. What is named here and absent in the JSON is there as a
 * field all the same, with its zero value.
 */
export type GoShape = "list" | "texts" | "set" | "map" | { readonly [field: string]: GoShape };

interface JsonObject {
  readonly [key: string]: Json;
}

/** The value that docker's templates would see behind a JSON document of docker's shape. */
export function goFromJson(json: Json | undefined, shape: GoShape = {}): GoValue {
  if (shape === "list" && (json === null || json === undefined)) return nilList;
  if (shape === "texts" || shape === "set" || shape === "map") return toMap(json, shape);
  if (json === undefined) return null;
  if (Array.isArray(json)) return (json as readonly Json[]).map((item) => goFromJson(item));
  if (typeof json !== "object" || json === null) return json;
  return toStruct(json as JsonObject, typeof shape === "string" ? {} : shape);
}

const zeros: Readonly<Record<"texts" | "set" | "map", GoValue>> = { texts: "", set: {}, map: undefined };

function toMap(json: Json | undefined, shape: "texts" | "set" | "map"): GoMap {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return new GoMap(null, zeros[shape]);
  const entries = Object.entries(json as JsonObject).map(([key, item]) => [key, goFromJson(item)] as const);
  return new GoMap(Object.fromEntries<GoValue>(entries), zeros[shape]);
}

function toStruct(json: JsonObject, shape: { readonly [field: string]: GoShape }): GoStruct {
  const members = Object.entries(json).map(([key, item]) => [key, goFromJson(item, shape[key])] as const);
  const struct: GoStruct = Object.fromEntries<GoValue>(members);
  const hide = (field: string, value: GoValue): void => {
    if (!Object.hasOwn(struct, field)) Object.defineProperty(struct, field, { value, enumerable: false });
  };
  for (const [field, of] of Object.entries(shape)) hide(field, goFromJson(undefined, of));
  // The one field whose name in Go and in JSON scripts use alike.
  if (Object.hasOwn(struct, "Id")) hide("ID", struct["Id"]);
  return struct;
}
