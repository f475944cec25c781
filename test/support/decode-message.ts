import { BinaryReader } from "@bufbuild/protobuf/wire";
import type { MessageSchema, ScalarType } from "../../core/build/buildkit/messages.ts";

/** Reads a message; fields that the schema does not have are skipped, those that are absent are undefined (or empty). */
export function decode(schema: MessageSchema, bytes: Uint8Array): Record<string, unknown> {
  const byNumber = new Map(Object.entries(schema).map(([name, field]) => [field[0], { name, field }]));
  const message: Record<string, unknown> = {};
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const known = byNumber.get(number);
    if (known === undefined) {
      reader.skip(wireType);
      continue;
    }
    const { name, field } = known;
    if (field[1] === "map") {
      const entry = decode({ key: [1, "string"], value: [2, field[2]] }, reader.bytes());
      const key = entry["key"] as string | undefined;
      message[name] = { ...(message[name] as object), [key ?? ""]: entry["value"] };
    } else if (field[2] === "many") {
      message[name] = [...((message[name] as unknown[] | undefined) ?? []), readOne(reader, field[1])];
    } else message[name] = readOne(reader, field[1]);
  }
  return message;
}

function readOne(reader: BinaryReader, type: ScalarType | MessageSchema): unknown {
  if (typeof type === "object") return decode(type, reader.bytes());
  if (type === "string") return reader.string();
  if (type === "bytes") return reader.bytes();
  if (type === "bool") return reader.bool();
  if (type === "int64") return reader.int64();
  return type === "int32" ? reader.int32() : reader.uint32();
}
