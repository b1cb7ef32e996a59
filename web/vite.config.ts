// The web client is built into the Python package, which serves it as static files.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@yingda/desk": "/packages/desk/src/index.ts" } },
  build: { outDir: "../src/yingda/server/static", emptyOutDir: true, target: "chrome109" },
  server: { proxy: { "/api": { target: "http://127.0.0.1:8080", ws: true } } },
});
