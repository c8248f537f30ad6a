/** What Goldpan is built with and ships: its parts by other people, and under which licence. Checked against their packages. */
export const licences: readonly { readonly name: string; readonly licence: string; readonly what: string }[] =
  [
    { name: 'onnxruntime-node', licence: 'MIT', what: 'runs the models' },
    { name: 'better-sqlite3', licence: 'MIT', what: 'keeps the library, with SQLite (public domain)' },
    { name: '@huggingface/tokenizers', licence: 'Apache-2.0', what: 'reads prompts' },
    { name: 'fast-png', licence: 'MIT', what: 'reads and writes pictures' },
    { name: 'zod', licence: 'MIT', what: 'checks what comes from outside' },
    { name: 'open', licence: 'MIT', what: 'opens the browser' },
    { name: 'react', licence: 'MIT', what: 'draws the window' },
    { name: '@tanstack/react-virtual', licence: 'MIT', what: 'draws the visible part of the wall' },
    { name: 'csv-parse', licence: 'MIT', what: 'reads prompt tables' },
    { name: 'electron', licence: 'MIT', what: 'the desktop window' },
  ]
