import { randomHex } from "../../util/random-hex.ts";

/** Sixty-four random digits. */
export const newContainerId = (): string => randomHex(32);
