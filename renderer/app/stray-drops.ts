/** A file that is dropped beside its target would be opened in place of the studio: the window takes it and does nothing. */

for (const kind of ['dragover', 'drop'] as const) {
  window.addEventListener(kind, (event) => {
    if (event.defaultPrevented || event.dataTransfer?.types.includes('Files') !== true) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'none'
  })
}
