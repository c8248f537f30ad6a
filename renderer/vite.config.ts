import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/**
 * Builds the renderer into dist/renderer for both hosts. Asset paths are relative, so that the same files work under
 * http://127.0.0.1:PORT/ and app://studio/. Nothing is inlined: the content security policy allows neither inline
 * scripts and styles nor data: images.
 */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react()],
  build: {
    outDir: '../dist/renderer',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
    // The first that know light-dark(), which every colour is written in.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
  },
})
