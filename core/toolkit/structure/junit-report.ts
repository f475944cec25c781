import type { StructureTestsReport } from "./report.ts";

/** The report as XML that CI systems read: a suite per file, a case per test. Times in seconds. */
export function junitReport({ image, results, failed, ms }: StructureTestsReport): string {
  const files = [...new Set(results.map(({ file }) => file))];
  const suites = files.map((file) => {
    const own = results.filter((result) => result.file === file);
    const cases = own.map(({ kind, name, errors, stdout, stderr, ms: time }) => {
      const inside = [
        ...errors.map((error) => `<failure message="${escape(error)}"/>`),
        ...(stdout ? [`<system-out>${escape(stdout)}</system-out>`] : []),
        ...(stderr ? [`<system-err>${escape(stderr)}</system-err>`] : []),
      ].join("");
      return `    <testcase classname="${kind}" name="${escape(name)}" time="${time / 1000}">${inside}</testcase>`;
    });
    const broken = own.filter(({ pass }) => !pass).length;
    const title = escape(`${image} ${file}`);
    return [
      `  <testsuite name="${title}" tests="${own.length}" failures="${broken}">`,
      ...cases,
      "  </testsuite>",
    ].join("\n");
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${results.length}" failures="${failed}" time="${ms / 1000}">`,
    ...suites,
    "</testsuites>",
    "",
  ].join("\n");
}

const entities: Readonly<Record<string, string>> = {
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  '"': "&quot;",
  "\n": "&#10;",
};

/** XML 1.0 has no form at all for most control characters. */
const escape = (text: string): string =>
  text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
    .replace(/[<>&"\n]/g, (character) => entities[character] ?? character);
