import { randomBytes } from "node:crypto";

/** Sixty-four random digits. */
export const newContainerId = (): string => randomBytes(32).toString("hex");
