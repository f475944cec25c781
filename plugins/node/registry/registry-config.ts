import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "tsdock/plugin";
import type { DataFile } from "../project/data-file.ts";
import { expand, type NpmrcValue, parseNpmrc } from "./npmrc.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where packages come from, and who may have them. */
export interface RegistryConfig {
  /** The registry that is configured for a package, with `/` at its end; undefined where none is. */
  registryOf(name: string): string | undefined;
  /** What authenticates a request; undefined where nothing is configured for its address. */
  authorization(url: string): string | undefined;
  /** Certificates (PEM) of the authorities that npm is told to trust, `ca` before `cafile`; undefined where it trusts the usual ones. */
  certificates(): string | undefined;
}

/** Settings of one place, by their name in an .npmrc. */
export type Settings = ReadonlyMap<string, NpmrcValue>;

/** `npm_config_registry=…`, in either case: settings as variables. */
function settingsOfEnvironment(env: Environment): Settings {
  return new Map(
    Object.entries(env).flatMap(([name, text]) => {
      const [, key] = /^npm_config_(.+)$/i.exec(name) ?? [];
      if (key === undefined || text === undefined || text === "") return [];
      const setting =
        key.startsWith("//") || key.startsWith("@") ? key : key.toLowerCase().replaceAll("_", "-");
      // a variable is taken as it is
      return [
        [
          setting,
          { text: text.replaceAll("${", "\\${"), file: { path: name, text: "" }, offset: 0 },
        ] as const,
      ];
    }),
  );
}

function readIfThere(file: string): DataFile | undefined {
  try {
    return { path: file, text: fs.readFileSync(file, "utf8") };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new TsdockError("NODE_NPMRC_INVALID", `cannot read ${file}: ${code ?? ""}`, { cause: error });
  }
}

/** The user's own .npmrc, where npm looks for it. */
function settingsOfUser(env: Environment): Settings {
  const home = env["HOME"];
  const named = env["NPM_CONFIG_USERCONFIG"] ?? env["npm_config_userconfig"];
  const file = named ?? (home === undefined ? undefined : path.join(home, ".npmrc"));
  const found = file === undefined ? undefined : readIfThere(file);
  return found === undefined ? new Map() : parseNpmrc(found);
}

const withSlash = (url: string): string => (url.endsWith("/") ? url : `${url}/`);

/** `//host/path/` and each address above it, without the protocol: what credentials are listed under. */
function* credentialKeys(url: string): Generator<string> {
  const { host, pathname } = new URL(url);
  for (
    let at = `//${host}${pathname}`.replace(/[^/]*$/, "");
    at.length > 2;
    at = at.replace(/[^/]*\/$/, "")
  ) {
    yield at;
    if (at.length > host.length + 3) yield at.slice(0, -1);
  }
}

const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");

function credentials(key: string, get: (name: string) => string | undefined): string | undefined {
  const token = get(`${key}:_authToken`);
  if (token !== undefined && token !== "") return `Bearer ${token}`;
  const basic = get(`${key}:_auth`);
  if (basic !== undefined && basic !== "") return `Basic ${basic}`;
  const [user, password] = [get(`${key}:username`), get(`${key}:_password`)];
  if (user === undefined || password === undefined) return undefined;
  return `Basic ${base64(`${user}:${Buffer.from(password, "base64").toString("utf8")}`)}`;
}

/**
 * Puts the settings together: environment before the project's files (`project`, strongest first) before the user's. `directory` is
 * the project's. Nothing of it may become part of a layer, a key, a log or a message.
 */
export function registryConfig(
  project: readonly Settings[],
  env: Environment,
  directory: string,
): RegistryConfig {
  const layers = [settingsOfEnvironment(env), ...project, settingsOfUser(env)];
  const get = (name: string): string | undefined => {
    const value = layers.map((settings) => settings.get(name)).find((found) => found !== undefined);
    return value === undefined ? undefined : expand(value, env);
  };
  let known: { readonly pem: string | undefined } | undefined;
  const isSet = (text: string | undefined): text is string =>
    text !== undefined && !["", "null"].includes(text);
  const trusted = (): string | undefined => {
    const [text, file] = [get("ca"), get("cafile")];
    if (isSet(text)) return text.replaceAll("\\n", "\n");
    return isSet(file) ? readCertificates(file, directory, env) : undefined;
  };
  return {
    registryOf(name) {
      const scope = /^(@[^/]+)\//.exec(name)?.[1];
      const url = (scope === undefined ? undefined : get(`${scope}:registry`)) ?? get("registry");
      if (url === undefined) return undefined;
      if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return withSlash(url);
      throw new TsdockError("NODE_NPMRC_INVALID", `the registry of ${name} is not an http or https URL`, {
        hint: "write registry=https://HOST/ into .npmrc",
      });
    },
    authorization(url) {
      const { username, password } = new URL(url);
      if (username !== "")
        return `Basic ${base64(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)}`;
      for (const key of credentialKeys(url)) {
        const found = credentials(key, get);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    // Every package asks, and a file of certificates is long.
    certificates: () => (known ??= { pem: trusted() }).pem,
  };
}

/** The file that `cafile` names: below the project, or absolute, or in the home directory. */
export function readCertificates(file: string, directory: string, env: Environment): string {
  const place = path.resolve(
    directory,
    file.replace(/^~(?=\/)/, () => env["HOME"] ?? "~"),
  );
  try {
    return fs.readFileSync(place, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new TsdockError(
      "NODE_NPMRC_INVALID",
      `cannot read the certificates of cafile, ${place}: ${code ?? ""}`,
      {
        hint: "name a file of certificates in PEM, or take cafile out of .npmrc",
        cause: error,
      },
    );
  }
}

/** An address as it may be shown: without a name and a password. */
export function withoutCredentials(url: string): string {
  const plain = new URL(url);
  plain.username = "";
  plain.password = "";
  return plain.href;
}
