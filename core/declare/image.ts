import type { Platform } from "../oci/spec/platform.ts";
import { type Files, imageBrand } from "./files.ts";
import { branded, instance } from "./instance.ts";
import type { EnvironmentExtension, Instruction, Link } from "./instruction.ts";
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
  Trigger,
  WriteOptions,
} from "./options.ts";
import type { Scratch } from "./scratch.ts";
import { captureSite } from "./site.ts";
import { snapshot } from "./snapshot.ts";
import type { Command, Owner, PlatformText, Port, Signal, Some, TextValue } from "./values.ts";

const linkKey: unique symbol = Symbol.for("tsdock.image.link");

/** What code that depends on the platform gets. */
export interface Target {
  readonly platform: Platform;
}

/** An image that has no base yet. */
export interface ImageBuilder {
  readonly [imageBrand]: object;
  /** The base. Text is a reference, never the name of an image of this workspace: import that instead. */
  from(source: Files | Scratch, options?: FromOptions): Image;
  /** The platforms to build for, instead of those of the base, the workspace or this machine. */
  platforms(...platforms: Some<PlatformText>): ImageBuilder;
  /** Applies a helper; called once per target platform when the image is compiled. */
  with<Result extends Image | ImageBuilder>(apply: (image: ImageBuilder, target: Target) => Result): Result;
}

/** A container image as it is declared: an immutable value; every method returns a new one, runs nothing and reads nothing. */
export interface Image {
  readonly [imageBrand]: object;

  /**
   * Copies files of the context, or of `from`. Files are 644 or 755 and 0:0 unless `chmod` and `chown` say otherwise.
   * @example .copy("dist", "/app/")
   * @example .copy(["package.json", "src/**"], "/app/", { parents: true, exclude: ["**\/*.test.ts"] })
   * @example .copy("/out/app", "/app", { from: builder })
   */
  copy(source: string | Some<string>, destination: string, options?: CopyOptions): Image;
  /**
   * Adds a file from the web, the files of a git repository, or what is in an archive.
   * @example .add({ url: "https://example.com/tool", checksum: "sha256:…" }, "/usr/bin/tool", { chmod: "755" })
   * @example .add({ git: "https://example.com/acme/site.git", ref: "v1.2" }, "/srv")
   * @example .add({ archive: "vendor.tar.gz" }, "/opt")
   */
  add(source: AddSource, destination: string, options?: AddOptions): Image;
  /**
   * Lays all layers of another file tree on the image, each as it is: one that changes leaves the others as they are.
   * Only files: what the tree says of users, variables and commands does not count.
   * @example .add(debian({ packages: ["curl"] }))
   */
  add(files: Files): Image;
  /** Writes a file with contents from code: 644 unless `chmod` says otherwise. */
  file(path: string, content: string | Uint8Array, options?: WriteOptions): Image;
  /** Makes `path` a symbolic link to `target`, as `ln -s target path` does. */
  symlink(target: string, path: string, options?: SymlinkOptions): Image;
  /** Makes a directory: 755 unless `chmod` says otherwise. */
  directory(path: string, options?: DirectoryOptions): Image;
  /** Removes files and directories; one that is not there is left at that. */
  remove(...paths: Some<string>): Image;
  /**
   * Runs a command and keeps what it changes. Text runs in the image's shell; a list is executed as it is. Text of several lines
   * is a script: the indentation that all lines share is taken away, and one that begins with `#!` runs in its interpreter.
   * @example .run("apt-get update && apt-get install -y nginx")
   * @example .run(["/usr/bin/make", "install"], { network: "none", mounts: [mount.cache("/root/.cache")] })
   */
  run(command: Command, options?: RunOptions): Image;
  /**
   * Sets environment variables; a function gets those so far. Nothing expands `$`.
   * @example .env({ NODE_ENV: "production" })
   * @example .env((env) => ({ PATH: `/app/bin:${env.PATH}` }))
   */
  env(values: Readonly<Record<string, TextValue>> | EnvironmentExtension): Image;
  /** The working directory from here on; made where it is missing. Relative ones are taken from the one before. */
  workdir(path: string): Image;
  /** Who runs commands from here on: `user[:group]`. */
  user(user: Owner): Image;
  /** What runs commands given as text; `["/bin/sh", "-c"]` unless given. */
  shell(...shell: Some<string>): Image;
  label(labels: Readonly<Record<string, TextValue>>): Image;
  /** @example .expose(80, "53/udp", "8000-8010") */
  expose(...ports: Some<Port>): Image;
  /** Directories whose contents belong to a container, not to the image. */
  volume(...paths: Some<string>): Image;
  /** The command of a container, before its arguments; null for none. A CMD that comes from the base is dropped. */
  entrypoint(command: Command | null): Image;
  /** The command, or its default arguments; null for none. */
  cmd(command: Command | null): Image;
  /** @example .stopSignal("SIGQUIT") */
  stopSignal(signal: Signal): Image;
  /** @example .healthcheck({ test: "wget -q localhost", interval: "30s", retries: 3 }) */
  healthcheck(check: HealthcheckOptions | "none"): Image;
  /** @example .onBuild("COPY . /app", "RUN npm ci") */
  onBuild(...triggers: Some<Trigger>): Image;
  /** Annotations of the manifest, the index or the descriptor. They do not change the image's id. */
  annotation(annotations: Readonly<Record<string, string>>, options?: AnnotationOptions): Image;
  /**
   * Applies a helper; called once per target platform when the image is compiled.
   * @example .with((img, { platform }) => img.copy(`bin/${platform.architecture}/tool`, "/usr/bin/"))
   */
  with(apply: (image: Image, target: Target) => Image): Image;
}

/** What both interfaces are when they run: a link, and methods that make the next. */
class Declaration implements Omit<Image, "with">, Omit<ImageBuilder, "with"> {
  readonly [imageBrand]: object = instance;
  readonly [linkKey]: Link;

  constructor(link: Link) {
    this[linkKey] = Object.freeze(link);
    Object.freeze(this);
  }

  from(source: Files | Scratch, options: FromOptions = {}): Image {
    return this.#next({ type: "from", source, options });
  }
  platforms(...platforms: Some<PlatformText>): Declaration {
    return this.#next({ type: "platforms", platforms });
  }
  with<Result extends Image | ImageBuilder>(
    apply: (image: never, target: Target) => Result,
    ...more: never[]
  ): Result {
    // What the helper gives is known per platform only; until then one class serves as either.
    return this.#next({ type: "with", apply, more }) as unknown as Result;
  }
  copy(source: string | Some<string>, destination: string, options: CopyOptions = {}): Image {
    const sources = typeof source === "string" ? [source] : source;
    return this.#next({ type: "copy", sources, destination, options });
  }
  add(source: AddSource | Files, destination?: string, options?: AddOptions): Image {
    if (destination === undefined) return this.#next({ type: "layers", files: source as Files, options });
    return this.#next({ type: "add", source: source as AddSource, destination, options: options ?? {} });
  }
  file(path: string, content: string | Uint8Array, options: WriteOptions = {}): Image {
    return this.#next({ type: "file", path, content, options });
  }
  symlink(target: string, path: string, options: SymlinkOptions = {}): Image {
    return this.#next({ type: "symlink", target, path, options });
  }
  directory(path: string, options: DirectoryOptions = {}): Image {
    return this.#next({ type: "directory", path, options });
  }
  remove(...paths: Some<string>): Image {
    return this.#next({ type: "remove", paths });
  }
  run(command: Command, options: RunOptions = {}): Image {
    return this.#next({ type: "run", command, options });
  }
  env(values: Readonly<Record<string, TextValue>> | EnvironmentExtension): Image {
    return this.#next({ type: "env", values });
  }
  workdir(path: string): Image {
    return this.#next({ type: "workdir", path });
  }
  user(user: Owner): Image {
    return this.#next({ type: "user", user });
  }
  shell(...shell: Some<string>): Image {
    return this.#next({ type: "shell", shell });
  }
  label(labels: Readonly<Record<string, TextValue>>): Image {
    return this.#next({ type: "label", labels });
  }
  expose(...ports: Some<Port>): Image {
    return this.#next({ type: "expose", ports });
  }
  volume(...paths: Some<string>): Image {
    return this.#next({ type: "volume", paths });
  }
  entrypoint(command: Command | null, ...more: never[]): Image {
    return this.#next({ type: "entrypoint", command, more });
  }
  cmd(command: Command | null, ...more: never[]): Image {
    return this.#next({ type: "cmd", command, more });
  }
  stopSignal(signal: Signal): Image {
    return this.#next({ type: "stopSignal", signal });
  }
  healthcheck(check: HealthcheckOptions | "none"): Image {
    return this.#next({ type: "healthcheck", check });
  }
  onBuild(...triggers: Some<Trigger>): Image {
    return this.#next({ type: "onBuild", triggers });
  }
  annotation(annotations: Readonly<Record<string, string>>, options: AnnotationOptions = {}): Image {
    return this.#next({ type: "annotation", annotations, options });
  }

  #next(instruction: Instruction): Declaration {
    return new Declaration({
      previous: this[linkKey],
      instruction: snapshot(instruction),
      site: captureSite(),
    });
  }
}

/**
 * Begins an image. Its name is that of the export in kebab-case unless given here: `image("acme/web")`.
 *
 * @example
 * export const echo = image().from("busybox").entrypoint(["echo"]).cmd(["Bonjour à tous"]);
 */
export function image(name?: string, options?: ImageOptions): ImageBuilder;
export function image(options: ImageOptions): ImageBuilder;
export function image(first?: string | ImageOptions, second?: ImageOptions): ImageBuilder {
  const [name, options] = typeof first === "object" ? [undefined, first] : [first, second];
  const link: Link = {
    previous: undefined,
    instruction: { type: "image", name, options: snapshot(options) },
    site: captureSite(),
  };
  return new Declaration(link);
}

/** Whether a value is an image or a builder, and whether this copy of the package made it. */
export const imageMark = (value: unknown): "ours" | "foreign" | undefined => branded(value, imageBrand);
/** The instructions of an image or builder that this copy of the package made. */
export const linkOf = (declared: object): Link | undefined => (declared as { [linkKey]?: Link })[linkKey];
/** The image whose last instruction is `link`: what `with` gives to helpers. */
export const imageAt = (link: Link): Image & ImageBuilder => new Declaration(link);
