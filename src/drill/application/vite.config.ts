import { defineConfig } from "vite"
import { TanStackRouterVite } from "@tanstack/router-plugin/vite"

export default defineConfig({
  base: "/",
  build: {
    outDir: "dist",
  },
  plugins: [TanStackRouterVite()],
})
