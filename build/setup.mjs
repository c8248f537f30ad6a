/**
 * The one entry behind `npm start`, `npm test`, `npm run bench` and `npm run evidence`, straight after a clone.
 *
 * Runs on any Node from 20 with nothing installed: installs the dependencies when they are missing or out of date,
 * builds what is stale, then runs the real thing under the pinned Node (better-sqlite3 13 crashes on Node 20). Every
 * step says in one line on stderr what it does; stdout belongs to the command.
 */

import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const modules = join(root, 'node_modules')
const pinnedNode = join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
const electronFolder = join(modules, 'electron')

/** How long a download of Electron's runtime may take before the browser host opens instead. */
const electronWaitMs = 120_000

/** A window that ends this soon with an error never opened: a missing system library, a display that is not there. */
const failsAtOnceMs = 4_000

/** What is built from what. The folders' contents decide whether a target is stale. */
const targets = {
  renderer: {
    from: ['renderer', 'shared'],
    config: 'renderer/vite.config.ts',
    makes: 'dist/renderer/index.html',
  },
  desktop: {
    from: ['electron', 'shared'],
    config: 'electron/hosts/desktop/vite.config.ts',
    makes: 'dist/desktop/main.js',
  },
}

function say(line) {
  process.stderr.write(`goldpan: ${line}\n`)
}

function fail(line) {
  say(line)
  process.exit(1)
}

/** Runs a step whose output matters only when it fails. */
function step(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26, ...options })
  return {
    ok: result.status === 0,
    output: `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ?? ''}`,
  }
}

function ensureInstalled() {
  const stamp = join(modules, '.goldpan-installed')
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(`${process.platform} ${process.arch}`)
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && existsSync(pinnedNode)) return
  say('installing packages (npm ci; about 20 s, once)')
  // npm names itself in npm_execpath; a bare `npm` is a shell script on Windows, which spawn does not find.
  const npm = process.env.npm_execpath
  const [command, args] = npm
    ? [process.execPath, [npm]]
    : [process.platform === 'win32' ? 'npm.cmd' : 'npm', []]
  const result = step(command, [...args, 'ci', '--no-audit', '--no-fund'], {
    // onnxruntime-node would else download its CUDA files, which closed networks refuse and a CPU does not need.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
    shell: npm === undefined && process.platform === 'win32',
  })
  if (!result.ok) {
    fail(`npm ci failed; check the network or the registry and run this again.\n${result.output}`)
  }
  if (!existsSync(pinnedNode)) {
    fail(
      `expected the pinned Node at ${pinnedNode} after npm ci, found nothing; remove node_modules and run this again`,
    )
  }
  writeFileSync(stamp, wanted)
}

/** SHA-256 over names and contents of all files below these folders. */
function fingerprint(folders) {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')))
  for (const folder of folders) {
    const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    for (const file of files.sort())
      hash.update(file.slice(root.length).split(sep).join('/')).update(readFileSync(file))
  }
  return hash.digest('hex')
}

function ensureBuilt(name) {
  const { from, config, makes } = targets[name]
  const stamp = join(root, 'dist', `${name}.built`)
  const wanted = fingerprint(from)
  const isThere = existsSync(stamp) && existsSync(join(root, makes))
  if (isThere && readFileSync(stamp, 'utf8') === wanted) return
  say(`building the ${name}`)
  rmSync(stamp, { force: true })
  const vite = join(modules, 'vite', 'bin', 'vite.js')
  const result = step(pinnedNode, [vite, 'build', '--config', config, '--logLevel', 'warn'])
  if (!result.ok) fail(`the ${name} does not build:\n${result.output}`)
  mkdirSync(join(root, 'dist'), { recursive: true })
  writeFileSync(stamp, wanted)
}

/** The path of Electron's binary, downloaded within a bounded wait when it is not there; null where it cannot be had. */
function electronBinary() {
  const pathFile = join(electronFolder, 'path.txt')
  const binary = () => existsSync(pathFile) && join(electronFolder, 'dist', readFileSync(pathFile, 'utf8'))
  if (binary() && existsSync(binary())) return binary()
  say("fetching Electron's runtime (once; at most two minutes)")
  step(pinnedNode, [join(electronFolder, 'install.js')], { timeout: electronWaitMs })
  return binary() && existsSync(binary()) ? binary() : null
}

function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)
}

/**
 * Runs to the end in this process's place: same terminal, same signals, same exit code.
 *
 * @param instead called when the program fails before it can have shown anything
 */
function become(command, args, instead) {
  const startedAt = Date.now()
  const child = spawn(command, args, { stdio: 'inherit', env: process.env })
  // Ctrl-C reaches the child by itself; this process only has to outlive it.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('error', (error) => fail(`could not start ${command}: ${error.message}`))
  child.on('exit', (code, signal) => {
    if (instead !== undefined && code !== 0 && Date.now() - startedAt < failsAtOnceMs) return instead()
    process.exit(code ?? (signal === 'SIGINT' ? 130 : 1))
  })
}

const cli = join(root, 'electron', 'hosts', 'cli', 'main.ts')

function start(args) {
  const [first] = args
  if (first !== undefined && first !== 'serve' && !first.startsWith('--'))
    return become(pinnedNode, [cli, ...args])
  if (first === '--help') return become(pinnedNode, [cli, '--help'])
  ensureBuilt('renderer')
  if (first === 'serve') return become(pinnedNode, [cli, ...args])
  const forHost = args.filter((arg) => arg !== '--browser')
  if (!args.includes('--browser')) {
    const electron = hasDisplay() ? electronBinary() : null
    if (electron !== null) {
      ensureBuilt('desktop')
      return become(electron, [root, ...forHost], () => {
        say('the desktop window could not open here; the studio opens in your browser')
        become(pinnedNode, [cli, 'serve', ...forHost])
      })
    }
    say(
      hasDisplay()
        ? "Electron's runtime cannot be had here; the studio opens in your browser"
        : 'there is no display here; the studio opens for a browser',
    )
  }
  return become(pinnedNode, [cli, 'serve', ...forHost])
}

const [nodeMajor] = process.versions.node.split('.').map(Number)
if (nodeMajor < 20) fail(`expected Node 20 or newer, found ${process.versions.node}; install a newer Node`)

const [task, ...args] = process.argv.slice(2)
ensureInstalled()
if (task === 'start') start(args)
else if (task === 'test') {
  ensureBuilt('renderer')
  become(pinnedNode, [join(root, 'build', 'test.ts'), ...args])
} else if (task === 'bench') become(pinnedNode, [join(root, 'build', 'bench', 'main.ts'), ...args])
else if (task === 'evidence') become(pinnedNode, [join(root, 'build', 'evidence', 'main.ts'), ...args])
else fail(`expected start, test, bench or evidence, found ${task}`)
