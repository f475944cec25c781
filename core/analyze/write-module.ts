import { IndentationText, NewLineKind, Project, QuoteKind } from "ts-morph";
import { type ImportedModule, lineComment, type ModuleStatement } from "../plugin/importer.ts";

/**
 * The text of a module: comments, imports, constants, each with its comments. Loads ts-morph. What does not parse is a bug
 * of whoever gave the parts.
 */
export function writeModule(module: ImportedModule): string {
  const project = new Project({
    useInMemoryFileSystem: true,
    skipLoadingLibFiles: true,
    compilerOptions: { noLib: true },
    manipulationSettings: {
      indentationText: IndentationText.TwoSpaces,
      newLineKind: NewLineKind.LineFeed,
      quoteKind: QuoteKind.Double,
    },
  });
  const file = project.createSourceFile("module.ts");
  for (const { from, names, types } of module.imports) {
    if (names.length + types.length === 0) continue;
    file.addImportDeclaration({
      moduleSpecifier: from,
      namedImports: [...types.map((name) => ({ name, isTypeOnly: true })), ...names],
    });
  }
  const statements = module.statements.map((statement, index) =>
    textOf(statement, module.statements[index - 1]),
  );
  file.addStatements(statements);
  if (module.header.length > 0) file.insertText(0, `${comments(module.header)}\n`);
  if (module.footer.length > 0) file.insertText(file.getEnd(), `\n${comments(module.footer)}`);
  const [mistake] = project.getProgram().getSyntacticDiagnostics(file);
  if (mistake !== undefined)
    throw new Error(
      `the module does not parse: ${JSON.stringify(mistake.compilerObject.messageText)}\n${file.getFullText()}`,
    );
  return file.getFullText();
}

/** Constants of one line stand together; what has comments or several lines stands apart. */
function textOf(statement: ModuleStatement, before: ModuleStatement | undefined): string {
  const { comments: lines, exported, name, initializer } = statement;
  const apart = isTall(statement) || (before !== undefined && isTall(before));
  const declaration = `${exported ? "export " : ""}const ${name} = ${initializer};`;
  return (apart || before === undefined ? "\n" : "") + comments(lines) + declaration;
}

const isTall = ({ comments: lines, initializer }: ModuleStatement): boolean =>
  lines.length > 0 || initializer.includes("\n");

const comments = (lines: readonly string[]): string => lines.map((line) => `${lineComment(line)}\n`).join("");
