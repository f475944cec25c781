import { Node, type SourceFile, SyntaxKind } from "ts-morph";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { CheckedProject } from "./checked-project.ts";

/** `param()` values that nothing reads: errors `PARAM_UNUSED` with places. Exported ones may be read elsewhere and do not count. */
export function unusedParams({ project, files }: CheckedProject): readonly TsdockError[] {
  return files.flatMap((file) => unusedIn(project.getSourceFileOrThrow(file)));
}

function unusedIn(file: SourceFile): readonly TsdockError[] {
  return file.getVariableDeclarations().flatMap((declaration) => {
    const value = declaration.getInitializer();
    const name = declaration.getFirstChildByKind(SyntaxKind.Identifier);
    if (!Node.isCallExpression(value) || value.getExpression().getText() !== "param" || name === undefined)
      return [];
    if (declaration.isExported() || name.findReferencesAsNodes().length > 0) return [];
    const { line, column } = file.getLineAndColumnAtPos(name.getStart());
    return [
      new TsdockError("PARAM_UNUSED", `the param ${name.getText()} is declared and never read`, {
        place: { file: file.getFilePath(), line, column },
        hint: "use the value, or remove the param",
      }),
    ];
  });
}
