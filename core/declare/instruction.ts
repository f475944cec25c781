import type { Files } from "./files.ts";
import type {
  AddOptions,
  AddSource,
  AnnotationOptions,
  CopyOptions,
  DirectoryOptions,
  FromOptions,
  HealthcheckOptions,
  ImageOptions,
  RunOptions,
  SymlinkOptions,
  WriteOptions,
} from "./options.ts";
import type { Scratch } from "./scratch.ts";
import type { Site } from "./site.ts";
import type { TextValue } from "./values.ts";

/** The environment so far; a variable that is not set is undefined. */
export type Environment = Readonly<Record<string, string>>;
export type EnvironmentExtension = (env: Environment) => Readonly<Record<string, TextValue>>;

/** What a method recorded, as it was given: nothing is checked before it is compiled. */
export type Instruction =
  | {
      readonly type: "image";
      readonly name: string | undefined;
      readonly options: ImageOptions | undefined;
    }
  | { readonly type: "platforms"; readonly platforms: readonly string[] }
  | { readonly type: "from"; readonly source: Files | Scratch; readonly options: FromOptions }
  | {
      readonly type: "with";
      readonly apply: (image: never, target: never) => unknown;
      /** Arguments that were meant for the helper. */
      readonly more?: readonly unknown[];
    }
  | {
      readonly type: "copy";
      readonly sources: readonly string[];
      readonly destination: string;
      readonly options: CopyOptions;
    }
  | {
      readonly type: "add";
      readonly source: AddSource;
      readonly destination: string;
      readonly options: AddOptions;
    }
  | { readonly type: "layers"; readonly files: Files; readonly options: AddOptions | undefined }
  | {
      readonly type: "file";
      readonly path: string;
      readonly content: string | Uint8Array;
      readonly options: WriteOptions;
    }
  | {
      readonly type: "symlink";
      readonly target: string;
      readonly path: string;
      readonly options: SymlinkOptions;
    }
  | { readonly type: "directory"; readonly path: string; readonly options: DirectoryOptions }
  | { readonly type: "remove"; readonly paths: readonly string[] }
  | { readonly type: "run"; readonly command: string | readonly string[]; readonly options: RunOptions }
  | { readonly type: "env"; readonly values: Readonly<Record<string, TextValue>> | EnvironmentExtension }
  | { readonly type: "workdir"; readonly path: string }
  | { readonly type: "user"; readonly user: string }
  | { readonly type: "shell"; readonly shell: readonly string[] }
  | { readonly type: "label"; readonly labels: Readonly<Record<string, TextValue>> }
  | { readonly type: "expose"; readonly ports: readonly (string | number)[] }
  | { readonly type: "volume"; readonly paths: readonly string[] }
  | {
      readonly type: "entrypoint" | "cmd";
      readonly command: string | readonly string[] | null;
      /** Arguments after the one that there is: words that should be in a list. */
      readonly more?: readonly unknown[];
    }
  | { readonly type: "stopSignal"; readonly signal: string | number }
  | { readonly type: "healthcheck"; readonly check: HealthcheckOptions | "none" }
  | { readonly type: "onBuild"; readonly triggers: readonly string[] }
  | {
      readonly type: "annotation";
      readonly annotations: Readonly<Record<string, string>>;
      readonly options: AnnotationOptions;
    };

/** A declaration is a chain of instructions, newest first; images that begin alike share their beginning. */
export interface Link {
  readonly previous: Link | undefined;
  readonly instruction: Instruction;
  readonly site: Site;
}
