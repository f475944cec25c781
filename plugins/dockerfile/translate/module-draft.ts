import type { ImportedModule, ImportSurroundings, ModuleStatement } from "tsdock/plugin";
import type { TsdockError } from "tsdock/plugin";
import { quoted } from "../print/literals.ts";
import { Names } from "./names.ts";

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What the module uses and says so far. */
export class ModuleDraft {
  readonly names: Names;
  readonly statements: ModuleStatement[] = [];
  readonly problems: TsdockError[] = [];
  readonly header: string[] = [];
  readonly #imports = new Set<string>();
  readonly #types = new Set<string>();
  readonly #plugin = new Set<string>();
  readonly #declared: readonly ModuleStatement[];

  /** What the module has already, and names that it will have. */
  constructor({ declared, reserved }: Partial<ImportSurroundings> = {}) {
    this.#declared = declared ?? [];
    this.names = new Names([...this.#declared.map(({ name }) => name), ...(reserved ?? [])]);
  }

  /** The constant that has this value already. */
  declared(initializer: string): string | undefined {
    return this.#declared.find((one) => one.initializer === initializer)?.name;
  }

  /** Something of `tsdock`. */
  use(name: "image" | "scratch" | "param" | "mount"): void {
    this.#imports.add(name);
  }

  useType(name: string): void {
    this.#types.add(name);
  }

  usePlatformText(): void {
    this.#plugin.add("formatPlatform");
  }

  finish(footer: readonly string[]): ImportedModule {
    const written = this.statements.map(({ initializer }) => initializer).join("\n");
    return {
      header: this.header,
      imports: [
        { from: "tsdock", names: sorted(this.#imports), types: sorted(this.#types) },
        ...(this.#plugin.size === 0
          ? []
          : [{ from: "tsdock/plugin", names: sorted(this.#plugin), types: [] }]),
      ],
      statements: [...helpers(written), ...this.statements],
      footer,
      problems: this.problems,
    };
  }
}

const sorted = (names: ReadonlySet<string>): readonly string[] => [...names].sort();

/** Small things that expressions use. */
function helpers(written: string): readonly ModuleStatement[] {
  const found: ModuleStatement[] = [];
  if (/\?\? defaultPath\b/.test(written))
    found.push({
      comments: ["What BuildKit takes where a base sets no PATH."],
      exported: false,
      name: "defaultPath",
      initializer: quoted(defaultPath),
    });
  if (/\brequired\(/.test(written))
    found.push({
      comments: [],
      exported: false,
      name: "required",
      initializer: `(value: string, message: string): string => {\n  if (value === "") throw new Error(message);\n  return value;\n}`,
    });
  return found;
}
