import type { DataFile } from "../project/data-file.ts";
import { placeAt } from "../project/data-file.ts";
import { TsdockError } from "tsdock/plugin";

type Environment = Readonly<Record<string, string | undefined>>;

/** A setting as it is written; variables are put in when it is used, so that what is not needed may lack them. */
export interface NpmrcValue {
  readonly text: string;
  readonly file: DataFile;
  readonly offset: number;
}

const unquote = (text: string): string => /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text;

/**
 * Lines of `key = value`; `;` and `#` begin comments. Sections mean nothing to npm's registries; of a list (`ca[]`) the values are one text,
 * with `\\n` between them.
 */
export function parseNpmrc(file: DataFile): ReadonlyMap<string, NpmrcValue> {
  const values = new Map<string, NpmrcValue>();
  let offset = 0;
  for (const line of file.text.split("\n")) {
    const [, key, text = ""] = /^\s*([^;#=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line.replace(/\r$/, "")) ?? [];
    if (key !== undefined) add(values, unquote(key), { text: unquote(text), file, offset });
    offset += line.length + 1;
  }
  return values;
}

function add(values: Map<string, NpmrcValue>, key: string, value: NpmrcValue): void {
  const name = key.replace(/\[\]$/, "");
  const before = name === key ? undefined : values.get(name);
  values.set(name, before === undefined ? value : { ...before, text: `${before.text}\\n${value.text}` });
}

/**
 * Puts environment variables in: `${NAME}`, `${NAME-default}`, `${NAME:-default}`, and `${NAME?}`, which may be unset.
 * Error `NODE_NPMRC_INVALID`, without the value.
 */
export function expand({ text, file, offset }: NpmrcValue, env: Environment): string {
  return text.replace(
    /\\?\$\{([^}?:-]+)(\?|:?-[^}]*)?\}/g,
    (whole, name: string, rest: string | undefined) => {
      if (whole.startsWith("\\")) return whole.slice(1);
      const value = env[name];
      if (value !== undefined && !(value === "" && rest?.startsWith(":-") === true)) return value;
      if (rest === "?") return "";
      if (rest !== undefined) return rest.replace(/^:?-/, "");
      throw new TsdockError("NODE_NPMRC_INVALID", `the environment variable ${name} is not set`, {
        place: placeAt(file, offset),
        hint: `set ${name}, or log in to the registry so that your own configuration has the credentials`,
      });
    },
  );
}
