import { createHash } from "node:crypto";
import type { Platform } from "../../../oci/spec/platform.ts";
import { encode, type Message } from "../messages.ts";
import { definition, operation } from "./schema.ts";

/** The output of an operation; undefined is a tree without files. */
export type Output = { readonly digest: string; readonly index: number } | undefined;

/** An index that stands for nothing: no input, no output. */
export const none = -1;

/** Collects operations by the digest of their bytes, inputs before users: equal work is one. */
export class GraphWriter {
  readonly #operations = new Map<string, { readonly bytes: Uint8Array; readonly name: string }>();

  /** @param name what people who watch the build see */
  add(message: Message, platform: Platform, name: string): { readonly digest: string; readonly index: 0 } {
    const { architecture, os, variant } = platform;
    const bytes = encode(operation, {
      ...message,
      platform: { Architecture: architecture, OS: os, Variant: variant },
    });
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    if (!this.#operations.has(digest)) this.#operations.set(digest, { bytes, name });
    return { digest, index: 0 };
  }

  /** The definition whose result is `output`, as `buildctl build` reads it. */
  finish(output: { readonly digest: string; readonly index: number }): Uint8Array<ArrayBuffer> {
    const last = encode(operation, { inputs: [output] });
    const metadata = [...this.#operations].map(
      ([digest, { name }]) => [digest, { description: { "llb.customname": name } }] as const,
    );
    return encode(definition, {
      def: [...[...this.#operations.values()].map(({ bytes }) => bytes), last],
      metadata: Object.fromEntries(metadata),
    });
  }
}

/** Inputs of one operation, each once. */
export class Inputs {
  readonly #list: { readonly digest: string; readonly index: number }[] = [];

  /** The index of `output` among them; -1 for a tree without files. */
  add(output: Output): number {
    if (output === undefined) return none;
    const known = this.#list.findIndex(
      ({ digest, index }) => digest === output.digest && index === output.index,
    );
    return known >= 0 ? known : this.#list.push(output) - 1;
  }

  get length(): number {
    return this.#list.length;
  }

  get list(): readonly Message[] {
    return this.#list.map(({ digest, index }) => ({ digest, index }));
  }
}
