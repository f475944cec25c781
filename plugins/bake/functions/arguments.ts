import type { Budget } from "../evaluate/budget.ts";
import {
  type HclObject,
  isList,
  isObject,
  needBoolean,
  needNumber,
  needText,
  typeName,
} from "../evaluate/values.ts";
import { invalid, type Spot } from "../hcl/source.ts";
import type { HclValue } from "../hcl/syntax.ts";

/** What a function is called with. Getters throw `IMPORT_INVALID` where an argument is of another type. */
export class Arguments {
  readonly name: string;
  readonly values: readonly HclValue[];
  readonly spot: Spot;
  readonly budget: Budget;

  constructor(name: string, values: readonly HclValue[], spot: Spot, budget: Budget) {
    this.name = name;
    this.values = values;
    this.spot = spot;
    this.budget = budget;
  }

  get count(): number {
    return this.values.length;
  }

  value(index: number): HclValue {
    return this.values[index] ?? null;
  }

  text(index: number): string {
    return needText(this.value(index), this.spot, this.#what(index));
  }

  number(index: number): number {
    return needNumber(this.value(index), this.spot, this.#what(index));
  }

  whole(index: number): number {
    const number = this.number(index);
    if (!Number.isInteger(number)) throw this.wrong(`${this.#what(index)} must be a whole number`);
    return number;
  }

  boolean(index: number): boolean {
    return needBoolean(this.value(index), this.spot, this.#what(index));
  }

  list(index: number): readonly HclValue[] {
    const value = this.value(index);
    if (!isList(value)) throw this.wrong(`${this.#what(index)} must be a list and is ${typeName(value)}`);
    return value;
  }

  object(index: number): HclObject {
    const value = this.value(index);
    if (!isObject(value))
      throw this.wrong(`${this.#what(index)} must be an object and is ${typeName(value)}`);
    return value;
  }

  wrong(message: string): Error {
    return invalid(message, this.spot);
  }

  #what(index: number): string {
    return `argument ${index + 1} of ${this.name}`;
  }
}

/** A function of the language: how many arguments it takes, and what it gives. */
export type HclFunction = readonly [least: number, most: number, run: (args: Arguments) => HclValue];
export const many = Number.POSITIVE_INFINITY;
