import { describe, expect, it } from "vitest";
import { tempTree } from "../../support/temp-tree.ts";
import { parseNpmrc } from "../../../plugins/node/registry/npmrc.ts";
import { registryConfig, withoutCredentials } from "../../../plugins/node/registry/registry-config.ts";
import { yarnSettings } from "../../../plugins/node/registry/yarn-settings.ts";

const npmrc = (text: string) => parseNpmrc({ path: "/p/.npmrc", text });
const config = (text: string, env: Readonly<Record<string, string>> = {}) =>
  registryConfig([npmrc(text)], { HOME: "/nonexistent", ...env }, "/p");

describe("the configuration of registries", () => {
  it("has one for each scope, and one for the rest", () => {
    const found = config(
      "registry=https://registry.example\n@acme:registry = https://acme.example/npm/ \n; no\n",
    );
    expect(found.registryOf("left-pad")).toBe("https://registry.example/");
    expect(found.registryOf("@acme/api")).toBe("https://acme.example/npm/");
    expect(config("").registryOf("a")).toBeUndefined();
  });

  it("gives credentials to the addresses that they are for, and to no other", () => {
    const found = config(
      "//registry.example/npm/:_authToken=${TOKEN}\n//basic.example/:username=me\n//basic.example/:_password=c2VjcmV0\n",
      { TOKEN: "abc" },
    );
    expect(found.authorization("https://registry.example/npm/a/-/a-1.tgz")).toBe("Bearer abc");
    expect(found.authorization("https://registry.example/other/a.tgz")).toBeUndefined();
    expect(found.authorization("https://registry.example.evil.example/npm/a.tgz")).toBeUndefined();
    expect(found.authorization("https://basic.example/a.tgz")).toBe(
      `Basic ${Buffer.from("me:secret").toString("base64")}`,
    );
  });

  it("asks for a variable only where it is needed, and never shows its value", () => {
    const found = config("registry=https://registry.example/\n//registry.example/:_authToken=${MISSING}\n");
    expect(found.registryOf("a")).toBe("https://registry.example/");
    expect(() => found.authorization("https://registry.example/a.tgz")).toThrow(
      expect.objectContaining({ code: "NODE_NPMRC_INVALID", place: expect.objectContaining({ line: 2 }) }),
    );
    expect(config("registry=${A:-https://b.example}\n").registryOf("a")).toBe("https://b.example/");
  });

  it("is overruled by variables", () => {
    const found = config("registry=https://file.example/\n", { npm_config_registry: "https://env.example/" });
    expect(found.registryOf("a")).toBe("https://env.example/");
  });

  it("may be yarn's", () => {
    const text =
      'npmRegistryServer: "https://registry.example"\nnpmAuthToken: "${TOKEN}"\nnpmScopes:\n  acme:\n    npmRegistryServer: "https://acme.example"\n    npmAuthIdent: "me:secret"\n';
    const found = registryConfig([yarnSettings({ path: "/p/.yarnrc.yml", text })], { TOKEN: "abc" }, "/p");
    expect(found.registryOf("@acme/a")).toBe("https://acme.example/");
    expect(found.authorization("https://registry.example/a.tgz")).toBe("Bearer abc");
    expect(found.authorization("https://acme.example/a.tgz")).toBe(
      `Basic ${Buffer.from("me:secret").toString("base64")}`,
    );
  });

  it("trusts the authorities that npm or yarn is told to, by their text or by a file", () => {
    using tree = tempTree({ "corp.pem": "PEM\n", "home/own.pem": "OWN\n" });
    const certificates = (text: string, env: Readonly<Record<string, string>> = {}) =>
      registryConfig([npmrc(text)], { HOME: tree.path("home"), ...env }, tree.root).certificates();
    expect(certificates("registry=https://registry.example/\n")).toBeUndefined();
    expect(certificates("cafile=null\n")).toBeUndefined();
    expect(certificates("cafile=corp.pem\n")).toBe("PEM\n");
    expect(certificates("cafile = ~/own.pem\n")).toBe("OWN\n");
    expect(certificates("cafile=no.pem\n", { npm_config_cafile: tree.path("corp.pem") })).toBe("PEM\n");
    expect(
      certificates('ca="-----BEGIN CERTIFICATE-----\\nAB\\n-----END CERTIFICATE-----"\ncafile=no.pem\n'),
    ).toBe("-----BEGIN CERTIFICATE-----\nAB\n-----END CERTIFICATE-----");
    expect(certificates('ca[]="A\\nB"\nca[]="C"\n')).toBe("A\nB\nC");
    const yarn = yarnSettings({ path: "/p/.yarnrc.yml", text: 'httpsCaFilePath: "./corp.pem"\n' });
    expect(registryConfig([yarn], {}, tree.root).certificates()).toBe("PEM\n");
    expect(() => certificates("cafile=no.pem\n")).toThrow(
      expect.objectContaining({
        code: "NODE_NPMRC_INVALID",
        message: expect.stringContaining("no.pem: ENOENT"),
      }),
    );
  });

  it("never shows a password in an address", () => {
    expect(withoutCredentials("https://me:secret@registry.example/a")).toBe("https://registry.example/a");
  });
});
