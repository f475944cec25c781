import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sourceAddress, webAddress } from "../../../core/util/source-address.ts";

describe("the address of a repository", () => {
  it.each([
    ["acme/web", "https://github.com/acme/web"],
    ["acme/web.js#main", "https://github.com/acme/web.js"],
    ["github:acme/web", "https://github.com/acme/web"],
    ["github:me:secret@acme/web", "https://github.com/acme/web"],
    ["gitlab:acme/group/web", "https://gitlab.com/acme/group/web"],
    ["bitbucket:acme/web", "https://bitbucket.org/acme/web"],
    ["gist:11081aaa281", "https://gist.github.com/11081aaa281"],
    ["sourcehut:~acme/web", "https://git.sr.ht/~acme/web"],
    ["git+https://github.com/acme/web.git", "https://github.com/acme/web"],
    ["git://github.com/acme/web.git#v1", "https://github.com/acme/web"],
    ["git+ssh://git@github.com/acme/web.git", "https://github.com/acme/web"],
    ["git+ssh://git@github.com:acme/web.git", "https://github.com/acme/web"],
    ["git@gitlab.com:acme/group/web.git", "https://gitlab.com/acme/group/web"],
    ["https://www.github.com/acme/web/", "https://github.com/acme/web"],
    ["https://user:secret@github.com/acme/web", "https://github.com/acme/web"],
    [
      "https://job:secret@git.example:8443/acme/web.git?token=secret",
      "https://git.example:8443/acme/web.git",
    ],
    ["git@git.example:acme/web.git", "ssh://git@git.example/acme/web.git"],
    ["ssh://git:secret@git.example:2222/acme/web.git", "ssh://git@git.example:2222/acme/web.git"],
    ["ssh://deploy@git.example/acme/web.git", "ssh://git.example/acme/web.git"],
  ])("%s is %s", (given, address) => {
    expect(sourceAddress(given)).toBe(address);
  });

  it.each([
    "",
    "web",
    "/srv/git/web.git",
    "./web",
    "../acme/web",
    "file:///srv/git/web.git",
    "git+file:///srv/web",
  ])("%s is none for others", (given) => {
    expect(sourceAddress(given)).toBeUndefined();
  });

  it.each(["C:\\acme\\web", "https://github.com/", "data:text/plain,web", "https://", "work:acme/web.git"])(
    "%s is none",
    (given) => {
      expect(sourceAddress(given)).toBeUndefined();
    },
  );

  it("never has the password of one", () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9]{8,12}$/).map((text) => `S3CRET${text}`);
    const scheme = fc.constantFrom("https://", "git+https://", "http://", "ssh://", "git+ssh://", "git://");
    const host = fc.constantFrom("github.com", "gitlab.com", "git.example", "git.example:8443");
    const path = fc.constantFrom("acme/web", "acme/web.git", "a/b/c#main", "acme/web?access_token=");
    fc.assert(
      fc.property(scheme, fc.constantFrom("", "git", "oauth2"), secret, host, path, (...parts) => {
        const [start, user, password, at, rest] = parts;
        const text = `${start}${user}:${password}@${at}/${rest}${rest.endsWith("=") ? password : ""}`;
        expect(sourceAddress(text) ?? "").not.toContain("S3CRET");
        expect(webAddress(text.replace(/\?.*$/, "")) ?? "").not.toContain("S3CRET");
      }),
      { numRuns: 200 },
    );
  });
});

describe("an address of the web", () => {
  it.each([
    ["https://acme.example", "https://acme.example"],
    ["https://github.com/acme/web#readme", "https://github.com/acme/web#readme"],
    ["https://user:secret@acme.example/web?page=1", "https://acme.example/web?page=1"],
  ])("%s is %s", (given, address) => {
    expect(webAddress(given)).toBe(address);
  });

  it.each(["acme.example", "javascript:alert(1)", "ftp://acme.example", ""])("%s is none", (given) => {
    expect(webAddress(given)).toBeUndefined();
  });
});
