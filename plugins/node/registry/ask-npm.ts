import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { TsdockError } from "tsdock/plugin";

const run = promisify(execFile);

/**
 * The registry that npm itself would use where nothing names one. No host is built in. Error `NODE_NPMRC_INVALID` where
 * there is no npm.
 */
export async function askNpm(
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<string> {
  try {
    const { stdout } = await run("npm", ["config", "get", "registry", "--global=false"], {
      cwd: "/",
      env: { ...env, npm_config_update_notifier: "false" },
      signal,
      timeout: 30_000,
      encoding: "utf8",
    });
    const url = stdout.trim();
    if (URL.canParse(url)) return url.endsWith("/") ? url : `${url}/`;
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
