/** The client library alone: `dist-lib/bellwire.js`, an ES module that needs nothing else. */

import { gzipSync } from 'node:zlib'

import { defineConfig, type Plugin } from 'vite'

/** What it may weigh, compressed (issue 7): a page that only wants to be told must not pay more. */
const LIMIT_BYTES = 12 * 1024

const weighed: Plugin = {
  name: 'weighed',
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type !== 'chunk') continue
      const bytes = gzipSync(file.code, { level: 9 }).length
      if (bytes > LIMIT_BYTES)
        this.error(`${file.fileName} has ${bytes} bytes gzip, and may have ${LIMIT_BYTES}`)
      console.log(`${file.fileName}: ${bytes} bytes gzip of ${LIMIT_BYTES}`)
    }
  },
}

const described: Plugin = {
  name: 'described',
  generateBundle() {
    const about = {
      name: 'bellwire',
      version: '0.1.0',
      type: 'module',
      sideEffects: false,
      exports: { '.': { types: './types/index.d.ts', import: './bellwire.js' } },
    }
    const source = `${JSON.stringify(about, null, 2)}\n`
    this.emitFile({ type: 'asset', fileName: 'package.json', source })
  },
}

export default defineConfig({
  publicDir: false,
  logLevel: 'warn',
  plugins: [weighed, described],
  build: {
    outDir: 'dist-lib',
    target: 'es2022',
    // Vite leaves the whitespace of an ES library in.
    rolldownOptions: {
      output: { minify: { compress: true, mangle: true, codegen: { removeWhitespace: true } } },
    },
    lib: { entry: 'src/realtime/index.ts', formats: ['es'], fileName: () => 'bellwire.js' },
  },
})
