import { staticText, text as textValue, type Value } from "../expand/value.ts";
import { call, type Layout, object, raw, valueLayout, withOptions } from "../print/layout.ts";
import { quoted } from "../print/literals.ts";
import type { Setting } from "./setting.ts";
import { filesOf } from "./stage-files.ts";
import { resolvePath } from "./paths.ts";

const aliases: Readonly<Record<string, string>> = {
  src: "source",
  dst: "target",
  destination: "target",
  ro: "readonly",
  rw: "readwrite",
};
const keys = "type from source target readonly readwrite id sharing required size mode uid gid env".split(
  " ",
);

/** What a mount's flag says: values with variables replaced; a key alone is true. */
type Fields = ReadonlyMap<string, Value>;

/** `--mount=type=cache,target=/root/.npm` as `mount.cache("/root/.npm")`. */
export function mountLayout(setting: Setting, written: string): Layout {
  const fields = readFields(setting, written);
  const type = staticText(fields.get("type") ?? textValue("bind"))?.toLowerCase();
  const make = type === undefined ? undefined : makers[type];
  if (make === undefined)
    throw setting.invalid(
      `${JSON.stringify(type ?? "")} is no type of mounts`,
      written,
      `write one of ${Object.keys(makers).join(", ")}`,
    );
  const [own, maker] = make;
  const other = [...fields.keys()].find((key) => key !== "type" && !own.includes(key));
  if (other !== undefined) throw setting.invalid(`a mount of the type ${type} has no ${other}`, written);
  setting.module.use("mount");
  return maker(setting, fields, written);
}

function readFields(setting: Setting, written: string): Fields {
  const fields = new Map<string, Value>();
  for (const field of csvFields(written)) {
    const equals = field.indexOf("=");
    const key = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
    const name = aliases[key] ?? key;
    if (!keys.includes(name))
      throw setting.invalid(`a mount has no ${key}`, written, `it has ${keys.join(", ")}`);
    if (equals < 0 && !["readonly", "readwrite", "required"].includes(name))
      throw setting.invalid(`${field} is not key=value`, written);
    const text = equals < 0 ? "true" : field.slice(equals + 1);
    if (name === "from" && /\$./.test(text))
      throw setting.invalid(
        "from takes no variable in a mount, in docker either",
        written,
        "define a stage with FROM",
      );
    fields.set(name, setting.expand(text));
  }
  return fields;
}

/** Fields between commas; quotes hold commas, and two of them are one. */
const csvFields = (text: string): readonly string[] =>
  (text.match(/(?:"(?:[^"]|"")*"|[^,"])+/g) ?? []).map((field) => {
    const [, inner] = /^"((?:[^"]|"")*)"$/.exec(field) ?? [];
    return inner === undefined ? field : inner.replaceAll('""', '"');
  });

type Maker = (setting: Setting, fields: Fields, written: string) => Layout;

const makers: Readonly<Record<string, readonly [own: readonly string[], make: Maker]>> = {
  bind: [["target", "source", "from", "readonly", "readwrite"], bind],
  cache: [
    ["target", "id", "sharing", "readonly", "readwrite", "from", "source", "mode", "uid", "gid"],
    cache,
  ],
  tmpfs: [["target", "size", "readonly", "readwrite"], tmpfs],
  secret: [
    ["id", "source", "target", "env", "required", "mode", "uid", "gid", "readonly", "readwrite"],
    secret,
  ],
  ssh: [["id", "target", "required", "mode", "uid", "gid", "readonly", "readwrite"], ssh],
};

function bind(setting: Setting, fields: Fields, written: string): Layout {
  const from = fields.get("from");
  const source = fields.get("source");
  const isRoot = source === undefined || /^\/?\.?\/?$/.test(staticText(source) ?? "x");
  const inContext = (path: Value): Layout => valueLayout(from === undefined ? withoutRoot(path) : path);
  const options = object({
    from:
      from === undefined ? undefined : filesOf(setting, knownText(setting, from, "from", written), written),
    source: isRoot ? undefined : inContext(source),
    writable: isReadonly(setting, fields, true, written) ? undefined : raw("true"),
  });
  return call("mount.bind", ...withOptions([target(setting, fields, written)], options));
}

/** A leading slash is the context's root. */
const withoutRoot = (path: Value): Value => {
  const [first, ...others] = path;
  return typeof first === "string" ? [first.replace(/^(?:\.?\/)+/, ""), ...others] : path;
};

function cache(setting: Setting, fields: Fields, written: string): Layout {
  const from = fields.get("from");
  const id = fields.get("id");
  const sharing = textOf(setting, fields, "sharing", written)?.toLowerCase();
  if (sharing !== undefined && !["shared", "private", "locked"].includes(sharing))
    throw setting.invalid(`sharing is shared, private or locked, and ${sharing} is none of them`, written);
  const source = fields.get("source");
  const options = object({
    id: id === undefined || staticText(id) === "" ? undefined : valueLayout(id),
    sharing: sharing === undefined || sharing === "shared" ? undefined : raw(quoted(sharing)),
    readonly: isReadonly(setting, fields, false, written) ? raw("true") : undefined,
    from:
      from === undefined ? undefined : filesOf(setting, knownText(setting, from, "from", written), written),
    source: source === undefined ? undefined : valueLayout(source),
    ...ownership(setting, fields, written),
  });
  return call("mount.cache", ...withOptions([target(setting, fields, written)], options));
}

function tmpfs(setting: Setting, fields: Fields, written: string): Layout {
  if (isReadonly(setting, fields, false, written))
    throw setting.unsupported("a directory in memory is never read-only", written);
  const size = textOf(setting, fields, "size", written);
  const options = object({ size: size === undefined ? undefined : sizeLayout(setting, size, written) });
  return call("mount.tmpfs", ...withOptions([target(setting, fields, written)], options));
}

const units = ["", "k", "m", "g", "t", "p"];

/** As `docker` reads sizes: binary units, whatever they are called. */
function sizeLayout(setting: Setting, text: string, written: string): Layout {
  const [, amount = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([kmgtp]?)(?:i?b)?$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(amount) * 1024 ** units.indexOf(unit.toLowerCase()));
  if (amount === "" || !Number.isSafeInteger(bytes))
    throw setting.invalid(`${JSON.stringify(text)} is not a size`, written);
  for (const [power, name] of [
    [3, "g"],
    [2, "m"],
    [1, "k"],
  ] as const)
    if (bytes % 1024 ** power === 0 && bytes > 0) return raw(quoted(`${bytes / 1024 ** power}${name}`));
  return raw(String(bytes));
}

function secret(setting: Setting, fields: Fields, written: string): Layout {
  const path = fields.get("target");
  const env = textOf(setting, fields, "env", written);
  const source = fields.get("source");
  const id = fields.get("id") ?? source ?? (path === undefined ? undefined : lastName(path));
  if (id === undefined) throw setting.invalid("a secret has an id or a target", written);
  if (fields.has("id") && source !== undefined)
    throw setting.invalid("id and source of a secret are one", written);
  const options = object({
    target: path === undefined ? undefined : absolute(setting, path, written),
    env: env === undefined ? undefined : raw(quoted(env === "" ? (staticText(id) ?? "") : env)),
    required: isTrue(setting, fields, "required", false, written) ? undefined : raw("false"),
    ...ownership(setting, fields, written),
  });
  return call("mount.secret", ...withOptions([valueLayout(id)], options));
}

const lastName = (path: Value): Value => {
  const last = path.at(-1);
  return typeof last === "string" && last.includes("/") ? [last.slice(last.lastIndexOf("/") + 1)] : path;
};

function ssh(setting: Setting, fields: Fields, written: string): Layout {
  const id = fields.get("id");
  const path = fields.get("target");
  const options = object({
    id: id === undefined || ["", "default"].includes(staticText(id) ?? "-") ? undefined : valueLayout(id),
    target: path === undefined ? undefined : absolute(setting, path, written),
    required: isTrue(setting, fields, "required", false, written) ? undefined : raw("false"),
    ...ownership(setting, fields, written),
  });
  return call("mount.ssh", ...withOptions([], options));
}

function target(setting: Setting, fields: Fields, written: string): Layout {
  const path = fields.get("target");
  if (path === undefined || staticText(path) === "") throw setting.invalid("a mount needs a target", written);
  return absolute(setting, path, written);
}

function absolute(setting: Setting, path: Value, written: string): Layout {
  const whole = resolvePath(setting.stage.workdir, path);
  if (whole === undefined)
    throw setting.unsupported(
      "this target is relative to a working directory that the base says",
      written,
      "write it absolute",
    );
  return valueLayout(whole);
}

function ownership(
  setting: Setting,
  fields: Fields,
  written: string,
): Readonly<Record<string, Layout | undefined>> {
  const mode = textOf(setting, fields, "mode", written);
  if (mode !== undefined && !/^0*[0-7]{1,4}$/.test(mode))
    throw setting.invalid(`${mode} is not an octal mode`, written);
  const number = (key: string): Layout | undefined => {
    const text = textOf(setting, fields, key, written);
    if (text === undefined) return undefined;
    if (!/^\d+$/.test(text)) throw setting.invalid(`${key} is a number, and ${text} is none`, written);
    return raw(String(Number(text)));
  };
  return {
    mode: mode === undefined ? undefined : raw(quoted(Number.parseInt(mode, 8).toString(8).padStart(3, "0"))),
    uid: number("uid"),
    gid: number("gid"),
  };
}

const textOf = (setting: Setting, fields: Fields, key: string, written: string): string | undefined => {
  const value = fields.get(key);
  return value === undefined ? undefined : knownText(setting, value, key, written);
};

function knownText(setting: Setting, value: Value, key: string, written: string): string {
  const text = staticText(value);
  if (text !== undefined) return text;
  throw setting.unsupported(`${key} of this mount depends on a param`, written, "write its value");
}

function isTrue(setting: Setting, fields: Fields, key: string, otherwise: boolean, written: string): boolean {
  const text = textOf(setting, fields, key, written);
  if (text === undefined) return otherwise;
  if (/^(?:1|t|true)$/i.test(text)) return true;
  if (/^(?:0|f|false)$/i.test(text)) return false;
  throw setting.invalid(`${key} is true or false, and ${text} is neither`, written);
}

const isReadonly = (setting: Setting, fields: Fields, otherwise: boolean, written: string): boolean =>
  fields.has("readwrite")
    ? !isTrue(setting, fields, "readwrite", !otherwise, written)
    : isTrue(setting, fields, "readonly", otherwise, written);
