import { setTimeout as sleep } from "node:timers/promises";
import { isTsdockError } from "../../errors/tsdock-error.ts";
import { nowMs } from "../../util/now-ms.ts";
import { asSeenBy, type NetworkContext, settledDefinitions, tableState } from "./context.ts";
import type { NamespacePlace, Reservation } from "./contract.ts";
import { hostsFile, resolvFile, tellNeighbours } from "./names/container-files.ts";
import { insideLines, pairLines } from "./plan/link-script.ts";
import { bridgeName, type EndpointRecord, linkName, type NetworkRecord } from "./plan/network-state.ts";
import { prefixLengthOf } from "./plan/network-table.ts";
import { addPortsScript, deletePortsScript, isRedirected } from "./plan/nft-script.ts";
import type { HeldPort } from "./ports/hold-port.ts";
import { removeLinks, settleTable } from "./system/bring-up.ts";
import { acceptForwarding } from "./system/forward-accept.ts";
import { interfaceNames } from "./system/interfaces.ts";
import { namespacePath, runIp, runIpInside, runNft, type Side } from "./system/side.ts";

interface Parts {
  readonly side: Side;
  readonly network: NetworkRecord;
  readonly endpoint: EndpointRecord;
  readonly held: readonly HeldPort[];
}

/** How long a link may take to go by itself. */
const vanishMs = 60;

/** docker's default bridge: a sign that docker runs here, and may have begun after our bridge was made. */
const dockerBridge = "docker0";

/** A reservation that this process made. */
export class LiveReservation implements Reservation {
  readonly #context: NetworkContext;
  readonly #parts: Parts;
  #released: Promise<void> | undefined;

  constructor(context: NetworkContext, parts: Parts) {
    this.#context = context;
    this.#parts = parts;
  }

  get networkId(): string {
    return this.#parts.network.id;
  }
  get networkName(): string {
    return this.#parts.network.name;
  }
  get endpointId(): string {
    return this.#parts.endpoint.id;
  }
  get address(): string {
    return this.#parts.endpoint.address;
  }
  get prefixLength(): number {
    return prefixLengthOf(this.#parts.network);
  }
  get gateway(): string {
    return this.#parts.network.gateway;
  }
  get mac(): string {
    return this.#parts.endpoint.mac;
  }
  get ports(): EndpointRecord["ports"] {
    return this.#parts.endpoint.ports;
  }
  get hosts(): string {
    return hostsFile(this.#parts.endpoint.directory);
  }
  get resolvConf(): string {
    return resolvFile(this.#parts.endpoint.directory);
  }

  get insideLines(): readonly string[] {
    return insideLines(this.#parts.network, this.#parts.endpoint);
  }

  async connect(namespace: NamespacePlace, signal: AbortSignal): Promise<void> {
    await this.join(namespace, signal);
    await runIpInside(this.#parts.side, namespace, this.insideLines, signal);
  }

  outsideLines(namespace: string): readonly string[] | undefined {
    const { side, network, endpoint } = this.#parts;
    return side.prefix.length === 0 ? pairLines(network, endpoint, namespace) : undefined;
  }

  async join(namespace: NamespacePlace, signal: AbortSignal): Promise<void> {
    const { side, network, endpoint } = this.#parts;
    const lines = pairLines(network, endpoint, namespacePath(namespace));
    await Promise.all([runIp(side, lines, signal), this.open(signal)]);
  }

  async open(signal: AbortSignal): Promise<void> {
    const { side, network, endpoint, held } = this.#parts;
    const isBesideDocker = side.prefix.length === 0 && interfaceNames(side.proc).includes(dockerBridge);
    await Promise.all([
      this.#openPorts(signal),
      isBesideDocker ? acceptForwarding(bridgeName(network), signal) : undefined,
    ]);
    for (const port of held) port.forwardTo(endpoint.address);
  }

  async #openPorts(signal: AbortSignal): Promise<void> {
    const { side, endpoint } = this.#parts;
    if (!endpoint.ports.some(isRedirected)) return;
    try {
      await runNft(side, addPortsScript(settledDefinitions(this.#context), asSeenBy(side, endpoint)), signal);
    } catch (error) {
      if (!isTsdockError(error)) throw error;
      // Somebody flushed the rules of this machine, or an element of a container that was killed is in the way.
      await settleUnderLock(this.#context, side, signal);
    }
  }

  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  /** With the container's namespace, the kernel removes it in a moment: as fast as `ip` would, and for nothing. */
  async #hasVanished(side: Side): Promise<boolean> {
    const link = linkName(this.#parts.endpoint);
    const limit = nowMs() + vanishMs;
    while (nowMs() < limit) {
      if (!interfaceNames(side.proc).includes(link)) return true;
      await sleep(2);
    }
    return false;
  }

  async #removeLink(side: Side, signal: AbortSignal): Promise<void> {
    if (!(await this.#hasVanished(side))) await removeLinks(side, [linkName(this.#parts.endpoint)], signal);
  }

  /** Taking back cannot be interrupted: whoever aborts wants it done. */
  async #release(): Promise<void> {
    const { signal } = new AbortController();
    const { network, endpoint, held } = this.#parts;
    // Where the namespace with the bridges is gone, so is all that was in it.
    const side = this.#context.keeper.current();
    if (held.length === 0 && (side === undefined || (await this.#hasVanished(side)))) {
      // Nothing is in the kernel any more that anybody could make again.
      await forget(this.#context, [endpoint], signal, network);
      return;
    }
    await markLeaving(this.#context, network, endpoint, signal);
    await Promise.all([
      side === undefined ? undefined : this.#removeLink(side, signal),
      side === undefined ? undefined : closePorts(this.#context, side, endpoint, signal),
      ...held.map((port) => port[Symbol.asyncDispose]()),
    ]);
    await forget(this.#context, [endpoint], signal);
  }
}

/** Takes it out of the others' hosts, and keeps others from making anything of it again. */
async function markLeaving(
  { files }: NetworkContext,
  network: NetworkRecord,
  endpoint: EndpointRecord,
  signal: AbortSignal,
): Promise<void> {
  await using _lock = await files.lock(signal);
  const state = files.endpoints();
  const endpoints = state.endpoints.map((other) =>
    other.id === endpoint.id ? { ...other, leaving: true } : other,
  );
  files.writeEndpoints({ ...state, endpoints });
  tellNeighbours(network, endpoints);
}

async function closePorts(
  context: NetworkContext,
  side: Side,
  endpoint: EndpointRecord,
  signal: AbortSignal,
): Promise<void> {
  if (!endpoint.ports.some(isRedirected)) return;
  const definitions = settledDefinitions(context);
  try {
    await runNft(side, deletePortsScript(definitions, asSeenBy(side, endpoint)), signal);
  } catch (error) {
    // Elements that are gone already, with the table or one by one, stop the transaction.
    if (!isTsdockError(error) || !/No such file or directory/.test(error.details ?? "")) throw error;
    await settleUnderLock(context, side, signal);
  }
}

async function settleUnderLock(context: NetworkContext, side: Side, signal: AbortSignal): Promise<void> {
  await using _lock = await context.files.lock(signal);
  await settleTable(tableState(context, side, settledDefinitions(context)), signal);
}

/**
 * Removes endpoints from the state when nothing of them is left, and tells the others of a network that does not know yet.
 * The last one of a home takes the keeper's work with it.
 */
export async function forget(
  { files, keeper }: NetworkContext,
  gone: readonly EndpointRecord[],
  signal: AbortSignal,
  network?: NetworkRecord,
): Promise<void> {
  await using _lock = await files.lock(signal);
  const ids = new Set(gone.map(({ id }) => id));
  const state = files.endpoints();
  const endpoints = state.endpoints.filter(({ id }) => !ids.has(id));
  files.writeEndpoints({ ...state, endpoints });
  if (network !== undefined) tellNeighbours(network, endpoints);
  if (endpoints.length === 0) await keeper.close(signal);
}
