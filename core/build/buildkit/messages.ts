import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** A field of a protobuf message: its number, its type, and whether there may be many, or it is one that was chosen of several (oneof). */
export type FieldSchema =
  | readonly [number: number, type: ScalarType | MessageSchema]
  | readonly [number: number, type: ScalarType | MessageSchema, label: "many" | "chosen"]
  | readonly [number: number, type: "map", value: "string" | "bool" | "bytes" | MessageSchema];

export type ScalarType = "string" | "bytes" | "bool" | "int32" | "int64" | "uint32";
/** Fields by name, in the order of their numbers. */
export interface MessageSchema {
  readonly [field: string]: FieldSchema;
}

export type FieldValue =
  | string
  | number
  | bigint
  | boolean
  | Uint8Array
  | Message
  | readonly FieldValue[]
  | Readonly<Record<string, string | boolean | Uint8Array | Message>>;
/** Values by field; what is undefined or has its type's default is left out. */
export interface Message {
  readonly [field: string]: FieldValue | undefined;
}

/**
 * The bytes of a message: fields by number, maps by the bytes of their keys, as Go's deterministic marshalling has them. Equal messages
 * give equal bytes, which BuildKit makes digests of.
 */
export function encode(schema: MessageSchema, message: Message): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  const fields = Object.entries(schema).sort(([, [a]], [, [b]]) => a - b);
  for (const name of Object.keys(message))
    if (!(name in schema)) throw new Error(`there is no field ${name}`);
  for (const [name, field] of fields) {
    const value = message[name];
    if (value !== undefined) writeField(writer, field, value);
  }
  return writer.finish();
}

function writeField(writer: BinaryWriter, field: FieldSchema, value: FieldValue): void {
  const number = field[0];
  if (field[1] === "map") {
    const item = field[2];
    const entries = Object.entries(value as Readonly<Record<string, FieldValue>>);
    entries.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const [key, one] of entries)
      writeOne(writer, number, { key: [1, "string"], value: [2, item] }, { key, value: one }, true);
  } else if (field[2] === "many") {
    for (const item of value as readonly FieldValue[]) writeOne(writer, number, field[1], item, true);
  } else writeOne(writer, number, field[1], value, field[2] === "chosen");
}

function writeOne(
  writer: BinaryWriter,
  number: number,
  type: ScalarType | MessageSchema,
  value: FieldValue,
  always: boolean,
): void {
  if (typeof type === "object") {
    writer.tag(number, WireType.LengthDelimited).bytes(encode(type, value as Message));
    return;
  }
  if (!always && isDefault(value)) return;
  if (type === "string") writer.tag(number, WireType.LengthDelimited).string(value as string);
  else if (type === "bytes") writer.tag(number, WireType.LengthDelimited).bytes(value as Uint8Array);
  else if (type === "bool") writer.tag(number, WireType.Varint).bool(value as boolean);
  else if (type === "int64") writer.tag(number, WireType.Varint).int64(value as number | bigint);
  else if (type === "int32") writer.tag(number, WireType.Varint).int32(value as number);
  else writer.tag(number, WireType.Varint).uint32(value as number);
}

const isDefault = (value: FieldValue): boolean =>
  value === "" ||
  value === 0 ||
  value === 0n ||
  value === false ||
  (value instanceof Uint8Array && value.length === 0);
