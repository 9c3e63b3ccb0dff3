import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

// A development server hands the API to a running Crema: CREMA=http://127.0.0.1:4566 npm run dev
const crema = process.env.CREMA ?? "http://127.0.0.1:4566";

// The global styles bring a font as a data: URL, larger than all other styles and against the content security policy.
// Without it the next font of the list is taken.
const withoutFonts: Plugin = {
  name: "without-fonts",
  enforce: "pre",
  transform: (code, id) => (/global-styles\/index\.css/.test(id) ? code.replace(/@font-face\s*\{[^}]*\}/g, "") : undefined),
};

export default defineConfig({
  base: "/",
  plugins: [withoutFonts],
  esbuild: { jsx: "automatic", legalComments: "none" },
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // the content security policy allows no data: URLs
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
    rollupOptions: {
      onwarn: (warning, warn) => {
        if (warning.code !== "MODULE_LEVEL_DIRECTIVE") warn(warning); // "use client", which is for other frameworks
      },
      output: {
        experimentalMinChunkSize: 40000, // a request each costs more than what it spares
        manualChunks: (id) => (/node_modules\/(react|react-dom|scheduler)\//.test(id) ? "react" : undefined),
      },
    },
  },
  server: {
    fs: { allow: [".."] }, // the coffee shop is among the examples
    proxy: {
      "/": {
        target: crema,
        changeOrigin: true,
        headers: { origin: crema },
        bypass: (request) => (request.method === "POST" ? undefined : request.url),
      },
    },
  },
  test: { environment: "jsdom", setupFiles: ["src/test_setup.ts"], include: ["src/**/*.test.{ts,tsx}"] },
});
