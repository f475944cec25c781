import { createHash, type Hash } from "node:crypto";
import { TsdockError } from "../errors/tsdock-error.ts";

/** Strongest first; MD5 is no proof of anything. */
const algorithms = ["sha512", "sha384", "sha256", "sha1"] as const;

/** One digest that content must have. */
export interface ExpectedDigest {
  readonly algorithm: (typeof algorithms)[number];
  /** Hexadecimal; any of them will do: several hashes of the strongest algorithm may be listed. */
  readonly hex: readonly string[];
}

/**
 * The strongest part of a text as W3C Subresource Integrity has it: `sha512-BASE64`, several separated by spaces, options
 * after `?`. Error `CHECKSUM_INVALID`.
 */
export function parseIntegrity(text: string): ExpectedDigest {
  const parts = text
    .trim()
    .split(/\s+/)
    .flatMap((part) => {
      const [, algorithm = "", base64 = ""] =
        /^([a-z0-9]+)-([A-Za-z0-9+/]+={0,2})(?:\?.*)?$/.exec(part) ?? [];
      return [{ algorithm, hex: Buffer.from(base64, "base64").toString("hex") }];
    });
  for (const algorithm of algorithms) {
    const length = createHash(algorithm).digest().length * 2;
    const hex = parts.filter((part) => part.algorithm === algorithm && part.hex.length === length);
    if (hex.length > 0) return { algorithm, hex: hex.map((part) => part.hex) };
  }
  throw new TsdockError(
    "CHECKSUM_INVALID",
    `${JSON.stringify(text)} is not an integrity that can be checked`,
    {
      hint: "it must hold sha512-, sha384-, sha256- or sha1- and a digest in base64",
    },
  );
}

/** Computes the SHA-256 that content is kept under, and the digest that it must have. */
export class DigestCheck {
  readonly #sha256 = createHash("sha256");
  readonly #expected: ExpectedDigest;
  readonly #other: Hash | undefined;

  constructor(expected: ExpectedDigest) {
    this.#expected = expected;
    this.#other = expected.algorithm === "sha256" ? undefined : createHash(expected.algorithm);
  }

  update(chunk: Uint8Array): void {
    this.#sha256.update(chunk);
    this.#other?.update(chunk);
  }

  /** `found` is what the expected algorithm gives. */
  end(): { readonly sha256: string; readonly found: string; readonly ok: boolean } {
    const sha256 = this.#sha256.digest("hex");
    const found = this.#other?.digest("hex") ?? sha256;
    return { sha256, found, ok: this.#expected.hex.includes(found) };
  }
}
