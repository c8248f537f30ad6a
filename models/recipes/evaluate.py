"""Measure the packs as they ship: sample with the ONNX files, measure with the CLIP pack, draw the contact sheet.

    python evaluate.py --images 200
    python evaluate.py --sheet ../packs/scenes/contact-sheet.png

An attribute counts as right when the image agrees more with its own caption than with every variant of the caption
in that attribute (attributes.py). The same is measured on fresh renders, which bounds what CLIP can say.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch

import attributes
import clip
import data
import flow
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
    """The scenes pack through onnxruntime, the way the app runs it."""

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


class Clip:
    """The verifier pack through onnxruntime."""

    def __init__(self, folder: Path) -> None:
        self.image = ort.InferenceSession(str(folder / "vision_model.onnx"), providers=["CPUExecutionProvider"])
        self.text = ort.InferenceSession(str(folder / "text_model.onnx"), providers=["CPUExecutionProvider"])

    @staticmethod
    def _unit(x: np.ndarray) -> np.ndarray:
        return x / np.linalg.norm(x, axis=-1, keepdims=True)

    def see(self, images: torch.Tensor) -> np.ndarray:
        parts = data.to_float(images).split(32)
        return self._unit(np.concatenate([self.image.run(None, {"pixel_values": p.numpy()})[0] for p in parts]))

    def read(self, scenes: list[world.Scene]) -> np.ndarray:
        return self._unit(self.text.run(None, {"input_ids": clip.describe(scenes).numpy()})[0])

    def accuracy(self, images: torch.Tensor, scenes: list[world.Scene]) -> dict[str, float]:
        """Share of right images by attribute, the share right in all of them, and the mean clip_score."""
        found: dict[str, list[bool]] = {attribute: [] for attribute in attributes.ATTRIBUTES}
        every, scores = [], []
        for feature, scene in zip(self.see(images), scenes):
            whole = True
            for attribute in attributes.ATTRIBUTES:
                variants = attributes.options(scene, attribute)
                if variants:
                    right = variants[int((self.read(variants) @ feature).argmax())] == scene
                    found[attribute].append(right)
                    whole &= right
            every.append(whole)
            scores.append(2.5 * max(float((self.read([scene]) @ feature)[0]), 0))
        shares = {k: round(float(np.mean(v)), 3) for k, v in found.items() if v}
        return shares | {"all": round(float(np.mean(every)), 3), "clip_score": round(float(np.mean(scores)), 3)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packs", type=Path, default=PACKS)
    parser.add_argument("--images", type=int, default=0, help="scenes to sample and to judge")
    parser.add_argument("--guidance", type=float, nargs="*", help="values to compare; the manifest's by default")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sheet", type=Path, help="write a contact sheet of fixed captions")
    args = parser.parse_args()
    pack = Pack(args.packs / "scenes")
    default = pack.manifest["defaults"]["guidance"]
    if args.images:
        by = Clip(args.packs / "scenes-clip")
        real, scenes, _ = world.sample_batch(args.images, data.EVAL_SEED + 3)
        print("fresh renders:", json.dumps(by.accuracy(real, scenes)), flush=True)
        for guidance in args.guidance or [default]:
            started = time.monotonic()
            made = pack.images([world.caption(s) for s in scenes], args.seed, args.steps, guidance)
            seconds = time.monotonic() - started
            print(f"guidance {guidance}:", json.dumps(by.accuracy(made, scenes)), f"{seconds:.0f} s", flush=True)
    if args.sheet:
        made = pack.images(list(SHEET), args.seed, args.steps, (args.guidance or [default])[0])
        flow.sheet(made, 8).save(args.sheet, optimize=True)


if __name__ == "__main__":
    main()
