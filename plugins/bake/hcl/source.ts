import { TsdockError } from "tsdock/plugin";

/** A file that is read, for places in messages. */
export class Source {
  /** As messages name it. */
  readonly file: string;
  readonly text: string;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  at(offset: number): Spot {
    return { source: this, offset };
  }
}

/** A position in a file. */
export interface Spot {
  readonly source: Source;
  /** In UTF-16 units from 0. */
  readonly offset: number;
}

/** Lines and columns count from 1. */
function placeOf({ source, offset }: Spot): { file: string; line: number; column: number } {
  const before = source.text.slice(0, offset).split("\n");
  return { file: source.file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** What the file's own tool would not take either. */
export const invalid = (message: string, spot: Spot, hint?: string): TsdockError =>
  new TsdockError("IMPORT_INVALID", message, { place: placeOf(spot), hint });

/** What the file's own tool does and a declaration cannot say. */
export const unsupported = (message: string, spot: Spot, hint?: string): TsdockError =>
  new TsdockError("IMPORT_UNSUPPORTED", message, { place: placeOf(spot), hint });
