import type { Instruction } from "../../declare/instruction.ts";
import type {
  AddOptions,
  CopyOptions,
  DirectoryOptions,
  HealthcheckOptions,
  RunOptions,
  SymlinkOptions,
  WriteOptions,
} from "../../declare/options.ts";
import type { Site } from "../../declare/site.ts";
import { nearestNames } from "../nearest-names.ts";
import { problem } from "./problems.ts";

/** Every name of an options type, none forgotten. */
type Names<Options> = Readonly<Record<keyof Options, true>>;

const file = { chown: true, chmod: true, link: true } as const;
const known = {
  copy: { ...file, from: true, exclude: true, parents: true } satisfies Names<CopyOptions>,
  add: file satisfies Names<AddOptions>,
  file: file satisfies Names<WriteOptions>,
  directory: file satisfies Names<DirectoryOptions>,
  symlink: { chown: true, link: true } satisfies Names<SymlinkOptions>,
  run: { mounts: true, network: true, user: true, workdir: true, env: true } satisfies Names<RunOptions>,
  healthcheck: {
    test: true,
    interval: true,
    timeout: true,
    startPeriod: true,
    startInterval: true,
    retries: true,
  } satisfies Names<HealthcheckOptions>,
};

/** What people write who know the word from elsewhere. */
const otherWords: Readonly<Record<string, string>> = {
  mode: "chmod",
  owner: "chown",
  user: "chown",
  ignore: "exclude",
  mount: "mounts",
  cwd: "workdir",
};

/**
 * An option that no instruction has is a mistake that types would have shown: a build does not check types.
 * Error `DECLARATION_INVALID`.
 */
export function checkOptions(instruction: Instruction, site: Site): void {
  const [options, names] = optionsOf(instruction);
  if (typeof options !== "object" || options === null) return;
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(names, name)) continue;
    const all = Object.keys(names);
    const other = otherWords[name];
    const meant = other !== undefined && all.includes(other) ? [other] : nearestNames(name, all);
    throw problem(
      "DECLARATION_INVALID",
      `${instruction.type} has no option ${JSON.stringify(name)}`,
      site,
      meant.length > 0 ? `did you mean ${meant.join(" or ")}?` : `it has ${all.join(", ")}`,
    );
  }
}

function optionsOf(instruction: Instruction): readonly [unknown, object] {
  switch (instruction.type) {
    case "copy":
    case "add":
    case "file":
    case "directory":
    case "symlink":
    case "run":
      return [instruction.options, known[instruction.type]];
    case "healthcheck":
      return [instruction.check, known.healthcheck];
    default:
      return [undefined, {}];
  }
}
