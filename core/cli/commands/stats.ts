import { type ContainerUsage, containerStats, type StatsRow } from "../../toolkit/container-stats.ts";
import { binarySize, humanSize } from "../../toolkit/sizes.ts";
import type { GoStruct } from "../../util/go-template/go-value.ts";
import type { CommandAction } from "../command.ts";
import { formatRows } from "../format-rows.ts";
import { flagOption, textOption } from "../options.ts";

const columns =
  "{{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}";
const headers = {
  ID: "CONTAINER ID",
  Container: "CONTAINER",
  Name: "NAME",
  CPUPerc: "CPU %",
  MemUsage: "MEM USAGE / LIMIT",
  MemPerc: "MEM %",
  NetIO: "NET I/O",
  BlockIO: "BLOCK I/O",
  PIDs: "PIDS",
};

export const stats: CommandAction = async ({ options, args, host, terminal }) => {
  const format = textOption(options, "format");
  const once = options["stream"] === false;
  const whole = options["trunc"] === false;
  const clear = terminal.interactive && !once ? "\u001b[2J\u001b[H" : "";
  for await (const rows of containerStats({ names: args, all: flagOption(options, "all") }, host)) {
    const fields = rows.map((row, index) => fieldsOf(row, args[index] ?? row.id.slice(0, 12), whole));
    terminal.out(clear + (await formatRows(fields, { format, columns, headers })));
    if (once) return 0;
  }
  return 0;
};

const nothing: ContainerUsage = {
  cpu: 0,
  memory: 0,
  memoryLimit: 0,
  pids: 0,
  received: 0,
  sent: 0,
  read: 0,
  written: 0,
};

/** As docker: one that does not run uses nothing of nothing. */
function fieldsOf(
  { id, name, cpu, usage = nothing, memoryLimit }: StatsRow,
  shown: string,
  whole: boolean,
): GoStruct {
  const limit = usage === nothing ? 0 : memoryLimit;
  const percent = (value: number): string => `${value.toFixed(2)}%`;
  return {
    Container: shown,
    ID: whole ? id : id.slice(0, 12),
    Name: name,
    CPUPerc: percent(cpu ?? 0),
    MemUsage: `${binarySize(usage.memory)} / ${binarySize(limit)}`,
    MemPerc: percent(limit === 0 ? 0 : (usage.memory / limit) * 100),
    NetIO: `${humanSize(usage.received, 3)} / ${humanSize(usage.sent, 3)}`,
    BlockIO: `${humanSize(usage.read, 3)} / ${humanSize(usage.written, 3)}`,
    PIDs: String(usage.pids),
  };
}
