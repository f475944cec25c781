import { boundedCapabilities } from "../../build/native/available-capabilities.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { type Capability, capabilitiesNamed, sandboxCapabilities } from "../../oci/runtime/capabilities.ts";

/** Names that `--cap-add` and `--cap-drop` give, checked. Error `USAGE`. */
export function checkCapabilities(names: readonly string[], option: string): readonly Capability[] {
  return names.flatMap((name) => {
    const found = capabilitiesNamed(name);
    if (found !== undefined) return found;
    throw new TsdockError("USAGE", `--${option} ${name} is no capability`, {
      hint: "write NET_ADMIN, CAP_NET_ADMIN or ALL; capabilities(7) lists them",
    });
  });
}

/**
 * What a container may do: the usual set without what was dropped, and what was added; `--cap-add ALL` is all that can be
 * given. Error `CAPABILITY_UNAVAILABLE`.
 */
export function containerCapabilities({
  add,
  drop,
}: {
  readonly add: readonly string[];
  readonly drop: readonly string[];
}): readonly Capability[] {
  const named = add.filter((name) => name.toUpperCase() !== "ALL");
  const added = checkCapabilities(named, "cap-add");
  const dropped = new Set(checkCapabilities(drop, "cap-drop"));
  if (added.includes("CAP_MKNOD")) {
    throw unavailable(
      "CAP_MKNOD",
      "there are no device rules, so that it would open every disk of this machine",
    );
  }
  const lacking = added.find((name) => !boundedCapabilities([name]).includes(name));
  if (lacking !== undefined) throw unavailable(lacking, "this process may not have it itself");
  const usual = named.length < add.length ? checkCapabilities(["ALL"], "cap-add") : sandboxCapabilities;
  const kept = usual.filter((name) => name !== "CAP_MKNOD" && !dropped.has(name));
  return boundedCapabilities([...new Set([...kept, ...added])]);
}

const unavailable = (name: string, reason: string): TsdockError =>
  new TsdockError("CAPABILITY_UNAVAILABLE", `${name} cannot be given to a container: ${reason}`, {
    hint: "leave it out of --cap-add",
  });
