import type { LoadFnOutput, LoadHookContext, ResolveFnOutput, ResolveHookContext } from "node:module";
import * as oxc from "oxc-transform";
import { createHookCore } from "./loading/hook-core.ts";
import { useTransformer } from "./loading/transform-module.ts";

/** The hooks as `module.register` runs them, in a thread of their own. */
useTransformer(oxc);
const core = createHookCore();

type NextResolve = (
  specifier: string,
  context: ResolveHookContext,
) => ResolveFnOutput | Promise<ResolveFnOutput>;
type NextLoad = (url: string, context: LoadHookContext) => LoadFnOutput | Promise<LoadFnOutput>;

export async function resolve(
  specifier: string,
  context: ResolveHookContext,
  next: NextResolve,
): Promise<ResolveFnOutput> {
  return core.resolve(specifier, context.parentURL) ?? (await next(specifier, context));
}

export async function load(url: string, context: LoadHookContext, next: NextLoad): Promise<LoadFnOutput> {
  return core.load(url) ?? (await next(url, context));
}
