import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { goTemplate } from "../../../core/util/go-template/go-template.ts";
import { GoMap, type GoStruct, nilList } from "../../../core/util/go-template/go-value.ts";
import { findProgram, requires } from "../../support/requires.ts";

/** Templates that need no data, and what Go prints for them. */
const closed: readonly (readonly [template: string, printed: string])[] = [
  ["plain", "plain"],
  ["{{1}} {{-3}} {{1.5}} {{0x10}} {{1e3}} {{'a'}} {{true}}", "1 -3 1.5 16 1000 97 true"],
  ['{{"a\\tb\\u00e9\\x41\\""}}{{`raw\\n`}}', 'a\tbéA"raw\\n'],
  ["a {{- 1 -}} b", "a1b"],
  ["a{{/* remark */}}b {{- /* trims */ -}} c", "abc"],
  ["{{if true}}yes{{else}}no{{end}}", "yes"],
  ["{{if false}}a{{else if 0}}b{{else if `x`}}c{{else}}d{{end}}", "c"],
  ["{{with `x`}}{{.}}{{end}}{{with ``}}a{{else}}b{{end}}", "xb"],
  ["{{$x := 1}}{{if true}}{{$x = 2}}{{$x := 3}}{{end}}{{$x}}", "2"],
  ['{{range $i, $e := split "a,b,c" ","}}{{$i}}{{$e}} {{end}}', "0a 1b 2c "],
  ['{{range split "a,b" ","}}[{{.}}]{{end}}', "[a][b]"],
  [
    '{{range split "a,b,c,d" ","}}{{if eq . "b"}}{{continue}}{{end}}{{if eq . "d"}}{{break}}{{end}}{{.}}{{end}}',
    "ac",
  ],
  ['{{join (split "a,b" ",") "; "}}', "a; b"],
  ['{{split "a,b" "," | len}}', "2"],
  ['{{upper "aé"}} {{lower "AÉ"}} {{title "two wordS, it\'s"}}', "AÉ aé Two WordS, It'S"],
  ['{{pad "x" 2 3}}|{{truncate "abcdef" 3}}|{{truncate "ab" 3}}', "  x   |abc|ab"],
  [
    '{{printf "%s|%5s|%-5s|%q|%d|%05d|%x|%v|%t|%.2f|%%" "a" "b" "c" "d" 42 -7 "hi" 1.5 true 3.14159}}',
    'a|    b|c    |"d"|42|-0007|6869|1.5|true|3.14|%',
  ],
  [
    '{{printf "%d" "x"}} {{printf "%s" 5}} {{printf "%d"}} {{printf "a" 1}}',
    "%!d(string=x) %!s(int=5) %!d(MISSING) a%!(EXTRA int=1)",
  ],
  ['{{print 1 2 "a" "b" 3}}|{{println "a" 1}}', "1 2ab3|a 1\n"],
  ["{{len `é`}} {{index (split `a,b` `,`) 1}} {{slice `abcdef` 1 3}} {{index `abc` 0}}", "2 b bc 97"],
  ["{{and 1 0}} {{and 1 2}} {{or 0 ``}} {{or 0 2 3}} {{not 0}}", "0 2  2 true"],
  [
    "{{eq 1 1}} {{eq 1 2 1}} {{ne `a` `b`}} {{lt 1 2}} {{le `b` `a`}} {{gt 1.5 1.0}} {{ge 2 2}}",
    "true true true true false true true",
  ],
  ['{{define "T"}}<{{.}}>{{end}}{{template "T" 5}}{{block "B" `x`}}[{{.}}]{{end}}', "<5>[x]"],
  ['{{html "<a b=\'c\'>&"}} {{urlquery "a b&c/é!"}}', "&lt;a b=&#39;c&#39;&gt;&amp; a+b%26c%2F%C3%A9%21"],
  ['{{json "a<b\\n"}} {{json (split "a,b" ",")}}', '"a<b\\n" ["a","b"]'],
  ['{{"a" | printf "%s-%s" "b" | upper}}', "B-A"],
  ["{{1000000000000000000000.0}} {{0.00001}} {{123456789}} {{1.0}}", "1e+21 1e-05 123456789 1"],
];

/** What docker's client refuses, and so do we. */
const refused = [
  "{{",
  "{{}}",
  "{{.A",
  "{{end}}",
  "{{if true}}",
  "{{if}}x{{end}}",
  "{{else}}",
  "{{range}}{{end}}",
  "{{nothing}}",
  "{{$x}}",
  "{{1 | 2}}",
  "{{nil}}",
  "{{break}}",
  "{{(1}}",
  "{{'ab'}}",
  '{{"a}}',
  "{{index nil 0}}",
  "{{eq 1 `a`}}",
  "{{lt true false}}",
  "{{len 5}}",
  "{{template `none`}}",
  "{{index (split `a` `,`) 5}}",
  "{{upper}}",
  "{{upper 5}}",
  "{{1.Foo}}",
  "{{`a` 1}}",
  "{{range `abc`}}{{end}}",
  "{{slice `abc` 2 1}}",
  "{{if true}}{{else}}{{else}}{{end}}",
  "{{define `a`}}",
  '{{"\\z"}}',
  "{{/* open",
  "{{;}}",
] as const;

describe("a template", () => {
  it.each(closed)("%s", (template, printed) => {
    expect(goTemplate(template)(undefined)).toBe(printed);
  });

  it.each(refused)("is refused: %s", (template) => {
    const refusal: Error = expect.objectContaining({ code: "FORMAT_INVALID", exitCode: 2 });
    expect(() => goTemplate(template)(undefined)).toThrow(refusal);
  });

  it("never fails in another way, whatever it is", () => {
    const piece = fc.constantFrom(
      "{{",
      "}}",
      "-",
      " ",
      ".",
      ".A",
      "$",
      "$x",
      ":=",
      "=",
      "|",
      "(",
      ")",
      "1",
      '"a"',
      "`",
      "if",
      "else",
      "end",
      "range",
      "with",
      "define",
      "template",
      "index",
      "len",
      "printf",
      "/*",
      "*/",
      "'",
      "nil",
      ",",
      "\n",
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 14 }).map((parts) => parts.join("")),
        (template) => {
          try {
            goTemplate(template)({ A: new GoMap({ a: [1] }) });
          } catch (error) {
            expect(error).toMatchObject({ code: "FORMAT_INVALID" });
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  it("ends also where it calls itself, is deep or long", () => {
    const deep = "(".repeat(100_000);
    for (const template of [
      '{{define "a"}}{{template "a"}}{{end}}{{template "a"}}',
      `{{${deep}1`,
      "{{if 1}}".repeat(100_000),
    ])
      expect(() => goTemplate(template)(undefined)).toThrow(
        expect.objectContaining({ code: "FORMAT_INVALID" }) as Error,
      );
    expect(goTemplate("{{1}}".repeat(50_000))(undefined)).toHaveLength(50_000);
  });

  it("shows where the mistake is", () => {
    expect(() => goTemplate("a\n{{.ID}} {{nothing}}")).toThrow(
      expect.objectContaining({ details: "{{.ID}} {{nothing}}\n          ^" }) as Error,
    );
  });
});

describe("data", () => {
  const config: GoStruct = Object.defineProperties(
    {
      Env: ["A=1", "B=2"],
      Cmd: nilList,
      Labels: new GoMap({ b: "2", a: "1" }, ""),
      Volumes: new GoMap(null),
    },
    { Healthcheck: { value: null, enumerable: false } },
  );
  const data: GoStruct = {
    Id: "sha256:1",
    Size: 12,
    Config: config,
    Label: (name) => `label ${name as string}`,
  };

  it.each([
    ["{{.Id}} {{.Size}}", "sha256:1 12"],
    [
      "{{.Config.Env}} {{.Config.Cmd}} {{.Config.Labels}} {{.Config.Volumes}} {{.Config.Healthcheck}}",
      "[A=1 B=2] [] map[a:1 b:2] map[] <nil>",
    ],
    ["{{json .Config}}", '{"Env":["A=1","B=2"],"Cmd":null,"Labels":{"a":"1","b":"2"},"Volumes":null}'],
    ['{{index .Config.Labels "a"}}{{index .Config.Labels "x"}}|{{.Config.Labels.x}}', "1|<no value>"],
    [
      "{{range $k, $v := .Config.Labels}}{{$k}}={{$v}} {{end}}{{range .Config.Cmd}}x{{else}}none{{end}}",
      "a=1 b=2 none",
    ],
    ["{{with .Config}}{{range .Env}}{{println .}}{{end}}{{$.Id}}{{end}}", "A=1\nB=2\nsha256:1"],
    ['{{.Label "x"}} {{len .Config.Env}} {{(index .Config.Env 0)}}', "label x 2 A=1"],
  ])("%s", (template, printed) => {
    expect(goTemplate(template)(data)).toBe(printed);
  });

  it("has only the fields that it has", () => {
    expect(() => goTemplate("{{.Config.Nothing}}")(data)).toThrow(
      "there is no field Nothing; there are Env, Cmd",
    );
    expect(() => goTemplate("{{.Config.Healthcheck.Test}}")(data)).toThrow(
      "nothing that could have a field Test",
    );
    expect(() => goTemplate("{{.Id 5}}")(data)).toThrow("is not a method");
  });
});

describe.skipIf(!requires("dockerd"))("docker's client", () => {
  const client = (template: string) =>
    spawnSync(findProgram("docker") ?? "docker", ["context", "inspect", "default", "--format", template], {
      encoding: "utf8",
    });

  it("prints the same", () => {
    const all = closed.map(([template]) => template).filter((template) => !template.includes("define"));
    const { stdout, stderr } = client(all.join("\x01"));
    expect(stderr).toBe("");
    expect(stdout.trimEnd().split("\x01")).toEqual(
      closed.filter(([template]) => !template.includes("define")).map(([, printed]) => printed),
    );
  });

  it("refuses the same", () => {
    for (const template of refused) expect(client(template).status, template).not.toBe(0);
  });
});
