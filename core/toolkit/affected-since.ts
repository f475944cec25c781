import { TsdockError } from "../errors/tsdock-error.ts";
import type { Host } from "./host.ts";
import type { Workspace } from "./workspace.ts";

/** Names of the images that are meant, without those that nothing since `since` affects. Error `UNSUPPORTED`. */
export function affectedSince(
  { images, since }: { readonly images: readonly string[]; readonly since: string | undefined },
  _workspace: Workspace,
  _host: Host,
): Promise<readonly string[]> {
  if (since === undefined) return Promise.resolve(images);
  const message =
    "--since needs to know what a commit affects, and this version of tsdock does not find that out";
  return Promise.reject(
    new TsdockError("UNSUPPORTED", message, {
      hint: "use --only-changed, which compares with what is published",
    }),
  );
}
