import { containerStats, type StatsRow } from "../../toolkit/container-stats.ts";
import { binarySize, humanSize } from "../../toolkit/sizes.ts";
import type { GoStruct } from "../../util/go-template/go-value.ts";
import type { CommandAction } from "../command.ts";
import { formatRows } from "../format-rows.ts";
import { textOption } from "../options.ts";

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
  for await (const rows of containerStats(args, host)) {
    const fields = rows.map((row) => fieldsOf(row, whole));
    terminal.out(clear + (await formatRows(fields, { format, columns, headers })));
    if (once) return 0;
  }
  return 0;
};

function fieldsOf({ id, name, cpu, usage, memoryLimit }: StatsRow, whole: boolean): GoStruct {
  const ID = whole ? id : id.slice(0, 12);
  const common = { Container: ID, ID, Name: name };
  if (usage === undefined)
    return {
      ...common,
      CPUPerc: "--",
      MemUsage: "-- / --",
      MemPerc: "--",
      NetIO: "--",
      BlockIO: "--",
      PIDs: "--",
    };
  const percent = (value: number): string => `${value.toFixed(2)}%`;
  return {
    ...common,
    CPUPerc: percent(cpu ?? 0),
    MemUsage: `${binarySize(usage.memory)} / ${binarySize(memoryLimit)}`,
    MemPerc: percent((usage.memory / memoryLimit) * 100),
    NetIO: `${humanSize(usage.received, 3)} / ${humanSize(usage.sent, 3)}`,
    BlockIO: `${humanSize(usage.read, 3)} / ${humanSize(usage.written, 3)}`,
    PIDs: String(usage.pids),
  };
}
