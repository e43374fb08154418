import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

const server = 'http://127.0.0.1:8000'

export default defineConfig({
  // Django serves the built files below its static URL, and index.html at `/`.
  base: '/static/portal/',
  plugins: [vue()],
  resolve: { alias: { '@': new URL('./src', import.meta.url).pathname } },
  build: {
    outDir: 'dist',
    target: 'es2022',
    // A `data:` URL would need its own permission in the Content-Security-Policy.
    assetsInlineLimit: 0,
  },
  server: {
    // The Host header stays the page's own, so that the server sees a same-origin cookie.
    proxy: Object.fromEntries(
      ['/api', '/notification', '/ws', '/sse', '/long-polling'].map((path) => [
        path,
        { target: server, ws: true },
      ]),
    ),
  },
  test: { include: ['tests/**/*.test.ts'], environment: 'node' },
})
