import process from "node:process";
import { main } from "./container-supervisor.ts";

// From our sources; installed, it begins in core/start.
await main(process.argv.slice(2), () => undefined);
