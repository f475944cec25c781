import type { HostTools } from "../../build/native/host-tools.ts";
import { isInitialNamespace } from "../../build/native/initial-namespace.ts";
import { hideHybridCgroups } from "../../build/native/sandbox-script.ts";
import { openSandbox, type OpenSandbox } from "../../build/native/start-sandbox.ts";
import { containerOfNetwork } from "../options/container-network.ts";

/** What a container has as standard input. */
export type ContainerInput = "ignore" | "inherit" | "hold";

/** A terminal whose input ended would tell its command so: without somebody's input it has one that never ends. */
export function inputOf(
  { openStdin, tty }: { readonly openStdin: boolean; readonly tty: boolean },
  attached: boolean,
): ContainerInput {
  if (attached && openStdin) return "inherit";
  return openStdin || tty ? "hold" : "ignore";
}

/** Whether a container has a network namespace of its own that must be prepared. */
export const isPrivate = (network: string): boolean =>
  network !== "host" && network !== "none" && containerOfNetwork(network) === undefined;

/**
 * Namespaces for a container on a private network, opened while its image is still being looked for. Undefined where they
 * would be others: those of an ordinary user.
 */
export function openEarly(stdin: ContainerInput, tools: HostTools): OpenSandbox | undefined {
  if (process.geteuid?.() !== 0 || !isInitialNamespace()) return undefined;
  return openSandbox({
    environment: tools.environment,
    namespaces: ["--net"],
    stdin,
    output: "piped",
    ahead: hideHybridCgroups(false),
    seesNetwork: true,
  });
}
