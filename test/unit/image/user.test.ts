import { describe, expect, it } from "vitest";
import { lookupUser } from "../../../core/oci/image/user.ts";

const passwd = [
  "root:x:0:0:root:/root:/bin/sh",
  "",
  "broken",
  "web:x:33:34:web:/var/www:/bin/false",
  "1000:x:7:7::/odd:",
].join("\n");
const group = ["root:x:0:", "www:x:34:", "video:x:44:web,root", "audio:x:45:web", "users:x:100:nobody"].join(
  "\n",
);

describe("lookupUser", () => {
  it.each([
    ["", { uid: 0, gid: 0, groups: [44], home: "/root" }],
    ["root", { uid: 0, gid: 0, groups: [44], home: "/root" }],
    ["web", { uid: 33, gid: 34, groups: [44, 45], home: "/var/www" }],
    ["33", { uid: 33, gid: 34, groups: [44, 45], home: "/var/www" }],
    ["web:video", { uid: 33, gid: 44, groups: [], home: "/var/www" }],
    ["web:100", { uid: 33, gid: 100, groups: [], home: "/var/www" }],
    ["web:4711", { uid: 33, gid: 4711, groups: [], home: "/var/www" }],
    ["4711", { uid: 4711, gid: 0, groups: [], home: "/" }],
    ["4711:4712", { uid: 4711, gid: 4712, groups: [], home: "/" }],
    // Digits are an id even where a user has that name.
    ["1000", { uid: 1000, gid: 0, groups: [], home: "/" }],
    [":audio", { uid: 0, gid: 45, groups: [], home: "/root" }],
  ])("%j", (spec, expected) => {
    expect(lookupUser(spec, passwd, group)).toEqual(expected);
  });

  it("needs no files for numbers and for root", () => {
    expect(lookupUser("", undefined, undefined)).toEqual({ uid: 0, gid: 0, groups: [], home: "/" });
    expect(lookupUser("5:6", undefined, undefined)).toEqual({ uid: 5, gid: 6, groups: [], home: "/" });
  });

  it.each(["nobody", "web:nogroup", "root:nogroup", "4294967296", "web:4294967295", "-1"])(
    "does not know %j",
    (spec) => {
      expect(() => lookupUser(spec, passwd, group)).toThrow(
        expect.objectContaining({ code: "USER_UNKNOWN" }),
      );
    },
  );
});
