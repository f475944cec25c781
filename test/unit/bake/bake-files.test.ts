import { isTsdockError } from "tsdock/plugin";
import { describe, expect, it } from "vitest";
import { printed } from "../../support/bake-print.ts";
import { processorTime } from "../../support/processor-time.ts";
import { bake, readBuilds } from "../../support/read-builds.ts";

const args = (text: string, given: Readonly<Record<string, string>> = {}): unknown =>
  printed(bake(text, given)).target["default"]?.["args"];
const body = (expression: string): string =>
  `target "default" {\n  args = {\n    X = ${expression}\n  }\n}\n`;

/** Code, message with hint, and place of what is thrown. */
function failure(work: () => unknown): readonly [string, string, number, number] {
  try {
    work();
  } catch (error) {
    if (!isTsdockError(error)) throw error;
    const { line = 0, column = 0 } = error.place ?? {};
    return [error.code, `${error.message} ${error.hint ?? ""}`, line, column];
  }
  throw new Error("nothing was thrown");
}

describe("what newer bakes have", () => {
  it("gives variables types, and checks them", () => {
    const text = `variable "N" {
  type = number
  default = "3"
  validation {
    condition = N > 2
    error_message = "at least three"
  }
}
variable "L" {
  type = list(string)
  default = []
}
variable "NONE" {
  type = string
}
target "default" { args = { N = N + 1, L = join("+", L), NONE = NONE } }
`;
    expect(args(text)).toEqual({ N: "4", L: "" });
    expect(args(text, { N: "9", L: "a,b" })).toEqual({ N: "10", L: "a+b" });
    expect(failure(() => bake(text, { N: "1" }))).toEqual([
      "IMPORT_INVALID",
      expect.stringContaining("at least three"),
      5,
      17,
    ]);
    expect(failure(() => bake(text, { N: "x" }))[1]).toContain("must be number");
  });

  it("takes objects for what was text before", () => {
    const text = `target "default" {
  output = [{ type = "registry" }]
  cache-from = [{ type = "gha", scope = "a,b" }]
  secret = [{ id = "x", env = "X" }]
  extra-hosts = { db = "10.0.0.1" }
  entitlements = ["network.host"]
  call = "check"
  description = "checks"
}
`;
    expect(printed(bake(text)).target["default"]).toMatchObject({
      output: ["type=registry"],
      "cache-from": ['type=gha,"scope=a,b"'],
      secret: ["env=X,id=x"],
      "extra-hosts": { db: "10.0.0.1" },
      entitlements: ["network.host"],
      call: "check",
      description: "checks",
    });
  });

  it.each([
    ['sanitize("a/b:c.d")', "a_b_c_d"],
    ['regex_replace("a.b", "([a-z])[.]", "$${1}-")', "a-b"],
    ['semvercmp("1.2.0", "v1.10.0")', "-1"],
    ['basename("/a/b.txt")', "b.txt"],
    ['dirname("/a/b.txt")', "/a"],
    ['indexof(["a", "b"], "b")', "1"],
    ["unixtimestampparse(1690328596).rfc3339", "2023-07-25T23:43:16Z"],
    ['convert("12", number) + 1', "13"],
    ['uuidv5("dns", "example.com")', "cfbff0d1-9375-5685-968c-48ce8b15ae17"],
    ["1 / 4", "0.25"],
    ["{ for k, v in { a = 1 } : k => v }.a", "1"],
    ['{ for v in ["a", "b", "a"] : v => v... }["a"][1]', "a"],
  ])("%s is %s", (expression, expected) => {
    expect(args(body(expression))).toEqual({ X: expected });
  });
});

it("reads blocks of one line, and comments after their brace", () => {
  const text = `target "a" {}
target "b" { tags = ["x"] }
target "c" { /* one */ tags = [
  "y"
] /* two
*/ }
target "d" { # three
  tags = ["z"]
}`;
  const { target } = printed(bake(text));
  expect(Object.entries(target).map(([name, { tags }]) => [name, tags])).toEqual([
    ["a", undefined],
    ["b", ["x"]],
    ["c", ["y"]],
    ["d", ["z"]],
  ]);
});

describe("bake files that are wrong", () => {
  it.each([
    ['target "a" {\n  args = { A = "x }\n}\n', "never closed", 2, 16],
    ['target "a" {\n  tags = [\n}\n', "a value", 3, 1],
    ['target "a" {\n', "the name of a block", 2, 1],
    ['target "a" {', "the name of a block", 1, 13],
    ['target "a" { tags = ["x"]\n}\n', "the one argument", 1, 26],
    ['target "a" { tags = ["x"] # why\n  args = {}\n}\n', "the one argument", 1, 32],
    ['target "a" { tags = ["x"], args = {} }\n', "the one argument", 1, 26],
    ['target "a" { args { } }\n', '"=" after args', 1, 19],
    ['target "a" {\n  tags = ["x"] }\n', "a new line", 2, 16],
    ['target "a" {} target "b" {}\n', "a new line", 1, 15],
    ['target "a" {\n  dockerfile-inline = <<EOT\nx\n}\n', "no line EOT", 2, 23],
    ['targt "a" {}\n', "no block targt", 1, 1],
    ['target "a" {\n  tag = ["x"]\n}\n', "has no tag", 2, 3],
    ['target "a" {\n  tags = "x"\n}\n', "must be a list", 2, 10],
    ['target "a" {\n  args = { A = NOPE }\n}\n', "no variable NOPE", 2, 16],
    ['target "a" {\n  args = { A = nope(1) }\n}\n', "no function nope", 2, 16],
    ['target "a" {\n  inherits = ["b"]\n}\ntarget "b" {\n  inherits = ["a"]\n}\n', "a → b → a", 5, 14],
    ['target "a" {\n  inherits = ["c"]\n}\n', "no target c", 2, 14],
    ['group "g" {\n  targets = ["h"]\n}\ngroup "h" {\n  targets = ["g"]\n}\n', "holds itself", 5, 13],
    ['group "g" {\n  targets = ["x"]\n}\n', "no target or group x", 2, 13],
    [
      'variable "A" {\n  default = B\n}\nvariable "B" {\n  default = A\n}\n',
      "variable A → variable B → variable A",
      5,
      13,
    ],
    ['function "f" {\n  params = [x]\n  result = f(x)\n}\nX = f(1)\n', "function f → function f", 3, 12],
    ['target "a" {\n  tags = [target.a.tags[0]]\n}\n', "target a's tags", 2, 20],
    ['target "a" {\n  matrix = { x = ["1", "2"] }\n}\n', "needs a name", 2, 12],
    ['target "a" {\n  args = { A = 1 / 0 }\n}\n', "divides by zero", 2, 20],
    ['target "a" {\n  args = { A = [1][3] }\n}\n', "no element 3", 2, 19],
    ['target "a" {\n  args = { A = timestamp() }\n}\n', "time of day", 2, 16],
    ["x = " + "(".repeat(5000), "deeper than", 1, 0],
    ["x = " + "[".repeat(5000), "deeper than", 1, 0],
    ['x = "' + '${"'.repeat(5000), "deeper than", 1, 0],
    ["x = " + "-".repeat(5000) + "1", "deeper than", 1, 0],
    ['target "a" {\n  tags = ["x"]]\n}\n', "a new line", 2, 15],
  ])("%j: %s", (text, message, line, column) => {
    const [, said, atLine, atColumn] = failure(() => bake(text));
    expect(said).toContain(message);
    expect([atLine, column === 0 ? 0 : atColumn]).toEqual([line, column]);
  });

  it.each([
    ["a range of a thousand million", "x = range(1000000000)\n"],
    ["loops in loops", `a = range(1000)\nx = [for i in a : [for j in a : [for k in a : i]]]\n`],
    [
      "text that doubles",
      `${Array.from({ length: 40 }, (_, i) => `v${i + 1} = "\${v${i}}\${v${i}}"`).join("\n")}\nv0 = "xx"\n`,
    ],
    [
      "lists that double",
      `${Array.from({ length: 40 }, (_, i) => `v${i + 1} = [v${i}, v${i}]`).join("\n")}\nv0 = ["xx"]\nx = jsonencode(v40)\n`,
    ],
    [
      "lists that are compared",
      `${Array.from({ length: 40 }, (_, i) => `v${i + 1} = [v${i}, v${i}]`).join("\n")}\nv0 = ["xx"]\nx = v40 == [v39, v39]\n`,
    ],
    ["wide formats", 'x = format("%1000000000d", 1)\n'],
    ["many products", "a = range(1000)\nx = setproduct(a, a, a)\n"],
    ["replacing", `a = format("%9999d", 1)\nx = replace(a, " ", a)\n`],
    ["a pattern that never ends", 'x = regex("^(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")\n'],
    [
      "a matrix of millions",
      'target "a" {\n  name = "${x}-${y}"\n  matrix = { x = range(1000), y = range(1000) }\n}\n',
    ],
  ])("bounds %s", (_, text) => {
    const { value, ms } = processorTime(() => failure(() => bake(text)));
    expect(value[0]).toBe("IMPORT_INVALID");
    expect(ms).toBeLessThan(5000);
  });

  it.each([
    ['{"target": {"a": {"tags": ["x"}}}', '"," or "]"', 1, 31],
    ['{"target": {"a": 1}}', "target is an object", 1, 18],
    ['{"target": {"a": {"args": {"A": "${NOPE}"}}}}', "no variable NOPE", 1, 33],
    ['{\n  "target": {}\n', '"," or "}"', 3, 1],
    ['{"target": {"a": {"tags": ["a\nb"]}}}', "not closed", 1, 28],
    ["[".repeat(5000), "deeper than", 1, 0],
  ])("JSON %j: %s", (text, message, line, column) => {
    const [code, said, atLine, atColumn] = failure(() => readBuilds({ "bake.json": text }));
    expect(code).toBe("IMPORT_INVALID");
    expect(said).toContain(message);
    expect([atLine, column === 0 ? 0 : atColumn]).toEqual([line, column]);
  });
});
