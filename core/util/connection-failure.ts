/** Why a certificate is not trusted, by the code of Node's error. */
const reasons: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate comes from an authority that is not trusted",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate comes from an authority that is not trusted",
  UNABLE_TO_GET_ISSUER_CERT: "its certificate comes from an authority that is not trusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate comes from an authority that is not trusted",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  CERT_SIGNATURE_FAILURE: "its certificate is not valid",
};

/** Why the certificate of a server is not trusted; undefined where an error is about something else. */
export const certificateFailure = (error: unknown): string | undefined => reasons[failureCode(error) ?? ""];

/** The code that the system, Node or undici gave the first cause of an error. */
export function failureCode(error: unknown): string | undefined {
  for (let current = error; typeof current === "object" && current !== null; ) {
    const { code, cause, errors } = current as { code?: unknown; cause?: unknown; errors?: unknown };
    if (typeof code === "string") return code;
    // Several addresses were tried: the first says enough.
    current = Array.isArray(errors) ? errors[0] : cause;
  }
  return undefined;
}
