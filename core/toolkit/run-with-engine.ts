import { runInEngine } from "../engine/run-container.ts";
import { viewOf } from "./find-image.ts";
import { engineArguments } from "./engine-arguments.ts";
import { engineNamed, engineOf, loadImageInto } from "./engine-load.ts";
import type { Host } from "./host.ts";
import { openStore } from "./open-store.ts";
import { createConfiguredAccess } from "./registry-access.ts";
import { findOrPull } from "./run-container.ts";
import type { ContainerStreams } from "./run-contract.ts";
import type { RunRequest } from "./run-request.ts";

/**
 * Runs a container of an image of the store, or of a registry, in another engine, which gets what it lacks of it first.
 * Gives the exit code of the engine's command. Errors `ENGINE_UNAVAILABLE`, `ENGINE_FAILED`, `USAGE`.
 */
export async function runWithEngine(
  request: RunRequest,
  engineName: string,
  streams: ContainerStreams,
  host: Host,
): Promise<number> {
  const engine = engineOf(engineNamed(engineName), host);
  const options = engineArguments(request, host);
  const name = await load(request, host, engine);
  const args = ["run", ...options, name, ...request.args];
  return runInEngine({ engine, args, terminal: streams.inputIsTerminal, takeSignals: streams.takeSignals });
}

async function load(request: RunRequest, host: Host, engine: ReturnType<typeof engineOf>): Promise<string> {
  await using registry = createConfiguredAccess(host);
  await using store = await openStore(host);
  await using _lease = await store.lease();
  const found = await findOrPull(store, request, registry, host);
  const view = await viewOf(store, found, request.platform);
  const names = found.name === undefined ? [] : [found.name];
  const { name } = await loadImageInto(engine, { view, names }, { store, registry, host });
  return name;
}
