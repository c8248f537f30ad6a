"""Make the packs from the checkpoints: ONNX files checked against torch, and their manifests.

    python export.py                     every pack whose training has a checkpoint
    python export.py --only scenes-clip
"""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path

import torch

import training
import vjp
from graphs import PACKS

# Pack -> the recipe that makes it, and the checkpoint that it is made of.
RECIPES = {
    "scenes": ("flow", "flow"),
    "scenes-mini": ("flow", "flow-mini"),
    "objects": ("objects", "objects"),
    "scenes-clip": ("clip", "clip"),
    "scenes-aesthetic": ("aesthetic", "aesthetic"),
    "scenes-image-reward": ("image_reward", "image-reward"),
    "scenes-pick": ("pick", "pick"),
    "scenes-dino": ("dino", "dino"),
    "scenes-siglip": ("siglip", "siglip"),
    "scenes-classifier": ("classifier", "classifier"),
    "scenes-judge": ("judge", "judge"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoints", type=Path, default=training.CHECKPOINTS)
    parser.add_argument("--packs", type=Path, default=PACKS)
    parser.add_argument("--only", choices=tuple(RECIPES), nargs="+", default=tuple(RECIPES))
    args = parser.parse_args()
    torch.manual_seed(0)
    for pack in args.only:
        recipe, checkpoint = RECIPES[pack]
        if training.exists(args.checkpoints, checkpoint):
            import_module(recipe).make_pack(args.checkpoints, args.packs / pack)
            if pack in vjp.TARGETS:
                vjp.add(args.packs / pack)
        else:
            print(f"{pack}: no checkpoint {checkpoint}; python {recipe}.py trains it")


if __name__ == "__main__":
    main()
