import { isTsdockError, TsdockError } from "../../errors/tsdock-error.ts";
import type { CommandAction, Invocation } from "../command.ts";
import type { Inspected } from "../format-inspected.ts";
import { type InspectedKind, inspectEach, inspectKind } from "../inspect-each.ts";
import { textOption } from "../options.ts";

/** In docker's order: the first that has the name is meant. */
const kinds: Readonly<Record<string, () => Promise<InspectedKind>>> = {
  container: async () => (await import("../inspected/container-kind.ts")).containerKind,
  image: async () => (await import("../inspected/image-kind.ts")).imageKind,
  network: async () => (await import("../inspected/network-kind.ts")).networkKind,
  volume: async () => (await import("../inspected/volume-kind.ts")).volumeKind,
};

/** What it is that there is none of, and names that such a thing cannot have. */
const absent: ReadonlySet<string> = new Set([
  "CONTAINER_NOT_FOUND",
  "IMAGE_NOT_FOUND",
  "REFERENCE_INVALID",
  "NETWORK_NOT_FOUND",
  "VOLUME_NOT_FOUND",
  "VOLUME_INVALID",
]);

export const inspect: CommandAction = async (invocation) => {
  const kind = kinds[textOption(invocation.options, "type") ?? ""];
  if (kind !== undefined) return inspectKind(invocation, await kind());
  return inspectEach(invocation, (name) => lookEverywhere(name, invocation));
};

async function lookEverywhere(name: string, invocation: Invocation): Promise<Inspected> {
  for (const kind of Object.values(kinds)) {
    const { shape, look } = await kind();
    try {
      return { document: await look(name, invocation), shape };
    } catch (error) {
      if (!isTsdockError(error) || !absent.has(error.code)) throw error;
    }
  }
  throw new TsdockError("OBJECT_NOT_FOUND", `there is no container, image, network or volume ${name}`, {
    hint: "tsdock ps -a, image ls, network ls and volume ls show those that are there",
  });
}
