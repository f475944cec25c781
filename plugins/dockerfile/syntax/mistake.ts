import { TsdockError } from "tsdock/plugin";

/** A position in the file that is read, counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Makes errors with places in one file. */
export class Mistakes {
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /** What no Dockerfile may have. */
  invalid(message: string, { line, column }: Position, hint?: string): TsdockError {
    return new TsdockError("IMPORT_INVALID", message, { place: { file: this.file, line, column }, hint });
  }

  /** What docker takes and a declaration cannot express. */
  unsupported(message: string, { line, column }: Position, hint?: string): TsdockError {
    return new TsdockError("IMPORT_UNSUPPORTED", message, { place: { file: this.file, line, column }, hint });
  }
}
