"""Contact sheets of the verifier packs as they ship: what each ranks first and last.

    python verifier_sheets.py

Each row holds twelve pictures, the best first. Where a sentence or a class is asked for, the scenes pack samples them for the
caption of the row; where only likeness is (scenes-siglip), they are fresh renders, in the order of their likeness to the first.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch

import data
import flow
import tokenizer
import world
from evaluate import Pack
from graphs import PACKS

ROWS = ("three white hearts in meadow", "two striped blue squares in paper", "four red stars in night", "a large green ring in sand")
COLUMNS = 12


def unit(x: np.ndarray) -> np.ndarray:
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


class Verifier:
    """One verifier pack through onnxruntime."""

    def __init__(self, folder: Path) -> None:
        self.manifest = json.loads((folder / "pack.json").read_text())
        self.parts = {
            name: (ort.InferenceSession(str(folder / part["file"]), providers=["CPUExecutionProvider"]), part)
            for name, part in self.manifest["components"].items()
            if "inputs" in part
        }

    def run(self, name: str, output: str, **inputs: np.ndarray) -> np.ndarray:
        session, part = self.parts[name]
        return session.run([part["outputs"][output]], {part["inputs"][key]: value for key, value in inputs.items()})[0]

    def scores(self, images: torch.Tensor, caption: str) -> np.ndarray:
        """One number a picture, higher is better: what the pack's first verifier orders pictures of one caption by."""
        pixels = data.to_float(images).numpy()
        outputs = self.parts["imageTower"][1]["outputs"] if "imageTower" in self.parts else {}
        ids = tokenizer.encode([(self.manifest.get("promptPrefix", "") + caption).lower()]).numpy()
        if "pairTower" in self.parts:
            return self.run("pairTower", "score", pixels=pixels, inputIds=ids.repeat(len(pixels), 0))
        if "textTower" in self.parts:
            said = self.run("textTower", "embedding", inputIds=ids)
            return unit(self.run("imageTower", "embedding", pixels=pixels)) @ unit(said)[0]
        if "score" in outputs:
            return self.run("imageTower", "score", pixels=pixels)
        if "logits" in outputs:
            thing = world.parse(caption).thing
            return self.run("imageTower", "logits", pixels=pixels)[:, self.manifest["classes"].index(f"{thing.colour} {thing.shape}")]
        seen = unit(self.run("imageTower", "embedding", pixels=pixels))
        return seen @ seen[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packs", type=Path, default=PACKS)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    scenes = Pack(args.packs / "scenes")
    guidance = scenes.manifest["defaults"]["guidance"]
    sampled = [scenes.images([caption] * COLUMNS, args.seed, 20, guidance) for caption in ROWS]
    rendered = world.sample_batch(COLUMNS * len(ROWS), data.EVAL_SEED + 9)[0].split(COLUMNS)
    for folder in sorted(args.packs.iterdir()):
        manifest = json.loads((folder / "pack.json").read_text())
        if manifest["kind"] != "verifier":
            continue
        verifier, alike = Verifier(folder), manifest["id"] == "scenes-siglip"
        rows = []
        for caption, images in zip(ROWS, rendered if alike else sampled):
            order = np.argsort(-np.asarray(verifier.scores(images, caption)).reshape(-1), kind="stable")
            rows.append(images[torch.from_numpy(order)])
        flow.sheet(torch.cat(rows), COLUMNS).reduce(2).save(folder / "contact-sheet.png", optimize=True)
        print(folder.name, flush=True)


if __name__ == "__main__":
    main()
