import { type DataFile, isMembers, parseYamlDocuments, textOf } from "../project/data-file.ts";
import type { NpmrcValue } from "./npmrc.ts";
import type { Settings } from "./registry-config.ts";

const nerf = (registry: string): string => registry.replace(/^[a-z]+:/, "").replace(/\/*$/, "/");

/** The registries and credentials of a .yarnrc.yml under the names that an .npmrc has for them. Error `NODE_NPMRC_INVALID`. */
export function yarnSettings(file: DataFile): Settings {
  const [document] = parseYamlDocuments(file, "NODE_NPMRC_INVALID");
  const settings = new Map<string, NpmrcValue>();
  if (!isMembers(document)) return settings;
  const set = (name: string, value: unknown): void => {
    const text = textOf(value);
    if (text !== undefined) settings.set(name, { text, file, offset: Math.max(0, file.text.indexOf(text)) });
  };
  const auth = (registry: string, value: Readonly<Record<string, unknown>>): void => {
    set(`${nerf(registry)}:_authToken`, value["npmAuthToken"]);
    const ident = textOf(value["npmAuthIdent"]);
    // `user:password`, plain or in base64
    if (ident !== undefined)
      set(`${nerf(registry)}:_auth`, ident.includes(":") ? Buffer.from(ident).toString("base64") : ident);
  };
  set("cafile", document["httpsCaFilePath"]);
  const server = textOf(document["npmRegistryServer"]);
  set("registry", server);
  if (server !== undefined) auth(server, document);
  const { npmScopes: scopes, npmRegistries: registries } = document;
  for (const [scope, value] of Object.entries(isMembers(scopes) ? scopes : {})) {
    if (!isMembers(value)) continue;
    const registry = textOf(value["npmRegistryServer"]);
    set(`@${scope.replace(/^@/, "")}:registry`, registry);
    if (registry !== undefined) auth(registry, value);
  }
  for (const [registry, value] of Object.entries(isMembers(registries) ? registries : {})) {
    if (isMembers(value)) auth(registry, value);
  }
  return settings;
}
