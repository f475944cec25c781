import type { Identifier, VariableDeclaration } from "ts-morph";
import type { Place } from "../errors/place.ts";

/** A constant of a module that nothing uses. */
export interface UnusedDeclaration {
  readonly name: string;
  readonly place: Place;
  /** Takes the declaration away, with imports that only it used; undefined where that might change something. */
  readonly remove?: () => void;
}

export function unusedAt(
  declaration: VariableDeclaration,
  name: Identifier,
  isRemovable: boolean,
): UnusedDeclaration {
  const file = declaration.getSourceFile();
  const { line, column } = file.getLineAndColumnAtPos(name.getStart());
  return {
    name: name.getText(),
    place: { file: file.getFilePath(), line, column },
    ...(isRemovable ? { remove: () => removeWithImports(declaration) } : {}),
  };
}

/** What a declaration used and nothing else uses goes with it. An import is never removed whole but that of `tsdock`: loading may matter. */
function removeWithImports(declaration: VariableDeclaration): void {
  const file = declaration.getSourceFile();
  const words = new Set(declaration.getText().match(/[A-Za-z_$][\w$]*/g) ?? []);
  declaration.remove();
  for (const imported of file.getImportDeclarations()) {
    for (const specifier of imported.getNamedImports()) {
      const local = specifier.getAliasNode() ?? specifier.getNameNode();
      if (!words.has(local.getText()) || !("findReferencesAsNodes" in local)) continue;
      const users = local.findReferencesAsNodes().filter((node) => node.getSourceFile() === file);
      if (users.some((node) => node.getFirstAncestor((one) => one === imported) === undefined)) continue;
      const isLast = imported.getNamedImports().length === 1 && imported.getDefaultImport() === undefined;
      if (!isLast) specifier.remove();
      else if (imported.getModuleSpecifierValue() === "tsdock") imported.remove();
    }
  }
}
