"""Measure the packs as they ship: sample with the ONNX files, let the judge pack look, draw the contact sheet.

    python evaluate.py --images 200
    python evaluate.py --pack scenes-mini --sheet ../packs/scenes-mini/contact-sheet.png

The captions are drawn as the training's are, from a seed that no training sees. The same is measured on fresh renders,
which bounds what the judge can say. How search changes these figures is measured by `npm run evidence`.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch

import claims
import data
import flow
import judge
import tokenizer
import world
from graphs import PACKS

SHEET = (
    *flow.WATCHED,
    "a black moon in sky",
    "three small white stars in night",
    "a yellow star above a purple square in paper",
    "two large teal rings in sand",
    "four orange diamonds in sky",
    "a large dotted pink heart in meadow",
    "a green ring right of a red triangle in paper",
    "three striped purple squares in meadow",
    "a large white circle in night",
    "two yellow triangles in sky",
    "a dotted red circle below a teal star in sand",
    "four small blue hearts in paper",
    "a pink square left of a green moon in night",
    "a large orange triangle in sand",
    "three teal moons in meadow",
    "two striped blue circles in paper",
)


class Pack:
    """A text-to-image pack through onnxruntime, the way the app runs it."""

    def __init__(self, folder: Path) -> None:
        self.manifest = json.loads((folder / "pack.json").read_text())
        components = self.manifest["components"]
        make = lambda part: ort.InferenceSession(str(folder / components[part]["file"]), providers=["CPUExecutionProvider"])
        self.text, self.denoiser, self.decoder = make("textEncoder"), make("denoiser"), make("decoder")
        latents = self.manifest["latents"]
        self.shape = (latents["channels"], latents["height"], latents["width"])
        self.scale = np.array(latents["scale"], np.float32).reshape(-1, 1, 1)
        self.shift = np.array(latents["shift"], np.float32).reshape(-1, 1, 1)

    def velocity(self, x: np.ndarray, sigma: float, states: np.ndarray) -> np.ndarray:
        feed = {"hidden_states": x, "timestep": np.full(len(x), sigma, np.float32), "encoder_hidden_states": states}
        return self.denoiser.run(None, feed)[0]

    def images(self, captions: list[str], seed: int, steps: int, guidance: float) -> torch.Tensor:
        """uint8 [n, 3, 128, 128] by Euler on a linear schedule, batches of 8."""
        noise = np.random.default_rng(seed).standard_normal((len(captions), *self.shape), dtype=np.float32)
        empty = self.text.run(None, {"input_ids": flow.EMPTY.numpy()})[0]
        out = []
        for start in range(0, len(captions), 8):
            x = noise[start : start + 8]
            states = self.text.run(None, {"input_ids": tokenizer.encode(captions[start : start + 8]).numpy()})[0]
            for step in range(steps):
                sigma = 1 - step / steps
                v = self.velocity(x, sigma, states)
                if guidance != 1:
                    free = self.velocity(x, sigma, np.repeat(empty, len(x), 0))
                    v = free + np.float32(guidance) * (v - free)
                x = x - v / np.float32(steps)
            out.append(self.decoder.run(None, {"latent_sample": x * self.scale + self.shift})[0])
        return data.to_bytes(torch.from_numpy(np.concatenate(out)))


class Judge:
    """The judge pack through onnxruntime."""

    def __init__(self, folder: Path) -> None:
        self.detector = ort.InferenceSession(str(folder / "detector.onnx"), providers=["CPUExecutionProvider"])

    def shares(self, images: torch.Tensor, captions: list[str]) -> dict[str, float]:
        """Share of the claims that hold, by kind, and "all": the share of images in which every claim holds."""
        held: dict[str, list[bool]] = {kind: [] for kind in claims.KINDS}
        every = []
        for start in range(0, len(images), 32):
            pixels = data.to_float(images[start : start + 32]).numpy()
            cells, background = self.detector.run(["cells", "background"], {"pixels": pixels})
            for caption, seen, ground in zip(captions[start : start + 32], cells, background):
                own = claims.claims_of(world.parse(caption))
                holds = claims.verdict(own, judge.things_of(seen), world.BACKGROUNDS[int(ground.argmax())])
                for claim, yes in zip(own, holds):
                    held[claim.kind].append(yes)
                every.append(all(holds))
        return {kind: round(float(np.mean(found)), 3) for kind, found in (held | {"all": every}).items() if found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packs", type=Path, default=PACKS)
    parser.add_argument("--pack", choices=tuple(flow.CHECKPOINT), default="scenes")
    parser.add_argument("--images", type=int, default=0, help="scenes to sample and to judge")
    parser.add_argument("--guidance", type=float, nargs="*", help="values to compare; the manifest's by default")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sheet", type=Path, help="write a contact sheet of fixed captions")
    args = parser.parse_args()
    pack = Pack(args.packs / args.pack)
    default = pack.manifest["defaults"]["guidance"]
    if args.images:
        looks = Judge(args.packs / "scenes-judge")
        real, scenes, _ = world.sample_batch(args.images, data.EVAL_SEED + 3)
        captions = [world.caption(scene) for scene in scenes]
        print("fresh renders:", json.dumps(looks.shares(real, captions)), flush=True)
        for guidance in args.guidance or [default]:
            started = time.monotonic()
            made = pack.images(captions, args.seed, args.steps, guidance)
            print(f"guidance {guidance}:", json.dumps(looks.shares(made, captions)), f"{time.monotonic() - started:.0f} s", flush=True)
    if args.sheet:
        made = pack.images(list(SHEET), args.seed, args.steps, (args.guidance or [default])[0])
        flow.sheet(made, 8).save(args.sheet, optimize=True)


if __name__ == "__main__":
    main()
