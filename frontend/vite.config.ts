import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

/** The page inside SockJS's iframe transports loads the client from our own host. */
const sockjsClient = {
  name: 'sockjs-client',
  generateBundle(this: { emitFile: (file: object) => void }) {
    const path = createRequire(import.meta.url).resolve('sockjs-client/dist/sockjs.min.js')
    this.emitFile({ type: 'asset', fileName: 'sockjs.min.js', source: readFileSync(path) })
  },
}

const server = 'http://127.0.0.1:8000'

export default defineConfig({
  // Django serves the built files below its static URL, and index.html at `/`.
  base: '/static/portal/',
  plugins: [vue(), sockjsClient],
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
