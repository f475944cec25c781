/**
 * Version of the bytes that packing gives. It belongs into every key of an action that packs: raise it when the same
 * entries give other bytes.
 */
export const packingVersion = 1;
