/** npm run check: everything but the browser. The house's own checks (format, lint, types, ...) are tests as well. */
process.argv.push("--without-browser");
await import("./test.ts");
