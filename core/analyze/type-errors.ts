import type { DiagnosticMessageChain } from "ts-morph";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { CheckedProject } from "./checked-project.ts";

/** What the compiler says of image modules: errors `TYPE_ERROR` with places. */
export function typeErrors({ project, files }: CheckedProject): readonly TsdockError[] {
  const wanted = new Set(files);
  return project.getPreEmitDiagnostics().flatMap((diagnostic) => {
    const file = diagnostic.getSourceFile();
    const start = diagnostic.getStart();
    if (file === undefined || start === undefined || !wanted.has(file.getFilePath())) return [];
    const { line, column } = file.getLineAndColumnAtPos(start);
    return [
      new TsdockError("TYPE_ERROR", `TS${diagnostic.getCode()}: ${textOf(diagnostic.getMessageText())}`, {
        place: { file: file.getFilePath(), line, column },
        hint: "the type of the method says what it takes: hover it in an editor",
      }),
    ];
  });
}

const textOf = (message: string | DiagnosticMessageChain): string =>
  typeof message === "string"
    ? message
    : [message.getMessageText(), ...(message.getNext() ?? []).map(textOf)].join(" ");
