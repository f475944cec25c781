import type * as OpenPgp from "openpgp";
import { TsdockError } from "tsdock/plugin";

const hint =
  "check the mirror and its keyring (debian-archive-keyring), or name the right one: debian({ keyring: … }) or Signed-By in apt's sources";

const untrusted = (name: string, what: string, cause?: unknown): TsdockError =>
  new TsdockError("DEBIAN_INDEX_UNTRUSTED", `${name} ${what}`, { hint, cause });

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** OpenPGP keys, armored or binary. */
async function readKeyring(keyring: Uint8Array, openpgp: typeof OpenPgp): Promise<OpenPgp.PublicKey[]> {
  const armored = Buffer.from(keyring.subarray(0, 256))
    .toString("latin1")
    .trimStart()
    .startsWith("-----BEGIN PGP");
  const keys = armored
    ? await openpgp.readKeys({ armoredKeys: Buffer.from(keyring).toString("utf8") })
    : await openpgp.readKeys({ binaryKeys: keyring });
  return keys.map((key) => key.toPublic());
}

/**
 * Verifies an InRelease file (a cleartext signed message) and gives the text that is signed, never anything around it.
 * One good signature by a trusted key is needed; signatures by unknown or expired keys beside it do not matter.
 * `now` is when keys must not have expired. Error `DEBIAN_INDEX_UNTRUSTED`.
 */
export async function verifyInRelease(
  bytes: Uint8Array,
  keyrings: readonly Uint8Array[],
  name: string,
  now: Date,
): Promise<string> {
  const text = Buffer.from(bytes).toString("utf8");
  if (!text.startsWith("-----BEGIN PGP SIGNED MESSAGE-----")) throw untrusted(name, "is not signed");
  const openpgp = await import("openpgp");
  const verificationKeys = (
    await Promise.all(keyrings.map((keyring) => readKeyring(keyring, openpgp)))
  ).flat();
  const message = await openpgp.readCleartextMessage({ cleartextMessage: text }).catch((cause: unknown) => {
    throw untrusted(name, `has a signature that cannot be read: ${reasonOf(cause)}`, cause);
  });
  const { data, signatures } = await openpgp.verify({ message, verificationKeys, date: now });
  const reasons: string[] = [];
  for (const signature of signatures) {
    const id = signature.keyID;
    const label = `key ${id.toHex().toUpperCase()}`;
    if (!verificationKeys.some((key) => key.getKeys(id).length > 0)) {
      reasons.push(`${label} is not trusted`);
      continue;
    }
    const failure = await signature.verified.then(
      () => undefined,
      (cause: unknown) => reasonOf(cause),
    );
    if (failure === undefined) return data;
    reasons.push(`${label}: ${failure}`);
  }
  throw untrusted(name, `has no good signature (${reasons.join("; ") || "nobody signed it"})`);
}
