import { isTsdockError, TsdockError } from "../../errors/tsdock-error.ts";

type Bytes = AsyncGenerator<Uint8Array, void, undefined>;

/**
 * What decodes archives in the forms that layers never have, by the first six bytes; undefined for all others. Each is
 * loaded when it is needed. Errors `LAYER_INVALID`.
 */
export function decoderOf(head: Buffer): ((source: Bytes) => Bytes) | undefined {
  if (head.equals(Buffer.from("fd377a585a00", "hex"))) return unxz;
  return /^BZh[1-9]/.test(head.toString("latin1")) ? bunzip2 : undefined;
}

const invalid = (form: string, error: unknown): TsdockError =>
  new TsdockError(
    "LAYER_INVALID",
    `it is not valid ${form}: ${error instanceof Error ? error.message : String(error)}`,
    { cause: error },
  );

async function* unxz(source: Bytes): Bytes {
  const { default: xz } = await import("xz-decompress");
  const input = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { done, value } = await source.next();
      if (done === true) controller.close();
      else controller.enqueue(new Uint8Array(value));
    },
    async cancel() {
      await source.return();
    },
  });
  try {
    for await (const chunk of new xz.XzReadableStream(input)) yield chunk;
  } catch (error) {
    throw isTsdockError(error) ? error : invalid("xz", error);
  }
}

/** A block at a time, so that other work goes on between them; checksums of blocks and streams are compared. */
async function* bunzip2(source: Bytes): Bytes {
  const { default: createDecoder } = await import("unbzip2-stream");
  const decoder = createDecoder();
  const decoded: Uint8Array[] = [];
  const failures: unknown[] = [];
  decoder.on("data", (chunk: Uint8Array) => decoded.push(chunk));
  decoder.on("error", (error: unknown) => failures.push(error));
  const take = (): readonly Uint8Array[] => {
    if (failures.length > 0) throw invalid("bzip2", failures[0]);
    return decoded.splice(0);
  };
  for await (const chunk of source) {
    decoder.write(chunk);
    yield* take();
  }
  decoder.end();
  yield* take();
}
