import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { TsdockError } from "tsdock/plugin";

const run = promisify(execFile);

/** What npm has from its own configuration and that of the machine. */
interface NpmDefaults {
  /** With `/` at its end. */
  readonly registry: string;
  /** A file of certificates. */
  readonly cafile: string | undefined;
}

/**
 * The registry that npm itself would use where nothing names one, and whom it trusts. No host is built in. Error `NODE_NPMRC_INVALID`
 * where there is no npm.
 */
export async function askNpm(
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<NpmDefaults> {
  try {
    const { stdout } = await run("npm", ["config", "get", "registry", "cafile", "--global=false"], {
      cwd: "/",
      env: { ...env, npm_config_update_notifier: "false" },
      signal,
      timeout: 30_000,
      encoding: "utf8",
    });
    const said = new Map(
      stdout.split("\n").map((line) => {
        const at = line.indexOf("=");
        return [line.slice(0, at), line.slice(at + 1)] as const;
      }),
    );
    const url = said.get("registry") ?? "";
    const cafile = said.get("cafile");
    if (URL.canParse(url))
      return {
        registry: url.endsWith("/") ? url : `${url}/`,
        cafile: cafile === "" || cafile === "null" ? undefined : cafile,
      };
    throw new Error(`npm says ${JSON.stringify(url)}`);
  } catch (error) {
    signal.throwIfAborted();
    throw new TsdockError(
      "NODE_NPMRC_INVALID",
      "no registry is configured, and npm cannot be asked for its own",
      {
        hint: "write registry=https://HOST/ into the project's .npmrc",
        cause: error,
      },
    );
  }
}
