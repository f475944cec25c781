import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { ContainerDirectory, containersDirectory, listContainers } from "./container-directory.ts";

/** Names are names of files too. */
const grammar = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,254}$/;

/** Error `CONTAINER_NAME_INVALID`. */
export function checkName(name: string): void {
  if (grammar.test(name)) return;
  throw new TsdockError("CONTAINER_NAME_INVALID", `${JSON.stringify(name)} is no name for a container`, {
    hint: "a name has 2 to 255 letters, digits, _, . and -, and begins with a letter or digit",
  });
}

export const nameLink = (home: string, name: string): string => path.join(home, "container-names", name);

/** Makes a name that of a container; false where it is another's. Links whose container is gone are nobody's. */
export function takeName(home: string, name: string, id: string): boolean {
  const link = nameLink(home, name);
  for (;;) {
    try {
      fs.symlinkSync(path.join("..", "containers", id), link);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") fs.mkdirSync(path.dirname(link), { recursive: true });
      else if (code !== "EEXIST") throw error;
      else if (fs.existsSync(link)) return false;
      else fs.rmSync(link, { force: true });
    }
  }
}

const left =
  "amber bold brave bright calm clear cool eager fair fast fine fresh glad gold green happy keen kind light lively lucky merry mild neat noble quick quiet rapid ready royal sharp silent silver smart solid steady still sunny swift true vivid warm wise witty".split(
    " ",
  );
const right =
  "acorn anchor aspen badger beacon birch bridge brook canyon cedar comet coral crane delta falcon fern finch fjord forest garden grove harbor heron island jasper lagoon lantern larch lynx maple meadow mesa moss nova oak orchid otter pearl pine quartz raven reef ridge river robin sparrow spruce summit thistle tulip valley willow wren".split(
    " ",
  );

const randomBelow = (end: number): number => Math.floor(Math.random() * end);

const pick = (words: readonly string[]): string => words[randomBelow(words.length)] ?? "";

/** As docker makes them up: two words, and a digit when the first tries were taken. */
export const randomName = (attempt: number): string =>
  `${pick(left)}_${pick(right)}${attempt < 3 ? "" : randomBelow(10 ** Math.min(attempt - 2, 9))}`;

/** The container of a name, an id, or the beginning of one. Error `CONTAINER_NOT_FOUND`. */
export function findContainer(home: string, text: string): ContainerDirectory {
  const found = byName(home, text) ?? byId(home, text);
  if (found !== undefined) return found;
  throw new TsdockError("CONTAINER_NOT_FOUND", `there is no container ${text}`, {
    hint: "tsdock ps -a shows those that are there",
  });
}

function byName(home: string, name: string): ContainerDirectory | undefined {
  if (!grammar.test(name)) return undefined;
  const link = nameLink(home, name);
  try {
    const id = path.basename(fs.readlinkSync(link));
    return fs.existsSync(link) ? new ContainerDirectory(path.join(containersDirectory(home), id)) : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function byId(home: string, prefix: string): ContainerDirectory | undefined {
  if (!/^[0-9a-f]{1,64}$/.test(prefix)) return undefined;
  const found = listContainers(home).filter(({ id }) => id.startsWith(prefix));
  if (found.length < 2) return found[0];
  throw new TsdockError(
    "CONTAINER_NOT_FOUND",
    `${found.length} containers have an id that begins with ${prefix}`,
    {
      hint: "give more of it",
    },
  );
}
