import path from "node:path";
import { type ExportedDeclarations, Node, type Signature, type SourceFile, type Type } from "ts-morph";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { CheckedProject } from "./checked-project.ts";

/**
 * Exports that are clearly meant to be images and are none: a helper or a method that nobody called, a promise, an image without
 * `from()`. What another module of the workspace uses is a building block and no mistake. Errors `EXPORT_NOT_IMAGE`, `IMAGE_WITHOUT_BASE`.
 */
export function exportMistakes(checked: CheckedProject): readonly TsdockError[] {
  const { project, files } = checked;
  return files.flatMap((name) => {
    const file = project.getSourceFileOrThrow(name);
    const inOrder = [...file.getExportedDeclarations()].sort(
      ([, [a]], [, [b]]) => (a?.getStart() ?? 0) - (b?.getStart() ?? 0),
    );
    return inOrder.flatMap(([exported, declarations]) => {
      const [declaration] = declarations;
      if (declaration === undefined || declaration.getSourceFile() !== file) return [];
      const mistake = mistakeOf(declaration.getType(), exported, checked);
      if (mistake === undefined || isUsedElsewhere(declaration)) return [];
      return [errorAt(file, declaration, mistake)];
    });
  });
}

interface Mistake {
  readonly code: "EXPORT_NOT_IMAGE" | "IMAGE_WITHOUT_BASE";
  readonly message: string;
  readonly hint: string;
}

function mistakeOf(type: Type, exported: string, checked: CheckedProject): Mistake | undefined {
  const name = exported === "default" ? "the default export" : `the export ${exported}`;
  const wrong = (what: string, hint: string): Mistake => {
    return { code: "EXPORT_NOT_IMAGE", message: `${name} is ${what}`, hint };
  };
  if (kindOf(type, checked) === "ImageBuilder") {
    return {
      code: "IMAGE_WITHOUT_BASE",
      message: `${name} has no from() and is no image`,
      hint: "write .from(scratch), or name a base",
    };
  }
  if (isImage(promised(type), checked)) return wrong("a promise of an image", "write await before it");
  const [call] = type.getCallSignatures();
  if (call === undefined || !isImage(call.getReturnType(), checked)) return undefined;
  if (isMethod(call, checked)) return wrong("a method that is not called", "call it with its arguments");
  return call.getParameters().every((parameter) => parameter.isOptional())
    ? wrong("a function that gives an image and is not called", "write () after it, or export what it gives")
    : undefined;
}

/** The name of the interface of `tsdock` that a type is. */
export function kindOf(
  type: Type | undefined,
  { declarations }: CheckedProject,
): "Image" | "ImageBuilder" | undefined {
  const symbol = type?.getSymbol();
  const home = symbol?.getDeclarations()[0]?.getSourceFile().getFilePath();
  const name = symbol?.getName();
  if (home === undefined || path.dirname(home) !== declarations) return undefined;
  return name === "Image" || name === "ImageBuilder" ? name : undefined;
}

const isImage = (type: Type | undefined, checked: CheckedProject): boolean =>
  kindOf(type, checked) !== undefined;

const promised = (type: Type): Type | undefined =>
  type.getSymbol()?.getName() === "Promise" ? type.getTypeArguments()[0] : undefined;

const isMethod = (call: Signature, { declarations }: CheckedProject): boolean =>
  path.dirname(call.getDeclaration().getSourceFile().getFilePath()) === declarations;

const nameOf = (declaration: ExportedDeclarations): Node | undefined =>
  Node.hasName(declaration) || Node.isNameable(declaration) ? declaration.getNameNode() : undefined;

function isUsedElsewhere(declaration: ExportedDeclarations): boolean {
  const name = nameOf(declaration);
  return Node.isIdentifier(name) && name.findReferencesAsNodes().some((node) => !isExportOf(node));
}

/** `export { name }` and `export default name` hand on and use nothing. */
const isExportOf = (node: Node): boolean => {
  const parent = node.getParent();
  return Node.isExportSpecifier(parent) || Node.isExportAssignment(parent);
};

function errorAt(
  file: SourceFile,
  declaration: ExportedDeclarations,
  { code, message, hint }: Mistake,
): TsdockError {
  const { line, column } = file.getLineAndColumnAtPos(
    nameOf(declaration)?.getStart() ?? declaration.getStart(),
  );
  return new TsdockError(code, message, { place: { file: file.getFilePath(), line, column }, hint });
}
