// `npm run quickstart`: from a fresh clone to real images. Prepares what is missing, then builds the examples, runs one, publishes
// all of them to an OCI layout and shows the graph. The second time only what changed is done.
import path from "node:path";
import {
  buildOurselves,
  installDebianPackages,
  installNpmPackages,
  requireNode,
  root,
  run,
} from "../test/bootstrap.mjs";

const tsdock = (...args) => {
  process.stdout.write(
    `\n$ tsdock ${args.map((arg) => (/[^\w@%+=:,./-]/.test(arg) ? `'${arg}'` : arg)).join(" ")}\n`,
  );
  run(process.execPath, [path.join(root, "dist", "cli.cjs"), ...args], { env: { NO_COLOR: "1" } });
};
const layout = path.join("examples", "out", "images");

requireNode();
installNpmPackages();
installDebianPackages();
buildOurselves();
tsdock("lock");
tsdock("build");
tsdock("image", "ls");
tsdock("run", "--rm", "premier-programme");
tsdock("run", "--rm", "echo");
tsdock("run", "--rm", "echo", "Ici un nouvel argument !");
tsdock("publish", "--tag", "1.0.0", "--registry", `oci:${layout}`);
tsdock("graph");
process.stdout.write(`\nThe images are in ${layout}: try \`skopeo inspect oci:${layout}:echo:1.0.0\`.\n`);
