import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'

import vue from '@vitejs/plugin-vue'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

/** The page inside SockJS's iframe transports loads the client from our own host. */
const sockjsClient = {
  name: 'sockjs-client',
  generateBundle(this: { emitFile: (file: object) => void }) {
    const path = createRequire(import.meta.url).resolve('sockjs-client/dist/sockjs.min.js')
    this.emitFile({ type: 'asset', fileName: 'sockjs.min.js', source: readFileSync(path) })
  },
}

/** What a page loads before it shows anything, compressed (issue 7). The rest comes when needed. */
const INITIAL_LIMIT_BYTES = 120 * 1024

/** Fails the build where the scripts that the page begins with weigh more. */
const weighed: Plugin = {
  name: 'weighed',
  apply: 'build',
  writeBundle(_options, bundle) {
    const initial = new Set<string>()
    const add = (name: string): void => {
      const file = bundle[name]
      if (file?.type !== 'chunk' || initial.has(name)) return
      initial.add(name)
      file.imports.forEach(add)
    }
    for (const file of Object.values(bundle))
      if (file.type === 'chunk' && file.isEntry) add(file.fileName)
    let bytes = 0
    for (const name of initial) {
      const file = bundle[name]
      if (file?.type === 'chunk') bytes += gzipSync(file.code, { level: 9 }).length
    }
    console.log(`initial JavaScript: ${bytes} bytes gzip of ${INITIAL_LIMIT_BYTES}`)
    if (bytes > INITIAL_LIMIT_BYTES)
      this.error(`the page begins with ${bytes} bytes gzip, and may with ${INITIAL_LIMIT_BYTES}`)
  },
}

/** `make dev` (tools/dev.py) says where its server is. */
const server = process.env.BELLWIRE_SERVER ?? 'http://127.0.0.1:8000'

const OTHER_PATHS = ['/admin', '/static', '/messages', '/healthz', '/readyz', '/metrics']

/** Vite serves the page at the root, as Django does with the built one; the rest is Django's. */
const development: Plugin = {
  name: 'development',
  apply: 'serve',
  config: () => ({
    base: '/',
    server: {
      proxy: Object.fromEntries(OTHER_PATHS.map((path) => [path, server])),
    },
  }),
  transformIndexHtml: (html) => html.replace('<html ', '<html data-development '),
}

export default defineConfig({
  // Django serves the built files below its static URL, and index.html at `/`.
  base: '/static/portal/',
  plugins: [vue(), sockjsClient, weighed, development],
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
      ['/api', '/notification', '/ws', '/sse', '/long-polling', '/service-worker.js'].map(
        (path) => [path, { target: server, ws: true }],
      ),
    ),
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'units',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/components/**'],
          environment: 'node',
        },
      },
      {
        extends: true,
        test: {
          name: 'components',
          include: ['tests/components/**/*.test.ts'],
          environment: './tests/clientEnvironment.ts',
        },
      },
    ],
  },
})
