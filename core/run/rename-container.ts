import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { ContainerDirectory } from "./state/container-directory.ts";
import { checkName, nameLink, takeName } from "./state/container-names.ts";
import type { ContainerRecord } from "./state/container-record.ts";

/**
 * Gives a container another name, at any time; the caller holds its lock. The new name leads to it before the old one
 * stops to, and whoever is killed in between leaves both. Errors `CONTAINER_NAME_INVALID`, `CONTAINER_NAME_TAKEN`.
 */
export function renameContainer(
  home: string,
  container: ContainerDirectory,
  record: ContainerRecord,
  name: string,
): void {
  checkName(name);
  if (name === record.name) {
    throw new TsdockError(
      "CONTAINER_NAME_TAKEN",
      "renaming a container with the same name as its current name",
      {
        hint: "choose another name",
      },
    );
  }
  if (!takeName(home, name, container.id) && !isOurs(home, name, container.id)) {
    throw new TsdockError("CONTAINER_NAME_TAKEN", `there is a container ${name} already`, {
      hint: `remove it with tsdock rm ${name}, or choose another name`,
    });
  }
  container.writeRecord({ ...record, name });
  fs.rmSync(nameLink(home, record.name), { force: true });
}

/** Of a renaming that was killed. */
const isOurs = (home: string, name: string, id: string): boolean =>
  path.basename(fs.readlinkSync(nameLink(home, name))) === id;
