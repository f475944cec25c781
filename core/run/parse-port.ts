import { isIP } from "node:net";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { PortMapping } from "./network-contract.ts";

const form =
  /^(?:(\[[0-9a-fA-F:.]+\]|\d+(?:\.\d+){3}):)?(?:([0-9]*(?:-[0-9]+)?):)?([0-9]+(?:-[0-9]+)?)(?:\/([a-zA-Z]+))?$/;

/**
 * Reads one `-p`: `[[IP:][HOST]:]CONTAINER[/tcp|udp]`, where both ports may be ranges of one length, as docker reads it.
 * Error `PORT_INVALID`.
 */
export function parsePort(text: string): readonly PortMapping[] {
  const [, address = "", host = "", container = "", protocol = "tcp"] = form.exec(text) ?? [];
  const hostAddress = address.replace(/^\[|\]$/g, "");
  const inside = range(container);
  // Docker's other way to say that any free port will do.
  const isAny = host === "" || host === "0";
  const outside = isAny ? undefined : range(host);
  const kind = protocol.toLowerCase();
  if (inside === undefined || (!isAny && outside === undefined)) throw invalid(text);
  if (hostAddress !== "" && isIP(hostAddress) === 0) throw invalid(text);
  if (kind !== "tcp" && kind !== "udp") throw invalid(text);
  if (outside !== undefined && outside.length !== inside.length) throw invalid(text);
  return inside.map((containerPort, index) => ({
    hostAddress,
    hostPort: outside?.[index] ?? 0,
    containerPort,
    protocol: kind,
  }));
}

/** The ports of `80` or `8000-8010`; undefined for what is none. */
function range(text: string): readonly number[] | undefined {
  const [first = "", last = first] = text.split("-");
  const [from, to] = [Number(first), Number(last)];
  if (first === "" || from < 1 || to > 65_535 || to < from) return undefined;
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

const invalid = (text: string): TsdockError =>
  new TsdockError("PORT_INVALID", `${JSON.stringify(text)} is not a port to publish`, {
    hint: "write HOST:CONTAINER, such as 8080:80, 127.0.0.1:8080:80 or 5353:53/udp; ports are 1 to 65535",
  });
