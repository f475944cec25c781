import { Node, type SourceFile, SyntaxKind, type VariableDeclaration } from "ts-morph";
import type { CheckedProject } from "./checked-project.ts";
import { type UnusedDeclaration, unusedAt } from "./unused-declaration.ts";

/** `param()` values that nothing reads. Exported ones may be read elsewhere and do not count. */
export function unusedParams(
  { project, files }: CheckedProject,
  given: ReadonlySet<string>,
): readonly UnusedDeclaration[] {
  return files.flatMap((file) => unusedIn(project.getSourceFileOrThrow(file), given));
}

function unusedIn(file: SourceFile, given: ReadonlySet<string>): readonly UnusedDeclaration[] {
  return file.getVariableDeclarations().flatMap((declaration) => {
    const value = declaration.getInitializer();
    const name = declaration.getFirstChildByKind(SyntaxKind.Identifier);
    if (!Node.isCallExpression(value) || value.getExpression().getText() !== "param" || name === undefined)
      return [];
    if (declaration.isExported() || name.findReferencesAsNodes().length > 0) return [];
    return [unusedAt(declaration, name, isRemovable(declaration, given))];
  });
}

/** Without its declaration a value that is set for it would be a mistake. */
function isRemovable(declaration: VariableDeclaration, given: ReadonlySet<string>): boolean {
  const call = declaration.getInitializerIfKind(SyntaxKind.CallExpression);
  const [name, value] = call?.getArguments() ?? [];
  return Node.isStringLiteral(name) && !given.has(name.getLiteralValue()) && Node.isLiteralLike(value);
}
