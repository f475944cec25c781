import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { LogWriter } from "../../../core/run/log/log-writer.ts";
import { type LogEntry, LogReader } from "../../../core/run/log/read-log.ts";
import { lastOf } from "../../../core/toolkit/container-logs.ts";
import { ContainerDirectory, initialState } from "../../../core/run/state/container-directory.ts";
import { requires } from "../../support/requires.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const texts = (reader: LogReader): readonly string[] => [...reader.entries()].map(({ log }) => log);
const entry = (log: string): LogEntry => ({ log, stream: "stdout", time: "2026-01-01T00:00:00Z" });

describe("a container's log", () => {
  it("keeps lines of any length and any bytes, and is read on from where one was", async () => {
    await using tmp = temporaryDirectory();
    const file = path.join(tmp.path, "log");
    using writer = new LogWriter(file);
    using reader = new LogReader(file);
    const long = Buffer.alloc(10 * 2 ** 20, "x");
    void writer.write("stdout", Buffer.concat([long, Buffer.from("\n")]));
    expect(texts(reader).join("")).toBe(`${long.toString()}\n`);
    void writer.write("stderr", Buffer.from([0xff, 0x00, 0x1b, 0x0a]));
    expect(texts(reader)).toEqual(["\ufffd\u0000\u001b\n"]);
    expect(texts(reader)).toEqual([]);
  });

  it("is read past lines that were cut short, and from its beginning where it was emptied", async () => {
    await using tmp = temporaryDirectory();
    const file = path.join(tmp.path, "log");
    const line = (log: string): string => `${JSON.stringify(entry(log))}\n`;
    fs.writeFileSync(file, `${line("one\n")}{"log":"tw${line("three\n")}nonsense\n`);
    using reader = new LogReader(file);
    expect(texts(reader)).toEqual(["one\n", "three\n"]);
    fs.writeFileSync(file, line("again\n"));
    expect(texts(reader)).toEqual(["again\n"]);
  });

  it.each([
    [0, []],
    [1, ["c", "d\n"]],
    [2, ["b\n", "c", "d\n"]],
    [9, ["a\n", "b\n", "c", "d\n"]],
    [undefined, ["a\n", "b\n", "c", "d\n"]],
  ])("has %s lines at its end", (count, expected) => {
    const all = ["a\n", "b\n", "c", "d\n"].map(entry);
    expect([...lastOf(all, count)].map(({ log }) => log)).toEqual(expected);
    const many = Array.from({ length: 5000 }, () => entry("z\n"));
    expect([...lastOf([...many, ...all], count ?? 4)].slice(-4)).toEqual(all.slice(-expected.length || 99));
  });
});

describe.skipIf(!requires("root"))("a full disk", () => {
  it("lets a container write on, keeps what there is, says that lines are missing, and takes its state", async () => {
    await using tmp = temporaryDirectory();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", tmp.path]);
    try {
      const container = new ContainerDirectory(tmp.path);
      container.writeState(initialState);
      const file = container.file("container.log");
      using writer = new LogWriter(file);
      const lines = Array.from({ length: 2000 }, (_, index) => `line ${index}\n`);
      for (const line of lines) void writer.write("stdout", Buffer.from(line));
      container.writeState({ ...initialState, status: "exited", exitCode: 7 });
      expect([container.state().exitCode, fs.readdirSync(tmp.path).sort()]).toEqual([
        7,
        ["container.log", "state.json"],
      ]);
      using reader = new LogReader(file);
      const read = texts(reader);
      const notes = read.filter((text) => /^tsdock: lines are missing .* no space was left/.test(text));
      const kept = read.filter((text) => !notes.includes(text));
      expect(notes.length).toBeGreaterThan(0);
      expect(kept.length).toBeGreaterThan(100);
      expect(kept).toEqual(lines.slice(0, kept.length));
      fs.truncateSync(file, 4096);
      void writer.write("stdout", Buffer.from("again\n"));
      expect(texts(reader).at(-1)).toBe("again\n");
    } finally {
      execFileSync("umount", [tmp.path]);
    }
  });
});
