import path from "node:path";
import { emptyTreeMemory, type TreeMemory } from "../../build/native/lower-tree.ts";
import { hexOf } from "../../oci/spec/digest.ts";
import { keep, readKept } from "../../util/kept-json.ts";
import type { ContainerRecord } from "../state/container-record.ts";

const format = "tsdock tree 1";

/** What was looked up in the layers of an image for its containers, in the store's directory for the next of them. */
export interface RememberedTree {
  readonly memory: TreeMemory;
  /** Writes what is new. */
  readonly save: () => void;
}

/** JSON: what is nowhere is null, values of attributes are in base64. */
interface Written {
  readonly lower: readonly string[];
  readonly found: readonly (readonly [string, NonNullable<ReturnType<TreeMemory["found"]["get"]>> | null])[];
  readonly attributes: readonly (readonly [string, readonly (readonly [string, string])[]])[];
}

/** Undefined where not only layers of the image are looked at. */
export function rememberTree(
  home: string,
  { image, lower }: ContainerRecord,
  rootless: boolean,
): RememberedTree | undefined {
  if (lower.length !== image.diffIds.length) return undefined;
  // Users see other attributes than root does.
  const name = `tree-${rootless ? "user" : "root"}-${hexOf(image.descriptor.digest)}.json`;
  const file = path.join(home, "contexts", name);
  const memory = read(file, lower) ?? emptyTreeMemory();
  const sizeOf = ({ found, attributes }: TreeMemory): number => found.size + attributes.size;
  const before = sizeOf(memory);
  return {
    memory,
    save: () => {
      if (sizeOf(memory) > before) write(file, memory, lower);
    },
  };
}

function read(file: string, lower: readonly string[]): TreeMemory | undefined {
  const written = readKept(file, format) as Written | undefined;
  if (written?.lower.join("\n") !== lower.join("\n")) return undefined;
  return {
    found: new Map(written.found.map(([name, found]) => [name, found ?? undefined])),
    attributes: new Map(
      written.attributes.map(([place, list]) => [
        place,
        list.map(([name, value]) => [name, Buffer.from(value, "base64")] as const),
      ]),
    ),
  };
}

function write(file: string, { found, attributes }: TreeMemory, lower: readonly string[]): void {
  const written: Written = {
    lower,
    found: [...found].map(([name, one]) => [name, one ?? null]),
    attributes: [...attributes].map(([place, list]) => [
      place,
      list.map(([name, value]) => [name, Buffer.from(value).toString("base64")]),
    ]),
  };
  keep(file, format, written);
}
