import type { CheckRule } from "../plugin/check-contract.ts";
import { packageCache } from "./rules/package-cache.ts";
import { rootUser } from "./rules/root-user.ts";
import { secretInEnv } from "./rules/secret-in-env.ts";
import { tooManyLayers } from "./rules/too-many-layers.ts";
import { unlockedLatest } from "./rules/unlocked-latest.ts";
import { unpinnedAdd } from "./rules/unpinned-add.ts";
import { wastedBytes } from "./rules/wasted-bytes.ts";

/** A rule as reports name it: those that read the source are found by `core/analyze`, and check nothing here. */
export type RuleFacts = Pick<CheckRule, "id" | "severity" | "summary" | "docs">;

/** Rules over declarations and what was built of them. */
export const graphRules: readonly CheckRule[] = [
  secretInEnv,
  rootUser,
  unlockedLatest,
  unpinnedAdd,
  packageCache,
  tooManyLayers,
  wastedBytes,
];

/** Rules over the text of modules. */
export const sourceRules: readonly RuleFacts[] = [
  { id: "unused-image", severity: "warning", summary: "an image is neither exported nor used" },
  { id: "unused-param", severity: "warning", summary: "a param is declared and never read" },
];
