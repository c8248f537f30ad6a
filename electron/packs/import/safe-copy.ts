/**
 * Takes files out of a folder that nobody vouches for. The folder is never used in place: it is walked without
 * following anything, what may be in it is a list, and what is needed is copied into a folder of its own (staging.ts). The
 * copy also breaks hard links, and the race between looking and using.
 */

import { createHash } from 'node:crypto'
import { access, constants, lstat, mkdir, open, readdir, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { StudioError } from '../../../shared/errors.ts'
import { modelFolderLimits } from '../../../shared/model-import.ts'
import { openFlags } from './protobuf.ts'

/** A file as it was when the folder was walked; a file that changed since is not copied. */
export type ModelFile = {
  /** Relative, with `/`. */
  readonly path: string
  readonly bytes: number
  readonly inode: bigint
  readonly changed: bigint
}

export type ModelFolder = {
  /** Absolute; links on the way to it are the person's own and resolved. */
  readonly folder: string
  /** By path, in alphabetical order. Hidden files and folders are left out. */
  readonly files: ReadonlyMap<string, ModelFile>
}

const { files: maxFiles, depth: maxDepth } = modelFolderLimits
const pieceBytes = 1 << 20

/** Letters, digits and what people write in names; nothing that a shell, a log or Windows reads otherwise. */
export function isPlainName(name: string): boolean {
  return /^[\p{L}\p{N}_][\p{L}\p{N}_ .,()+@=-]{0,199}$/u.test(name) && !/[ .]$/.test(name)
}

/** Endings of files that are refused, and what they are. `unlessData`: a graph may name such a file as its weights. */
const refusedKinds: readonly {
  readonly endings: readonly string[]
  readonly what: string
  readonly unlessData?: true
}[] = [
  {
    endings: ['pkl', 'pickle', 'pt', 'pth', 'ckpt', 'joblib', 'npz', 'npy', 'h5', 'keras', 'msgpack'],
    what: 'a checkpoint that can run a program when it is opened (pickle and its like)',
  },
  {
    endings: ['bin'],
    what: 'a checkpoint that can run a program when it is opened (pickle and its like)',
    unlessData: true,
  },
  {
    endings: ['safetensors', 'gguf', 'tflite', 'mlmodel', 'ot'],
    what: 'a checkpoint in another format, which Goldpan does not read',
    unlessData: true,
  },
  { endings: ['so', 'dll', 'dylib', 'node', 'exe', 'jar', 'wasm'], what: 'a program or a library of one' },
  {
    endings: ['py', 'pyc', 'ipynb', 'sh', 'bat', 'cmd', 'ps1', 'js', 'mjs', 'cjs', 'ts', 'rb', 'pl', 'vbs'],
    what: 'a script',
  },
  { endings: ['engine', 'plan', 'trt', 'dlc', 'blob'], what: 'a model compiled for one driver' },
  { endings: ['zip', 'tar', 'gz', 'xz', 'bz2', '7z', 'rar', 'tgz'], what: 'an archive' },
]

/** Endings of what a model folder may hold beside graphs and their data. */
const allowedKinds = new Set(
  ['json', 'txt', 'model', 'md', 'yaml', 'yml', 'png', 'jpg', 'jpeg', 'webp', 'gif'].concat(['onnx']),
)
const allowedNames = /^(licen[cs]e|notice|copying|readme|authors|citation)([-_.].*)?$/i

/**
 * Lists what is in a folder.
 *
 * @throws StudioError `bad_input` when there is no such folder, `pack_invalid` when it holds what no model folder should
 */
export async function walkModelFolder(path: string): Promise<ModelFolder> {
  const folder = await realpath(path).catch((error: unknown) => {
    throw new StudioError('bad_input', `Expected the folder of a model, found nothing at ${path}.`, {
      detail: String(error),
    })
  })
  if (!(await lstat(folder)).isDirectory()) {
    const message = `Expected the folder of a model, found the file ${path}. Choose the folder that it lies in.`
    throw new StudioError('bad_input', message)
  }
  const files = new Map<string, ModelFile>()
  await walk(folder, '', 1, files)
  if (files.size === 0) throw refused(path, 'files of a model', 'an empty folder')
  return { folder, files }
}

async function walk(
  folder: string,
  inside: string,
  depth: number,
  files: Map<string, ModelFile>,
): Promise<void> {
  if (depth > maxDepth) throw refused(inside, `at most ${maxDepth} folders in each other`, 'more')
  for (const name of (await readdir(join(folder, inside))).sort()) {
    // .git, .cache, .gitattributes and .DS_Store come with downloads, others with Windows' own windows; nothing of them
    // is read or copied.
    if (name.startsWith('.') || /^(desktop\.ini|thumbs\.db)$/i.test(name)) continue
    const path = inside === '' ? name : `${inside}/${name}`
    if (!isPlainName(name)) {
      throw refused(
        JSON.stringify(path),
        'names of letters, digits and plain signs',
        'another name',
        'Rename it',
      )
    }
    const stat = await lstat(join(folder, path), { bigint: true })
    if (stat.isSymbolicLink()) {
      const todo =
        "Replace it by what it leads to; a folder of Hugging Face's cache is downloaded as plain files with: hf download NAME --local-dir FOLDER"
      throw refused(path, 'plain files and folders', 'a symbolic link', todo)
    }
    if (stat.isDirectory()) {
      await walk(folder, path, depth + 1, files)
      continue
    }
    if (!stat.isFile()) throw refused(path, 'plain files and folders', specialFile(stat), 'Remove it')
    if (stat.nlink > 1n) {
      const todo = 'Copy the file, so that it is one of its own'
      throw refused(path, 'a file of its own', `a hard link: ${stat.nlink} names for one file`, todo)
    }
    await access(join(folder, path), constants.R_OK).catch((error: unknown) => {
      const todo = 'Give yourself the permission to read it'
      throw Object.assign(refused(path, 'a file that can be read', 'one that cannot', todo), { cause: error })
    })
    if (files.size >= maxFiles) {
      throw refused(path, `at most ${maxFiles} files`, 'more', 'Choose the folder of one model')
    }
    files.set(path, { path, bytes: Number(stat.size), inode: stat.ino, changed: stat.mtimeNs })
  }
}

/**
 * Holds every file against the list of what a model folder may hold.
 *
 * @param data paths that a graph of the folder names as its weights
 * @throws StudioError `pack_invalid` for the first that may not be there
 */
export function checkKinds({ files }: ModelFolder, data: ReadonlySet<string>): void {
  for (const path of files.keys()) {
    const name = path.slice(path.lastIndexOf('/') + 1)
    // libfoo.so.1 is a library too.
    const endings = name.toLowerCase().split('.').slice(1)
    const last = endings.at(-1) ?? ''
    const isData = data.has(path)
    const kind = refusedKinds.find(
      (one) => one.endings.includes(last) || (one.endings.includes('so') && /\.so(\.\d+)+$/i.test(name)),
    )
    if (kind !== undefined && !(isData && kind.unlessData === true)) {
      const todo = 'Remove it, or copy the ONNX files and their configuration into a folder of their own'
      throw refused(path, 'ONNX files and what belongs to them', kind.what, todo)
    }
    if (isData || allowedKinds.has(last) || allowedNames.test(name)) continue
    const todo = 'Remove it if the model does not need it'
    throw refused(
      path,
      'ONNX files, the data files that they name, tokenizers, configuration, licence and readme',
      'a file that is none of these',
      todo,
    )
  }
}

/**
 * Text of a small file.
 *
 * @throws StudioError `pack_invalid` when it is larger than `maxBytes` or no longer what the walk found
 */
export async function readSmallFile(
  { folder }: ModelFolder,
  file: ModelFile,
  maxBytes: number,
): Promise<Uint8Array> {
  if (file.bytes > maxBytes) {
    throw refused(file.path, `at most ${maxBytes} bytes`, `${file.bytes}`, 'Replace it by the original file')
  }
  const bytes = new Uint8Array(file.bytes)
  let read = 0
  await readPieces(folder, file, (piece) => {
    bytes.set(piece, read)
    read += piece.length
    return Promise.resolve()
  })
  return bytes
}

/** What a copied file turned out to be. */
export type CopiedFile = { readonly bytes: number; readonly sha256: string }

/** Copies a file to a path that does not exist yet, hashing what passes, and has it on the disk before it returns. */
export async function copyHashing(
  { folder }: ModelFolder,
  file: ModelFile,
  target: string,
  onBytes: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<CopiedFile> {
  await mkdir(dirname(target), { recursive: true })
  const hash = createHash('sha256')
  const out = await open(target, 'wx')
  try {
    await readPieces(folder, file, async (piece) => {
      requireNotAborted(signal)
      hash.update(piece)
      let written = 0
      while (written < piece.length) written += (await out.write(piece, written)).bytesWritten
      onBytes(piece.length)
    })
    await out.sync()
  } finally {
    await out.close()
  }
  return { bytes: file.bytes, sha256: hash.digest('hex') }
}

/** Writes a new file of ours, with its hash. */
export async function writeHashing(target: string, content: string): Promise<CopiedFile> {
  await mkdir(dirname(target), { recursive: true })
  const bytes = Buffer.from(content, 'utf8')
  const out = await open(target, 'wx')
  try {
    await out.writeFile(bytes)
    await out.sync()
  } finally {
    await out.close()
  }
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** The bytes of a file in pieces, if it still is the file that was walked and as long as then. */
async function readPieces(
  folder: string,
  file: ModelFile,
  take: (piece: Uint8Array) => Promise<void>,
): Promise<void> {
  const changed = (): StudioError =>
    refused(file.path, 'the file that was looked at', 'another one in its place', 'Import the folder again')
  const input = await open(join(folder, file.path), openFlags).catch((error: unknown) => {
    throw Object.assign(changed(), { cause: error })
  })
  try {
    const stat = await input.stat({ bigint: true })
    const same = stat.isFile() && stat.nlink === 1n && stat.ino === file.inode
    if (!same || stat.mtimeNs !== file.changed || stat.size !== BigInt(file.bytes)) throw changed()
    const buffer = new Uint8Array(Math.min(pieceBytes, Math.max(1, file.bytes)))
    let position = 0
    while (position < file.bytes) {
      const { bytesRead } = await input.read(
        buffer,
        0,
        Math.min(buffer.length, file.bytes - position),
        position,
      )
      if (bytesRead === 0) throw changed()
      await take(buffer.subarray(0, bytesRead))
      position += bytesRead
    }
  } finally {
    await input.close()
  }
}

/** @throws StudioError `cancelled` */
export function requireNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw importCancelled()
}

/** What a cancelled import ends with. */
export function importCancelled(): StudioError {
  return new StudioError('cancelled', 'The import was cancelled. Nothing of it is kept.')
}

function specialFile(stat: {
  isFIFO(): boolean
  isSocket(): boolean
  isBlockDevice(): boolean
  isCharacterDevice(): boolean
}): string {
  if (stat.isFIFO()) return 'a FIFO, which would never end'
  if (stat.isSocket()) return 'a socket'
  return stat.isBlockDevice() || stat.isCharacterDevice() ? 'a device' : 'something else'
}

function refused(path: string, expected: string, found: string, todo = 'Choose another folder'): StudioError {
  return new StudioError('pack_invalid', `${path}: expected ${expected}, found ${found}. ${todo}.`)
}
