import { asText, isList, isObject, needBoolean, needText, typeName } from "../evaluate/values.ts";
import { invalid, type Spot } from "../hcl/source.ts";
import type { HclValue } from "../hcl/syntax.ts";
import { type AttributeName, attributeKinds, type Given, type TargetValues } from "./model.ts";

export const isAttribute = (name: string): name is AttributeName => Object.hasOwn(attributeKinds, name);

/** What attributes of a target say, in the form in which they are merged. Null says nothing. Error `IMPORT_INVALID`. */
export function targetValues(attributes: Iterable<readonly [AttributeName, Given<HclValue>]>): TargetValues {
  const values = {
    texts: new Map<AttributeName, Given<string>>(),
    flags: new Map<AttributeName, Given<boolean>>(),
    maps: new Map<AttributeName, ReadonlyMap<string, Given<string>>>(),
    lists: new Map<AttributeName, readonly Given<string>[]>(),
  };
  for (const [name, { value, spot }] of attributes) {
    if (value === null) continue;
    switch (attributeKinds[name]) {
      case "text":
        values.texts.set(name, { value: needText(value, spot, name), spot });
        break;
      case "flag":
        values.flags.set(name, { value: needBoolean(value, spot, name), spot });
        break;
      case "map":
        values.maps.set(name, mapOf(name, value, spot));
        break;
      default:
        values.lists.set(name, listOf(name, value, spot));
    }
  }
  return values;
}

function mapOf(name: string, value: HclValue, spot: Spot): ReadonlyMap<string, Given<string>> {
  if (!isObject(value)) throw invalid(`${name} must be an object and is ${typeName(value)}`, spot);
  return new Map(
    [...value]
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, { value: needText(item, spot, `${name}.${key}`), spot }] as const),
  );
}

function listOf(name: string, value: HclValue, spot: Spot): readonly Given<string>[] {
  if (!isList(value)) throw invalid(`${name} must be a list and is ${typeName(value)}`, spot);
  return value
    .filter((item) => item !== null && item !== "")
    .map((item) => ({
      value: isObject(item) ? fields(item) : needText(item, spot, `an element of ${name}`),
      spot,
    }));
}

/** `{ type = "gha", scope = "x" }` as `type=gha,scope=x`. */
function fields(object: ReadonlyMap<string, HclValue>): string {
  const text = (value: HclValue): string =>
    isList(value) ? value.map((item) => asText(item) ?? "").join(",") : (asText(value) ?? "");
  const named = [...object].filter(([, value]) => value !== null);
  const type = named.filter(([key]) => key === "type");
  return [...type, ...named.filter(([key]) => key !== "type")]
    .map(([key, value]) => {
      const field = `${key}=${text(value)}`;
      return /[,"]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
    })
    .join(",");
}
