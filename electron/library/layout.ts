/**
 * The anatomy of a library folder, in one place: every other file asks here where something lies.
 */

import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import type { ThumbnailSide } from '../../shared/thumbnails.ts'

export type LibraryLayout = {
  /** Absolute path of the library itself. */
  readonly folder: string
  /** Says "a catalogue existed here": its presence without a catalogue is an alarm, not a first start. */
  readonly marker: string
  readonly catalogue: string
  /** Pictures, at `<images>/<first two hex digits>/<sha256>.png`. */
  readonly images: string
  /** Half-written pictures. Whatever lies here after a crash was never acknowledged. */
  readonly imagesTmp: string
  /** Files that lay under a picture's name but were not that picture. Kept, never read. */
  readonly imagesDamaged: string
  /** Smaller copies of pictures, at `<thumbnails>/<first two hex digits>/<sha256>-<side>.png`. Can be deleted. */
  readonly thumbnails: string
  readonly backups: string
  /** Empty file that carries the operating system's lock while a process has the library open. */
  readonly lock: string
  /** Who holds the lock, for the text that refuses a second process. Never consulted to decide. */
  readonly holder: string
}

/** Where everything of the library at `folder` lies. Relative folders are taken from the working directory. */
export function layoutOf(folder: string): LibraryLayout {
  const root = path.resolve(folder)
  const images = path.join(root, 'images')
  return {
    folder: root,
    marker: path.join(root, 'goldpan.library'),
    catalogue: path.join(root, 'catalogue.db'),
    images,
    imagesTmp: path.join(images, '.tmp'),
    imagesDamaged: path.join(images, '.damaged'),
    thumbnails: path.join(root, 'thumbnails'),
    backups: path.join(root, 'backups'),
    lock: path.join(root, 'library.lock'),
    holder: path.join(root, 'library.lock.json'),
  }
}

const sha256Pattern = /^[0-9a-f]{64}$/

/** Whether a text is the lower-case hex form of a SHA-256: nothing else may become part of a path. */
export function isSha256(text: string): boolean {
  return sha256Pattern.test(text)
}

/** Absolute path of the picture with this hash, whether it exists or not. `imageSha256` must be one: see isSha256. */
export function imagePath(layout: LibraryLayout, imageSha256: string): string {
  return path.join(layout.images, imageSha256.slice(0, 2), `${imageSha256}.png`)
}

/** Absolute path of a picture's thumbnail, whether it exists or not. `imageSha256` must be one: see isSha256. */
export function thumbnailPath(layout: LibraryLayout, imageSha256: string, side: ThumbnailSide): string {
  return path.join(layout.thumbnails, imageSha256.slice(0, 2), `${imageSha256}-${side}.png`)
}

/** Says that a catalogue exists here from now on. Written only once it does, so that the marker never lies. */
export function writeMarker(layout: LibraryLayout): void {
  if (existsSync(layout.marker)) return
  writeFileSync(
    layout.marker,
    'This folder is a Goldpan library. Move, copy or back it up as a whole, while Goldpan is closed.\n',
  )
}
