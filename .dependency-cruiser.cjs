/** The arrows of docs/architecture.md as data: what each room may import. `import type` counts. */
const ground = ["core/errors", "core/util", "core/events[.]ts"];
const rooms = {
  "core/errors": ["core/util"],
  "core/util": ["core/errors"],
  "core/events[.]ts": ["core/errors", "core/oci/spec"],
  "core/oci/spec": ground,
  "core/oci/layer": [...ground, "core/oci/spec"],
  "core/oci/store": [...ground, "core/oci/spec", "core/oci/layer"],
  "core/oci/image": [...ground, "core/oci/spec", "core/oci/layer", "core/oci/store"],
  "core/oci/registry": [...ground, "core/oci/spec", "core/oci/layer"],
  "core/oci/runtime": [...ground, "core/oci/spec"],
  "core/git": ground,
  "core/declare": [...ground, "core/oci/spec"],
  "core/graph": [...ground, "core/oci/spec", "core/declare"],
  "core/plugin": [...ground, "core/oci/spec", "core/oci/layer", "core/graph", "core/declare"],
  "core/config": [...ground, "core/oci/spec", "core/graph", "core/declare", "core/plugin"],
  "core/analyze": [...ground, "core/oci/spec", "core/graph", "core/declare", "core/config", "core/plugin"],
  "core/check": [
    ...ground,
    "core/oci/(spec|layer)",
    "core/oci/image/human",
    "core/graph",
    "core/declare",
    "core/plugin",
  ],
  "core/build": [
    ...ground,
    "core/git",
    "core/oci",
    "core/declare",
    "core/graph",
    "core/plugin",
    "core/config",
    "core/analyze",
  ],
  "core/run": [
    ...ground,
    "core/oci",
    "core/graph",
    "core/declare",
    "core/config",
    "core/build/executor[.]ts",
    "core/build/native",
  ],
  "core/engine": [...ground, "core/oci/spec", "core/oci/image", "core/oci/store"],
  "core/publish": [
    ...ground,
    "core/oci",
    "core/graph",
    "core/declare",
    "core/config",
    "core/plugin",
    "core/analyze",
  ],
  "core/toolkit": ["core/(?!cli|ui)"],
  "core/testing": ["core/(?!cli|ui|publish|run/|analyze)"],
  "core/cli": ["core/(?!ui|oci|build|publish|run/|analyze)"],
  "core/start": [
    "core/toolkit/home[.]ts",
    "core/cli/main[.]ts",
    "core/run/supervise/container-supervisor[.]ts",
  ],
};

const onlyArrows = Object.entries(rooms).map(([room, allowed]) => ({
  name: `arrows-of-${room.replaceAll("/", "-").replace("[.]ts", "")}`,
  severity: "error",
  from: { path: `^${room}` },
  to: { path: "^(core|plugins|examples|test|bench)/", pathNot: [room, ...allowed].map((path) => `^${path}`) },
}));

module.exports = {
  forbidden: [
    ...onlyArrows,
    {
      name: "every-room-is-declared",
      severity: "error",
      comment: "a folder of core that has no row above",
      from: {
        path: "^core/",
        pathNot: [...Object.keys(rooms).map((room) => `^${room}`), "^core/index[.]ts$"],
      },
      to: {},
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "store-and-registry-are-strangers",
      severity: "error",
      from: { path: "^core/oci/(store|registry)" },
      to: { path: "^core/oci/(store|registry)", pathNot: "^core/oci/$1" },
    },
    {
      name: "solver-sees-only-executor",
      severity: "error",
      from: { path: "^core/build", pathNot: "^core/build/native" },
      to: { path: "^core/build/native" },
    },
    {
      name: "child-processes-have-their-rooms",
      severity: "error",
      from: {
        path: "^(core|plugins)/",
        pathNot:
          "^core/(oci/runtime|build/native|run|engine|git/run-git|oci/registry/credential-helper|oci/layer/make-nodes|toolkit/watch/start-worker)|^plugins/node/registry/ask-npm|^plugins/debian/package/xz-program",
      },
      to: { path: "^(node:)?child_process$|^tinyexec$|node_modules/tinyexec" },
    },
    {
      name: "ts-morph-lives-in-analyze",
      severity: "error",
      from: { path: "^(core|plugins)/", pathNot: "^core/analyze" },
      to: { path: "node_modules/(ts-morph|typescript)/" },
    },
    {
      name: "pure-rooms-do-no-io",
      severity: "error",
      from: { path: "^core/(declare|graph|oci/spec)" },
      to: { path: "^(node:)?(fs|fs/promises|net|http|https|child_process|worker_threads)$" },
    },
    {
      name: "plugins-and-examples-are-outsiders",
      severity: "error",
      from: { path: "^(plugins/([^/]+)|examples)/", pathNot: "^examples/quickstart[.]mjs$" },
      to: {
        path: "^(core|plugins|test|bench)/",
        pathNot:
          "^core/index[.]ts$|^core/(plugin|testing)/index[.]ts$|^plugins/[^/]+/index[.]ts$|^plugins/$2/",
      },
    },
    { name: "no-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|test/fixtures)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "default"] },
  },
};
