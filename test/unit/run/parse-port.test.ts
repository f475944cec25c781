import { describe, expect, it } from "vitest";
import { parsePort } from "../../../core/run/parse-port.ts";

const tcp = { hostAddress: "", hostPort: 0, containerPort: 80, protocol: "tcp" };

describe("a port to publish", () => {
  it.each([
    ["80", [tcp]],
    ["8080:80", [{ ...tcp, hostPort: 8080 }]],
    [":80", [tcp]],
    ["0:80", [tcp]],
    ["127.0.0.1:0:80", [{ ...tcp, hostAddress: "127.0.0.1" }]],
    ["127.0.0.1:8080:80", [{ ...tcp, hostAddress: "127.0.0.1", hostPort: 8080 }]],
    ["127.0.0.1::80/tcp", [{ ...tcp, hostAddress: "127.0.0.1" }]],
    ["[::1]:8080:80", [{ ...tcp, hostAddress: "::1", hostPort: 8080 }]],
    ["5353:53/UDP", [{ ...tcp, hostPort: 5353, containerPort: 53, protocol: "udp" }]],
    [
      "8000-8001:80-81",
      [
        { ...tcp, hostPort: 8000 },
        { ...tcp, hostPort: 8001, containerPort: 81 },
      ],
    ],
  ])("%s", (text, expected) => {
    expect(parsePort(text)).toEqual(expected);
  });

  it.each([
    "",
    "80:0",
    "0-1:80-81",
    "65536",
    "80:70000",
    "a:80",
    "80/sctp",
    "1.2.3:1:2",
    "80-81:80",
    "90-80",
    "1:2:3:4",
    "-1:80",
  ])("refuses %j", (text) => {
    expect(() => parsePort(text)).toThrow(expect.objectContaining({ code: "PORT_INVALID" }));
  });
});
