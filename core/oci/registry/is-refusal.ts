import { isTsdockError } from "../../errors/tsdock-error.ts";

/** Whether a registry answered, and the answer was no: it has not, does not allow or does not know what was asked. */
export const isRefusal = (error: unknown): boolean =>
  isTsdockError(error) &&
  ["REGISTRY_DENIED", "REGISTRY_UNAUTHORIZED", "REGISTRY_NOT_FOUND", "REGISTRY_FAILED"].includes(error.code);
