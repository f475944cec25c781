import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { eraseFromHelper, programOf, storeInHelper } from "./credential-helper.ts";
import { helperServer, isKeyOf } from "./credentials.ts";
import { type AuthFile, helperOf, readAuthFile } from "./docker-config.ts";

export interface KeepRequest {
  /** Docker's `config.json`. */
  readonly file: string;
  readonly registry: string;
  /** For helpers. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/** Where credentials went: a helper's program, or the file itself, where everybody who may read it can read them. */
export type Keeper = { readonly helper: string } | { readonly file: string };

/**
 * Keeps a password as `docker login` does: by the helper that the config names for the registry or for all, else in the config
 * itself, which then only its owner may read. Everything else in the file stays. Errors `CREDENTIALS_INVALID`,
 * `CREDENTIALS_UNWRITABLE`.
 */
export async function keepCredentials(
  request: KeepRequest,
  credential: { readonly username: string; readonly password: string },
): Promise<Keeper> {
  const config = await readAuthFile(request.file);
  const server = helperServer(request.registry);
  const others = withoutRegistry(config, request.registry);
  const helper = helperOf(config, request.registry);
  if (helper !== undefined) {
    await storeInHelper({ ...request, helper }, credential);
    // An empty entry tells tools that ask for all registries that this one is known.
    writeConfig(request.file, { ...config, auths: { ...others, [server]: {} } });
    return { helper: programOf(helper) };
  }
  const auth = Buffer.from(`${credential.username}:${credential.password}`).toString("base64");
  writeConfig(request.file, { ...config, auths: { ...others, [server]: { auth } } });
  return { file: request.file };
}

/** Forgets a registry's credentials. False where none were known. Errors as `keepCredentials`. */
export async function forgetCredentials(request: KeepRequest): Promise<boolean> {
  const config = await readAuthFile(request.file);
  const helper = helperOf(config, request.registry);
  if (helper !== undefined) await eraseFromHelper({ ...request, helper });
  const others = withoutRegistry(config, request.registry);
  const known = Object.keys(others).length < Object.keys(config.auths ?? {}).length;
  if (known) writeConfig(request.file, { ...config, auths: others });
  return known || helper !== undefined;
}

const withoutRegistry = ({ auths = {} }: AuthFile, registry: string): NonNullable<AuthFile["auths"]> =>
  Object.fromEntries(Object.entries(auths).filter(([key]) => !isKeyOf(key, registry)));

/** Replaces the file at once; a link keeps leading to it. Only its owner may read what is new. */
function writeConfig(file: string, config: AuthFile): void {
  const target = fs.existsSync(file) ? fs.realpathSync(file) : file;
  const temporary = `${target}.${randomBytes(6).toString("hex")}`;
  try {
    fs.mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 });
    fs.writeFileSync(temporary, `${JSON.stringify(config, null, "\t")}\n`, {
      mode: 0o600,
      flag: "wx",
      flush: true,
    });
    fs.renameSync(temporary, target);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw new TsdockError(
      "CREDENTIALS_UNWRITABLE",
      `${target} cannot be written: ${(error as Error).message}`,
      {
        cause: error,
        hint: "name another directory in DOCKER_CONFIG, or set TSDOCK_AUTH_<HOST>=user:password",
      },
    );
  }
}
