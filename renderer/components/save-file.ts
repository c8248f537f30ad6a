/** Hands a file to the person: the browser's download, the desktop's save. */
export function saveFile(name: string, contents: Blob): void {
  const url = URL.createObjectURL(contents)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // Not at once: the download begins after this.
  window.setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

/** The bytes behind base64. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}
