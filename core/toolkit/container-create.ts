import { createContainer } from "../run/create-container.ts";
import { initialState } from "../run/state/container-directory.ts";
import { storeDirectory } from "./home.ts";
import type { Host } from "./host.ts";
import { checkIdFile, writeIdFile } from "./id-file.ts";
import { makeVolumes } from "./make-volumes.ts";
import { prepare } from "./run-container.ts";
import type { RunRequest } from "./run-request.ts";

/** Makes a container of an image and starts nothing. Gives its id. Errors are those of `runImage` before anything runs. */
export async function createOne(request: RunRequest, host: Host): Promise<string> {
  checkIdFile(request.cidFile, host);
  const container = await prepare(request, host, {}, async (draft) => {
    const made = await createContainer(storeDirectory(host), {
      ...draft,
      mounts: makeVolumes(draft.mounts, host),
    });
    // It belongs to nobody from now on: it stays until somebody starts or removes it.
    made.writeState(initialState);
    return made;
  });
  writeIdFile(request.cidFile, container.id, host);
  return container.id;
}
