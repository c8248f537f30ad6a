import { dirname, relative, resolve, sep } from 'node:path'

import js from '@eslint/js'
import { createNodeResolver, importX } from 'eslint-plugin-import-x'
import reactHooks from 'eslint-plugin-react-hooks'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

import { layerFault } from './build/layers.js'

const root = import.meta.dirname

/** Holds every import against the layer table (build/layers.js). */
const layersRule = {
  create(context) {
    const file = relative(root, context.filename).split(sep).join('/')
    if (/\.test\.tsx?$/.test(file) || file.includes('/testing/') || file.endsWith('vite.config.ts')) return {}
    const check = (node) => {
      const name = node.source?.value
      if (typeof name !== 'string' || name.startsWith('node:') || name.includes('virtual:')) return
      const isPackage = !name.startsWith('.')
      const target = isPackage
        ? name
            .split('/')
            .slice(0, name.startsWith('@') ? 2 : 1)
            .join('/')
        : relative(root, resolve(dirname(context.filename), name))
            .split(sep)
            .join('/')
      const fault = layerFault(file, target, isPackage)
      if (fault !== null) context.report({ node, message: fault })
    }
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    }
  },
}

export default defineConfig(
  globalIgnores(['dist', 'node_modules', 'models', 'test-results', 'playwright-report']),
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: root } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-definitions': 'off',
      // `return fail(...)` on one line is how a route ends early.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      // Methods here belong to plain objects and do not use `this`; classes are few and are not taken apart.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true, allowRethrowing: true }],
    },
  },
  {
    files: ['**/*.test.ts'],
    // node:test's describe and it return promises that the runner awaits.
    rules: { '@typescript-eslint/no-floating-promises': 'off' },
  },
  {
    files: ['renderer/**/*.ts', 'renderer/**/*.tsx'],
    extends: [reactHooks.configs.flat.recommended],
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: { globals: { process: 'readonly', URL: 'readonly', console: 'readonly' } },
  },
  {
    plugins: { 'import-x': importX, goldpan: { rules: { layers: layersRule } } },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.tsx', '.js', '.mjs'] })],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts', '.tsx'] },
    },
    rules: {
      'goldpan/layers': 'error',
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
    },
  },
  {
    files: ['eslint.config.js', '**/*.config.ts'],
    rules: { 'import-x/no-default-export': 'off' },
  },
)
