"""The data set: scenes rendered once, in chunks that training reads as memory maps.

    python data.py --scenes 131072

Chunk k holds CHUNK scenes made from seed `SEED + k`, so any chunk can be made again alone, in any order:

    images-KKK.npy    uint8    [CHUNK, 3, 128, 128]
    objects-KKK.npy   float32  [CHUNK, 5, 8]   one row per drawn object, see OBJECT_FIELDS; absent objects are 0
    captions-KKK.json          [CHUNK] strings
"""

from __future__ import annotations

import argparse
import json
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch

import world

CHUNK = 2048
SEED = 1_000_000
EVAL_SEED = 9_000_000  # scenes that no training ever sees
OBJECT_FIELDS = ("present", "x", "y", "radius", "angle", "shape", "colour", "texture")
DEFAULT_DIR = Path(__file__).parent / "data"


def object_rows(placed: list[list[world.Object]]) -> np.ndarray:
    """Placed objects as numbers, float32 [n, 5, 8]; shape, colour and texture are indices (texture 0 is plain)."""
    rows = np.zeros((len(placed), 5, len(OBJECT_FIELDS)), dtype=np.float32)
    for i, objects in enumerate(placed):
        for j, o in enumerate(objects):
            kind = (world.SHAPES.index(o.thing.shape), world.COLOURS.index(o.thing.colour))
            texture = ("", *world.TEXTURES).index(o.thing.texture)
            rows[i, j] = (1, o.x, o.y, o.radius, o.angle, *kind, texture)
    return rows


def write_chunk(directory: Path, number: int) -> None:
    """Render one chunk, unless it is there. Renamed into place last, so a chunk that exists is whole."""
    target = directory / f"images-{number:03d}.npy"
    if target.exists():
        return
    torch.set_num_threads(1)
    images, scenes, placed = [], [], []
    for part in range(CHUNK // 256):
        x, s, p = world.sample_batch(256, (SEED + number) * 100 + part)
        images.append(x.numpy())
        scenes += s
        placed += p
    np.save(directory / f"objects-{number:03d}.npy", object_rows(placed))
    (directory / f"captions-{number:03d}.json").write_text(json.dumps([world.caption(s) for s in scenes]))
    partial = directory / f"partial-{number:03d}.npy"
    np.save(partial, np.concatenate(images))
    partial.rename(target)


class Chunks:
    """The chunks that exist, read lazily: images[i] for a global index array i -> uint8 [len(i), 3, 128, 128]."""

    def __init__(self, directory: Path, limit: int | None = None) -> None:
        files = sorted(directory.glob("images-*.npy"))[:limit]
        if not files:
            raise SystemExit(f"expected rendered scenes in {directory}, found none: run `python data.py` first")
        numbers = [file.stem.split("-")[1] for file in files]
        self.images = [np.load(file, mmap_mode="r") for file in files]
        self.objects = np.concatenate([np.load(directory / f"objects-{n}.npy") for n in numbers])
        self.captions = [c for n in numbers for c in json.loads((directory / f"captions-{n}.json").read_text())]

    def __len__(self) -> int:
        return len(self.captions)

    def __getitem__(self, index: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.stack([self.images[i // CHUNK][i % CHUNK] for i in index]))


def to_float(images: torch.Tensor) -> torch.Tensor:
    """uint8 0..255 -> float32 -1..1."""
    return images.float() / 127.5 - 1


def to_bytes(images: torch.Tensor) -> torch.Tensor:
    """float -1..1 -> uint8 0..255."""
    return ((images.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=131072)
    parser.add_argument("--data", type=Path, default=DEFAULT_DIR)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    args.data.mkdir(parents=True, exist_ok=True)
    started, count = time.time(), -(-args.scenes // CHUNK)
    with ProcessPoolExecutor(args.workers) as pool:
        for done, _ in enumerate(pool.map(write_chunk, [args.data] * count, range(count)), 1):
            print(f"{done * CHUNK} scenes, {time.time() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
