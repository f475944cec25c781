import { openNetworks } from "../../../core/run/network/open-networks.ts";
import type {
  AttachOptions,
  Networks,
  Reservation,
  ReserveOptions,
} from "../../../core/run/network/contract.ts";
import { isTsdockError } from "../../../core/errors/tsdock-error.ts";

/*
 * A process that uses the networks of a home in the network namespace that it was started in. Answers one message per
 * call; calls may overlap.
 */

export type AgentCall =
  | { readonly type: "open"; readonly home: string }
  | { readonly type: "reserve"; readonly options: ReserveOptions }
  | { readonly type: "attach"; readonly options: AttachOptions }
  | { readonly type: "release"; readonly container: string }
  | { readonly type: "reclaim"; readonly live: readonly string[] }
  | { readonly type: "list" }
  | { readonly type: "create"; readonly options: Parameters<Networks["create"]>[0] }
  | { readonly type: "remove"; readonly name: string }
  | { readonly type: "prune" }
  | { readonly type: "entrance" };

/** What a reservation is to the test; functions stay behind. */
export type Reserved = Omit<
  Reservation,
  "connect" | "join" | "open" | "outsideLines" | "insideLines" | "release"
>;

export type AgentReply =
  | { readonly id: number; readonly ok: true; readonly value: unknown; readonly ms: number }
  | {
      readonly id: number;
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      readonly details?: string | undefined;
      readonly hint?: string | undefined;
    };

let networks: Networks | undefined;
const reservations = new Map<string, Reservation>();
const { signal } = new AbortController();

const plain = (reservation: Reservation): Reserved => ({
  networkId: reservation.networkId,
  networkName: reservation.networkName,
  endpointId: reservation.endpointId,
  address: reservation.address,
  prefixLength: reservation.prefixLength,
  gateway: reservation.gateway,
  mac: reservation.mac,
  ports: reservation.ports,
  hosts: reservation.hosts,
  resolvConf: reservation.resolvConf,
});

async function perform(call: AgentCall): Promise<unknown> {
  if (call.type === "open") {
    networks = openNetworks(call.home);
    return undefined;
  }
  if (networks === undefined) throw new Error("not opened");
  switch (call.type) {
    case "reserve":
    case "attach": {
      const reservation =
        call.type === "reserve"
          ? await networks.reserve(call.options, signal)
          : await networks.attach(call.options, signal);
      reservations.set(call.options.id, reservation);
      return plain(reservation);
    }
    case "release":
      return reservations.get(call.container)?.release();
    case "reclaim":
      return networks.reclaim(new Set(call.live), signal);
    case "list":
      return networks.list(signal);
    case "create":
      return networks.create(call.options, signal);
    case "remove":
      return networks.remove(call.name, signal);
    case "prune":
      return networks.prune(signal);
    case "entrance":
      return networks.entrance(signal);
  }
}

async function answer({ id, call }: { readonly id: number; readonly call: AgentCall }): Promise<void> {
  const start = performance.now();
  let reply: AgentReply;
  try {
    const value = await perform(call);
    reply = { id, ok: true, value, ms: performance.now() - start };
  } catch (error) {
    const known = isTsdockError(error) ? error : undefined;
    reply = {
      id,
      ok: false,
      code: known?.code ?? "BUG",
      message: error instanceof Error ? (known === undefined ? (error.stack ?? "") : error.message) : "",
      details: known?.details,
      hint: known?.hint,
    };
  }
  process.send?.(reply);
}

process.on("message", (message) => void answer(message as Parameters<typeof answer>[0]));
process.on("disconnect", () => process.exit(0));
process.send?.({ id: 0, ok: true, value: "ready", ms: 0 } satisfies AgentReply);
