/** This copy of the package. What another copy made carries another object here, and is reported rather than misread. */
export const instance: object = Object.freeze({});

/** Whether `value` carries `brand`, and if so whether this copy of the package made it. */
export function branded(value: unknown, brand: symbol): "ours" | "foreign" | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const mark = (value as Readonly<Record<symbol, unknown>>)[brand];
  if (mark === undefined) return undefined;
  return mark === instance ? "ours" : "foreign";
}
