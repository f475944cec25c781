import { valueLayout } from "../print/layout.ts";
import { translateAdd } from "./add.ts";
import type { Arguments } from "./args.ts";
import {
  oneWord,
  translateCommand,
  translateEnv,
  translateExpose,
  translateHealthcheck,
  translateLabel,
  translateMaintainer,
  translateOnBuild,
  translateShell,
  translateStopSignal,
  translateUser,
  translateVolume,
} from "./configuration.ts";
import { translateCopy } from "./copy.ts";
import { Flags } from "./flags.ts";
import { resolvePath } from "./paths.ts";
import { translateRun } from "./run.ts";
import type { Setting } from "./setting.ts";

function translateWorkdir(setting: Setting): void {
  new Flags(setting, {});
  const path = oneWord(setting);
  setting.stage.workdir = resolvePath(setting.stage.workdir, path);
  setting.add("workdir", valueLayout(path));
}

const translators: Readonly<Record<string, (setting: Setting) => void>> = {
  ADD: translateAdd,
  CMD: translateCommand,
  COPY: translateCopy,
  ENTRYPOINT: translateCommand,
  ENV: translateEnv,
  EXPOSE: translateExpose,
  HEALTHCHECK: translateHealthcheck,
  LABEL: translateLabel,
  MAINTAINER: translateMaintainer,
  ONBUILD: translateOnBuild,
  RUN: translateRun,
  SHELL: translateShell,
  STOPSIGNAL: translateStopSignal,
  USER: translateUser,
  VOLUME: translateVolume,
  WORKDIR: translateWorkdir,
};

/** Adds to the stage what an instruction says. Errors `IMPORT_INVALID`, `IMPORT_UNSUPPORTED`. */
export function translateInstruction(setting: Setting, args: Arguments): void {
  const { keyword } = setting.instruction;
  if (keyword === "ARG") {
    new Flags(setting, {});
    args.declare(setting, setting.stage.scope);
    return;
  }
  const translate = translators[keyword];
  if (translate === undefined)
    throw setting.invalid(
      `${keyword} is no instruction`,
      undefined,
      `instructions are ARG, ${Object.keys(translators).join(", ")}`,
    );
  translate(setting);
}
