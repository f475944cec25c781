import { type CredentialsProvider, firstOf } from "./credentials.ts";
import { authFiles, fileCredentials } from "./docker-config.ts";
import { environmentCredentials } from "./environment-credentials.ts";

/** Every place where credentials are kept, in order: `TSDOCK_AUTH_<HOST>`, docker's config, podman's files. */
export const defaultCredentials = (
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): CredentialsProvider =>
  firstOf([environmentCredentials(env), ...authFiles(env, home).map((file) => fileCredentials(file, env))]);
