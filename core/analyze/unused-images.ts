import { Node, type SourceFile, SyntaxKind, type VariableDeclaration } from "ts-morph";
import type { CheckedProject } from "./checked-project.ts";
import { kindOf } from "./export-mistakes.ts";
import { type UnusedDeclaration, unusedAt } from "./unused-declaration.ts";

/** Images that a module neither exports nor uses: nobody can build them. */
export function unusedImages(checked: CheckedProject): readonly UnusedDeclaration[] {
  return checked.files.flatMap((file) => unusedIn(checked.project.getSourceFileOrThrow(file), checked));
}

const unusedIn = (file: SourceFile, checked: CheckedProject): readonly UnusedDeclaration[] =>
  file.getVariableDeclarations().flatMap((declaration) => {
    const name = declaration.getFirstChildByKind(SyntaxKind.Identifier);
    if (
      name === undefined ||
      declaration.isExported() ||
      kindOf(declaration.getType(), checked) === undefined
    )
      return [];
    if (name.findReferencesAsNodes().length > 0) return [];
    return [unusedAt(declaration, name, isPure(declaration))];
  });

/** Declaring does nothing, but a call of anything else than tsdock's own functions and methods might. */
const isPure = (declaration: VariableDeclaration): boolean =>
  declaration.getDescendantsOfKind(SyntaxKind.CallExpression).every((call) => {
    const root = rootOf(call.getExpression());
    const isOurs = ["image", "mount", "merge", "diff"].includes(root);
    return isOurs || (isMethod(call.getExpression()) && isConstant(root, declaration.getSourceFile()));
  });

const isMethod = (node: Node): boolean => Node.isPropertyAccessExpression(node);

/** A chain that goes on from another image of the module. */
const isConstant = (name: string, file: SourceFile): boolean =>
  file.getVariableDeclaration(name) !== undefined;

const rootOf = (node: Node): string =>
  Node.isPropertyAccessExpression(node) || Node.isCallExpression(node)
    ? rootOf(node.getExpression())
    : node.getText();
