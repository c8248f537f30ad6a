/**
 * The layer table: which folder may import which. Data first; the lint rule below only reads it.
 *
 * A file belongs to the first folder of the table that holds it. Tests may import anything.
 */

/** Of the renderer. */
const features = [
  'compose',
  'monitor',
  'gallery',
  'tree',
  'history',
  'wall',
  'compare',
  'duel',
  'court',
  'export',
  'models',
  'settings',
]

export const layers = [
  { folder: 'shared', may: [], packages: ['zod', 'csv-parse'] },
  { folder: 'electron/packs', may: ['shared'] },
  { folder: 'electron/core/diffusion', may: ['shared'], packages: [] },
  { folder: 'electron/core/search', may: ['shared', 'electron/core/diffusion'], packages: [] },
  { folder: 'electron/core/verifiers', may: ['shared'], packages: [] },
  { folder: 'electron/core/judge', may: ['shared'], packages: [] },
  {
    folder: 'electron/core/runs',
    may: [
      'shared',
      'electron/packs',
      'electron/core/diffusion',
      'electron/core/search',
      'electron/core/verifiers',
      'electron/core/judge',
    ],
    packages: [],
  },
  { folder: 'electron/engine', may: ['shared', 'electron/packs', 'electron/core/runs'] },
  { folder: 'electron/grader', may: ['shared', 'electron/core/runs', 'electron/core/verifiers'] },
  { folder: 'electron/library', may: ['shared', 'electron/core/runs'] },
  {
    folder: 'electron/core/court',
    may: ['shared', 'electron/packs', 'electron/core/runs', 'electron/core/verifiers'],
    packages: [],
  },
  {
    folder: 'electron/core',
    may: [
      'shared',
      'electron/packs',
      'electron/core/diffusion',
      'electron/core/runs',
      'electron/core/court',
      'electron/engine',
      'electron/grader',
      'electron/library',
    ],
  },
  { folder: 'electron/hosts/desktop/preload.ts', may: ['shared'], packages: ['electron'] },
  {
    folder: 'electron/hosts',
    may: [
      'shared',
      'electron/packs',
      'electron/core',
      'electron/core/runs',
      'electron/core/search',
      'electron/engine',
      'electron/grader',
      'electron/library',
    ],
  },
  // Features meet through api and components, never each other.
  ...features.map((feature) => ({
    folder: `renderer/features/${feature}`,
    may: ['shared', 'renderer/api', 'renderer/logic', 'renderer/components', 'renderer/styles'],
  })),
  { folder: 'renderer/api', may: ['shared'] },
  // What a run means on the screen, as plain functions.
  { folder: 'renderer/logic', may: ['shared'], packages: [] },
  { folder: 'renderer/components', may: ['shared', 'renderer/styles'] },
  {
    folder: 'renderer',
    may: [
      'shared',
      'renderer/api',
      'renderer/logic',
      'renderer/components',
      'renderer/styles',
      ...features.map((feature) => `renderer/features/${feature}`),
    ],
  },
]

/** Packages with one importer each. */
export const soleImporters = {
  'onnxruntime-node': 'electron/engine',
  'better-sqlite3': 'electron/library',
  electron: 'electron/hosts/desktop',
}

const inside = (file, folder) => file === folder || file.startsWith(`${folder}/`)
const layerOf = (file) => layers.find(({ folder }) => inside(file, folder))

/** Says why `file` may not import `target` (a path from the root, or a package's name); null when it may. */
export function layerFault(file, target, isPackage) {
  const layer = layerOf(file)
  if (layer === undefined) return null
  if (isPackage) {
    const sole = soleImporters[target]
    if (sole !== undefined && !inside(file, sole)) return `Only ${sole} may import ${target}.`
    if (layer.packages !== undefined && !layer.packages.includes(target)) {
      return `${layer.folder} may import ${layer.packages.join(', ') || 'no package'}, not ${target}.`
    }
    return null
  }
  const targetLayer = layerOf(target)
  if (targetLayer === undefined || targetLayer === layer || layer.may.includes(targetLayer.folder))
    return null
  return `${layer.folder} may import ${layer.may.join(', ') || 'nothing of ours'}; not ${targetLayer.folder}.`
}
