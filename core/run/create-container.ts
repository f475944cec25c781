import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../errors/tsdock-error.ts";
import { processOwner } from "../oci/store/process-owner.ts";
import { removeContainer } from "./remove-container.ts";
import { ContainerDirectory, containersDirectory, initialState } from "./state/container-directory.ts";
import { checkName, randomName, takeName } from "./state/container-names.ts";
import type { ContainerRecord } from "./state/container-record.ts";
import { newContainerId } from "./state/new-container-id.ts";

/** What a container is, but for what is made up when it is created. */
export type ContainerDraft = Omit<ContainerRecord, "version" | "id" | "name" | "created" | "hostname"> & {
  readonly name: string | undefined;
  /** The first digits of the id unless given. */
  readonly hostname: string | undefined;
};

interface CreatedContainer {
  readonly container: ContainerDirectory;
  readonly record: ContainerRecord;
}

/**
 * Writes a new container down; nothing is started. This process counts as its supervisor until another does.
 * Errors `CONTAINER_NAME_INVALID`, `CONTAINER_NAME_TAKEN`.
 */
export async function createContainer(
  home: string,
  draft: ContainerDraft,
  id: string = newContainerId(),
): Promise<ContainerDirectory> {
  if (draft.name !== undefined) checkName(draft.name);
  for (let attempt = 0; ; attempt++) {
    const created = write(home, draft, { id, name: draft.name ?? randomName(attempt) });
    if (takeName(home, created.record.name, created.record.id)) return created.container;
    await removeContainer(home, created.container, { volumes: false });
    if (draft.name === undefined) continue;
    throw new TsdockError("CONTAINER_NAME_TAKEN", `there is a container ${draft.name} already`, {
      hint: `remove it with tsdock rm ${draft.name}, or choose another --name`,
    });
  }
}

/** Whole before it is visible. */
function write(
  home: string,
  draft: ContainerDraft,
  { id, name }: Pick<ContainerRecord, "id" | "name">,
): CreatedContainer {
  const record: ContainerRecord = {
    ...draft,
    version: 1,
    id,
    name,
    created: new Date().toISOString(),
    hostname: draft.hostname ?? id.slice(0, 12),
  };
  const parent = containersDirectory(home);
  const temporary = path.join(parent, `.new-${id}`);
  fs.mkdirSync(temporary, { recursive: true, mode: 0o700 });
  fs.writeFileSync(path.join(temporary, "config.json"), JSON.stringify(record));
  new ContainerDirectory(temporary).writeState({ ...initialState, supervisor: processOwner() });
  fs.renameSync(temporary, path.join(parent, id));
  return { container: new ContainerDirectory(path.join(parent, id)), record };
}
