import { builtinModules } from 'node:module'
import { join } from 'node:path'

import { defineConfig } from 'vite'

const root = join(import.meta.dirname, '..', '..', '..')
const outDir = join(root, 'dist', 'desktop')

/** What a sandboxed preload may require, and what only Node and Electron can load. */
const provided = ['electron', 'onnxruntime-node', 'better-sqlite3', ...builtinModules, /^node:/]

/**
 * Bundles the desktop host into dist/desktop: main.js, engine-process.js and thumbnail-thread.js as modules, and
 * preload.cjs as one file, because a sandboxed preload cannot load a second one.
 */
export default defineConfig({
  root,
  publicDir: false,
  builder: {
    async buildApp(builder) {
      for (const name of ['main', 'preload']) {
        const environment = builder.environments[name]
        if (environment !== undefined) await builder.build(environment)
      }
    },
  },
  environments: {
    main: {
      consumer: 'server',
      resolve: {
        builtins: provided,
        external: ['electron', 'onnxruntime-node', 'better-sqlite3'],
        noExternal: true,
      },
      build: {
        outDir,
        emptyOutDir: true,
        target: 'node24',
        minify: false,
        rolldownOptions: {
          input: {
            main: join(import.meta.dirname, 'main.ts'),
            'engine-process': join(root, 'electron', 'engine', 'engine-process.ts'),
            'thumbnail-thread': join(root, 'electron', 'library', 'thumbnail-thread.ts'),
          },
          external: provided,
          output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name].js' },
        },
      },
    },
    preload: {
      consumer: 'server',
      resolve: { builtins: provided, external: ['electron'], noExternal: true },
      build: {
        outDir,
        emptyOutDir: false,
        target: 'chrome140',
        minify: false,
        rolldownOptions: {
          input: { preload: join(import.meta.dirname, 'preload.ts') },
          external: provided,
          output: { format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false },
        },
      },
    },
  },
})
