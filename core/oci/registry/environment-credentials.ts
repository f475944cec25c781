import { TsdockError } from "../../errors/tsdock-error.ts";
import { type CredentialsProvider, splitUserPassword } from "./credentials.ts";

/** `TSDOCK_AUTH_GHCR_IO` for `ghcr.io`: what is neither a letter nor a digit is `_`; case does not matter. */
export const authVariable = (registry: string): string =>
  `TSDOCK_AUTH_${registry.replace(/[^A-Za-z0-9]/g, "_").toUpperCase()}`;

/** Whether that is how such a variable is named. */
export const isAuthVariable = (name: string): boolean => /^TSDOCK_AUTH_./i.test(name);

/** Credentials in variables `TSDOCK_AUTH_<HOST>=user:password` of the environment given. */
export function environmentCredentials(
  env: Readonly<Record<string, string | undefined>>,
): CredentialsProvider {
  const variables = new Map<string, readonly [name: string, value: string]>();
  for (const [name, value] of Object.entries(env)) {
    if (isAuthVariable(name) && value !== undefined && value !== "") {
      variables.set(name.toUpperCase(), [name, value]);
    }
  }
  return {
    find(registry) {
      const [name, value] = variables.get(authVariable(registry)) ?? [];
      if (name === undefined || value === undefined) return Promise.resolve(undefined);
      const pair = splitUserPassword(value);
      if (pair === undefined) {
        return Promise.reject(
          new TsdockError("CREDENTIALS_INVALID", `the variable ${name} has no colon`, {
            hint: `write ${name}=user:password`,
          }),
        );
      }
      return Promise.resolve({ type: "basic", source: name, ...pair });
    },
  };
}
