import type { PlanContext } from "tsdock/plugin";

/** What reading a project needs: its files and the platform. */
export type ProjectContext = Pick<PlanContext, "platform" | "files" | "workspace">;
