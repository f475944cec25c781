import type { ImportedModule, ImportRequest } from "tsdock/plugin";
import { Scope, plainBinding } from "../expand/scope.ts";
import { code, text, type Value } from "../expand/value.ts";
import { quoted } from "../print/literals.ts";
import type { Dockerfile, Instruction } from "../syntax/dockerfile.ts";
import { Mistakes } from "../syntax/mistake.ts";
import { Arguments, platformArguments } from "./args.ts";
import { translateFrom } from "./from.ts";
import { translateInstruction } from "./instructions.ts";
import { ModuleDraft } from "./module-draft.ts";
import { imageNameOf, planStages, stageOf } from "./plan-stages.ts";
import { printDerived, printStage } from "./print-stage.ts";
import { attempt, type FileSetting, Setting } from "./setting.ts";
import type { StageDraft } from "./stage-draft.ts";

/** Every stage as a constant of a module, ARGs as params before the first stage that declares them. */
export function translateDockerfile(dockerfile: Dockerfile, request: ImportRequest): ImportedModule {
  const module = new ModuleDraft(request.surroundings);
  refuseFrontends(dockerfile, request);
  sayDirectives(dockerfile, module);
  const stages = planStages(dockerfile, request, module.names);
  const file: FileSetting = { request, dockerfile, module, stages };
  const last = stages.at(-1);
  const args = new Arguments({
    module,
    instructions: dockerfile.instructions,
    escape: dockerfile.escape,
    given: request.args,
    paramName: paramNames(request),
    platform: platformArguments(module, buildPlatform(file), last?.name ?? "default"),
  });
  declareGlobals(file, args);
  for (const stage of stages) if (stage.wanted) translateStage(file, args, stage);
  addImages(file);
  return module.finish(dockerfile.comments);
}

/** Another frontend may read the rest in its own way. */
function refuseFrontends(dockerfile: Dockerfile, request: ImportRequest): void {
  const syntax = dockerfile.directives.find(({ name }) => name === "syntax");
  const image = syntax?.value.split(/\s/)[0] ?? "";
  if (syntax === undefined || /(?:^|\/)dockerfile(?:-upstream)?(?:[:@]|$)/.test(image)) return;
  throw new Mistakes(request.file).unsupported(
    `it is written for another frontend, ${image}`,
    { line: syntax.line, column: 1 },
    "only docker/dockerfile is understood",
  );
}

function sayDirectives({ directives }: Dockerfile, module: ModuleDraft): void {
  for (const { name, value } of directives) if (name === "check") module.header.push(`check=${value}`);
}

/** The platform that builds, as a param: what a machine is must not change what is built. */
function buildPlatform(file: FileSetting): () => Value {
  let constant: string | undefined;
  return () => {
    const { module, request } = file;
    if (constant === undefined) {
      constant = module.names.give("buildPlatform");
      module.use("param");
      module.statements.push({
        comments: ["The platform that builds: cross-compilers run on it."],
        exported: false,
        name: constant,
        initializer: `param("BUILDPLATFORM", ${quoted(request.args["BUILDPLATFORM"] ?? request.platform)})`,
      });
    }
    return code(constant);
  };
}

function globalStage(args: Arguments, instruction: Instruction): StageDraft {
  return {
    index: -1,
    name: undefined,
    from: instruction,
    instructions: [],
    constant: "",
    wanted: true,
    image: undefined,
    exported: false,
    imageName: undefined,
    scope: args.global,
    workdir: undefined,
    shell: [],
    steps: [],
  };
}

function declareGlobals(file: FileSetting, args: Arguments): void {
  for (const instruction of file.dockerfile.instructions) {
    if (instruction.keyword === "FROM") return;
    const stage = globalStage(args, instruction);
    const setting = new Setting(file, stage, instruction);
    if (instruction.keyword !== "ARG")
      throw setting.invalid(`${instruction.keyword} comes before the first FROM`, undefined, "only ARG can");
    attempt(setting, () => {
      args.declare(setting, args.global);
    });
    const said = stage.steps.flatMap(({ comments }) => comments);
    file.module.header.push(...said);
  }
}

function translateStage(file: FileSetting, args: Arguments, stage: StageDraft): void {
  const { module } = file;
  const from = new Setting(file, stage, stage.from);
  const comments = from.takeComments();
  stage.scope = args.global;
  attempt(from, () => {
    const { stage: base, isScratch } = translateFrom(from);
    stage.scope = base === undefined ? startingScope(file, isScratch) : base.scope.copy();
    stage.workdir = base === undefined ? (isScratch ? text("/") : undefined) : base.workdir;
    stage.shell = base?.shell ?? stage.shell;
  });
  if (stage.scope === args.global) stage.scope = startingScope(file, false);
  for (const instruction of stage.instructions) {
    const setting = new Setting(file, stage, instruction);
    attempt(setting, () => {
      translateInstruction(setting, args);
    });
  }
  module.use("image");
  module.statements.push({
    comments: [...(stage.image?.comments ?? []), ...comments],
    exported: stage.exported,
    name: stage.constant,
    initializer: printStage(stage, file.request.context),
  });
}

/** What `--set` calls the ARG of a name. */
const paramNames =
  ({ paramPrefix, surroundings, name: image }: ImportRequest) =>
  (name: string): string =>
    `${paramPrefix}${surroundings?.ownParams.has(name) === true ? `${image}.` : ""}${name}`;

/** Images of stages that are more than one image, or that others begin with. */
function addImages({ module, request, stages }: FileSetting): void {
  for (const image of request.surroundings?.images ?? []) {
    if (stages.some((stage) => stage.image === image)) continue;
    const stage = stageOf(stages, image.stage);
    if (stage === undefined) continue;
    module.use("image");
    module.statements.push({
      comments: image.comments,
      exported: true,
      name: image.constant,
      initializer: printDerived(image, imageNameOf(image.name, image.constant), stage.constant),
    });
  }
}

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What is known of a base's variables: of scratch everything, of others what the request says. */
function startingScope({ request }: FileSetting, isScratch: boolean): Scope {
  if (isScratch) return new Scope(false, [["PATH", plainBinding(text(defaultPath))]]);
  return new Scope(
    true,
    Object.entries(request.baseEnv).map(([name, value]) => [name, plainBinding(text(value))] as const),
  );
}
