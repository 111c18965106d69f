/** Import direction of the house: core <- platform <- systems <- app, core <- web <- systems/*\/web <- app. */
const TIERS = [
  ["members"],
  ["assets", "intel"],
  ["detection", "tickets", "netfaults", "honeypots", "spam", "malware", "ot", "testlab"],
  ["incidents"],
  ["threatlight", "drills", "announcements", "publicsite"],
  ["reports", "federation"],
];
const oneOf = (names) => `(${names.join("|")})`;

/** A system may import the door of a lower tier and nothing else of another system. */
const doors = TIERS.flatMap((tier, height) =>
  tier.map((system) => {
    const lower = TIERS.slice(0, height).flat();
    const allowed = [`^src/systems/${system}/`];
    if (lower.length > 0) allowed.push(`^src/systems/${oneOf(lower)}/index\\.ts$`);
    return {
      name: `doors-${system}`,
      severity: "error",
      comment: "A system imports the door (index.ts) of a lower tier only; upward it speaks through events.",
      from: { path: `^src/systems/${system}/`, pathNot: [`^src/systems/${system}/web/`, "\\.test\\.tsx?$"] },
      to: { path: "^src/systems/", pathNot: allowed },
    };
  }),
);

module.exports = {
  forbidden: [
    {
      name: "no-circles",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "core-imports-nothing",
      severity: "error",
      comment: "core is words: zod to describe them and nothing else.",
      from: { path: "^src/core/", pathNot: "\\.test\\.ts$" },
      to: { pathNot: ["^src/core/", "^node_modules/zod/"] },
    },
    {
      name: "platform-knows-no-system",
      severity: "error",
      from: { path: "^src/platform/", pathNot: "\\.test\\.ts$" },
      to: { path: "^src/(systems|web|app)/" },
    },
    {
      name: "web-kit-knows-no-system",
      severity: "error",
      from: { path: "^src/web/" },
      to: { path: "^src/(systems|platform|app)/" },
    },
    {
      name: "pages-see-model-core-web",
      severity: "error",
      comment: "A page sees the model.ts files of its own or a lower system, src/core and src/web.",
      from: { path: "^src/systems/[^/]+/web/", pathNot: "\\.test\\.tsx?$" },
      to: {
        path: "^src/",
        pathNot: [
          "^src/(core|web)/",
          "^src/systems/[^/]+/(model\\.ts$|web/)",
          "^src/systems/[^/]+/[^/]+/model\\.ts$",
        ],
      },
    },
    {
      name: "server-imports-no-pages",
      severity: "error",
      from: { path: "^src/systems/[^/]+/[^/]+\\.ts$" },
      to: { path: "^src/(web/|systems/[^/]+/web/)" },
    },
    {
      name: "decisions-are-pure",
      severity: "error",
      comment: "rules.ts and model.ts decide and describe; they reach no store, clock, file or network.",
      from: { path: "(rules|model)\\.ts$" },
      to: { path: ["^src/platform/", "^node:", "store\\.ts$", "routes\\.ts$", "jobs\\.ts$"] },
    },
    {
      name: "nobody-imports-app",
      severity: "error",
      from: { path: "^src/(core|platform|systems|web)/", pathNot: "\\.test\\.tsx?$" },
      to: { path: "^src/app/" },
    },
    {
      name: "no-orphan-packages",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    },
    ...doors,
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
    },
  },
};
