import process from "node:process";
import type { OutputSink } from "../../oci/runtime/sandbox.ts";
import { type FromChild, sendableError, type ToChild } from "./child-protocol.ts";
import { openExecutor } from "./native-executor.ts";
import type { NativeExecutor } from "./native-options.ts";

/*
 * The process that is root of a user namespace and does there what its parent, an ordinary user, may not: unpack, run,
 * capture, remove. It ends with its parent, and everything that it runs ends with it.
 */

let executor: Promise<NativeExecutor> | undefined;
const aborters = new Map<number, AbortController>();
const senders = new Map<number, (signal: NodeJS.Signals) => void>();

/** Settles when the message has left: a slow parent holds back what commands write. */
function send(message: FromChild): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, undefined, {}, (error) => (error === null ? resolve() : reject(error)));
  });
}

type Call = Extract<ToChild, { type: "call" }>;

async function perform(call: Call, opened: NativeExecutor, signal: AbortSignal): Promise<void> {
  const output: OutputSink = (stream, chunk) => send({ type: "output", id: call.id, stream, chunk });
  const done = (value: Extract<FromChild, { type: "result" }>["value"]): Promise<void> =>
    send({ type: "result", id: call.id, value });
  switch (call.name) {
    case "describe":
      return done(await opened.describe());
    case "unpack":
      await opened.unpack(call.args.tar, call.args.directory, signal);
      return done(undefined);
    case "exec":
      return done(await opened.exec({ ...call.args.request, output }, signal));
    case "container": {
      const { request, inherit } = call.args;
      const onStart = (sender: (name: NodeJS.Signals) => void): void => {
        senders.set(call.id, sender);
        process.send?.({ type: "started", id: call.id } satisfies FromChild);
      };
      return done(
        await opened.runContainer({ ...request, onStart, output: inherit ? "inherit" : output }, signal),
      );
    }
    case "remove":
      await opened.remove(call.args.directory);
      return done(undefined);
  }
}

async function answer(call: Call): Promise<void> {
  const aborter = new AbortController();
  aborters.set(call.id, aborter);
  try {
    if (executor === undefined) throw new Error("called before it was opened");
    await perform(call, await executor, aborter.signal);
  } catch (error) {
    await send({ type: "error", id: call.id, error: sendableError(error) });
  } finally {
    aborters.delete(call.id);
    senders.delete(call.id);
  }
}

async function close(): Promise<void> {
  if (executor !== undefined) await (await executor)[Symbol.asyncDispose]();
  process.disconnect();
}

function receive(message: ToChild): void {
  switch (message.type) {
    case "open":
      executor = openExecutor({
        ...message.options,
        emit: (event) => process.send?.({ type: "event", event } satisfies FromChild),
      });
      // Whoever calls gets the failure.
      executor.catch(() => undefined);
      return;
    case "call":
      // A parent that is gone takes no answer: the end of the connection ends this process.
      answer(message).catch(() => process.exit(1));
      return;
    case "abort":
      aborters.get(message.id)?.abort();
      return;
    case "signal":
      senders.get(message.id)?.(message.signal);
      return;
    case "close":
      close().catch(() => process.exit(1));
  }
}

process.on("message", (message) => receive(message as ToChild));
process.on("disconnect", () => process.exit(0));
// Whoever started this may have been killed meanwhile: then there is nobody to work for, and nobody to tell.
process.send?.({ type: "ready" } satisfies FromChild, (error: Error | null) => {
  if (error !== null) process.exit(0);
});
