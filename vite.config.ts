import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The console: one shell, a chunk for each page, nothing from any other host. `npm run dev:console` serves it live. */
export default defineConfig({
  root: "src/app",
  publicDir: false,
  base: "/",
  plugins: [react()],
  build: {
    outDir: "../../dist/console",
    emptyOutDir: true,
    target: "es2023",
    // The content policy takes scripts and fonts from files only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_500,
    rolldownOptions: {
      output: {
        // What others wrote changes seldom: a browser keeps it over an upgrade of ours.
        codeSplitting: {
          groups: [
            { name: "react", test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/ },
            { name: "antd", test: /node_modules[\\/](antd|@ant-design|@rc-component)[\\/]/ },
          ],
        },
      },
    },
  },
  server: {
    host: "127.0.0.1",
    port: 5173,
    proxy: { "/api": "http://127.0.0.1:8080" },
  },
});
