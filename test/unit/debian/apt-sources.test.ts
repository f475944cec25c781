import { describe, expect, it } from "vitest";
import { aptConfigValue } from "../../../plugins/debian/apt/apt-config.ts";
import type { MachineApt } from "../../../plugins/debian/apt/machine-apt.ts";
import { parseDeb822Sources, parseListSources } from "../../../plugins/debian/apt/parse-sources.ts";
import { archivesFor } from "../../../plugins/debian/archive/archives.ts";
import { type DebianOptions, normalizeOptions } from "../../../plugins/debian/options.ts";

const deb822 = `# a comment
Types: deb deb-src
# another one between fields
URIs: http://mirror.example/debian/ http://other.example/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main contrib
Signed-By: /usr/share/keyrings/debian.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Check-Valid-Until: no
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
 -----END PGP PUBLIC KEY BLOCK-----

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: https://vendor.example/node
Suites: nodistro
Components: main
`;

const machine = (text: string): MachineApt => ({
  sources: parseDeb822Sources(text),
  checkValidUntil: true,
  checkDate: true,
  keyrings: ["/usr/share/keyrings/all.gpg"],
});
const spec = (options: Partial<DebianOptions> = {}) => normalizeOptions({ packages: ["bash"], ...options });

describe("apt's sources", () => {
  it("are read from deb822 files", () => {
    const [first, second, third, ...rest] = parseDeb822Sources(deb822);
    expect(first?.uris).toEqual(["http://mirror.example/debian", "http://other.example/debian"]);
    expect(first?.signedBy).toEqual(["/usr/share/keyrings/debian.gpg"]);
    expect(second?.checkValidUntil).toBe(false);
    expect(second?.signedBy).toEqual([
      "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n-----END PGP PUBLIC KEY BLOCK-----",
    ]);
    expect(third?.suites).toEqual(["nodistro"]);
    expect(rest).toEqual([]);
  });

  it("are read from lines", () => {
    const text = `# deb http://no.example/debian bookworm main
deb [arch=amd64,arm64 signed-by=/k.gpg check-valid-until=no] http://mirror.example/debian/ bookworm main contrib # end
deb-src http://mirror.example/debian bookworm main
deb cdrom:[disc]/ bookworm main
`;
    expect(parseListSources(text)).toEqual([
      {
        uris: ["http://mirror.example/debian"],
        suites: ["bookworm"],
        components: ["main", "contrib"],
        architectures: ["amd64", "arm64"],
        signedBy: ["/k.gpg"],
        checkValidUntil: false,
      },
    ]);
  });

  it("give the archives of the suite, its updates and its security updates", () => {
    const archives = archivesFor(spec(), "amd64", undefined, machine(deb822));
    expect(archives.map(({ kind, suite, uris }) => [kind, suite, uris.length])).toEqual([
      ["release", "bookworm", 2],
      ["updates", "bookworm-updates", 2],
      ["security", "bookworm-security", 1],
    ]);
    expect(archives.map(({ checkValidUntil }) => checkValidUntil)).toEqual([true, true, false]);
    expect(archives.every(({ optional }) => !optional)).toBe(true);
  });

  it("lend their mirror to another suite, whose companions need not exist", () => {
    const archives = archivesFor(spec({ suite: "trixie" }), "amd64", undefined, machine(deb822));
    expect(archives.map(({ suite, optional }) => [suite, optional])).toEqual([
      ["trixie", false],
      ["trixie-updates", true],
      ["trixie-security", true],
    ]);
    expect(
      archivesFor(spec({ suite: "sid" }), "amd64", undefined, machine(deb822)).map(({ suite }) => suite),
    ).toEqual(["sid"]);
  });

  it("are not needed where a mirror is given", () => {
    const mirror = { main: "http://m.example/debian" };
    expect(
      archivesFor(spec({ suite: "bookworm" }), "amd64", mirror, machine("")).map(({ suite }) => suite),
    ).toEqual(["bookworm", "bookworm-updates"]);
    expect(() => archivesFor(spec(), "amd64", mirror, machine(""))).toThrow(
      expect.objectContaining({ code: "DEBIAN_OPTIONS" }),
    );
  });

  it("that name no mirror are an error which says what to do", () => {
    expect(() => archivesFor(spec(), "amd64", undefined, machine(""))).toThrow(
      expect.objectContaining({
        code: "DEBIAN_NO_MIRROR",
        hint: expect.stringContaining("mirror:") as string,
      }),
    );
    // sources of another architecture, or without the component
    expect(() =>
      archivesFor(spec({ components: ["non-free"] }), "amd64", undefined, machine(deb822)),
    ).toThrow(expect.objectContaining({ code: "DEBIAN_NO_MIRROR" }));
  });
});

describe("apt's configuration", () => {
  it("is read in both notations, the last one wins", () => {
    const texts = [
      'Acquire::Check-Valid-Until "true"; // http://x.example\n/* Acquire::Check-Date "no"; */',
      'Acquire {\n  Check-Valid-Until "false";\n  http { Proxy "http://p.example:3128"; };\n};',
    ];
    expect(aptConfigValue(texts, "acquire::check-valid-until")).toBe("false");
    expect(aptConfigValue(texts, "Acquire::Check-Date")).toBeUndefined();
    expect(aptConfigValue(texts, "Acquire::http::Proxy")).toBe("http://p.example:3128");
  });
});
