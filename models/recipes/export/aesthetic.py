"""The LAION aesthetic predictor v2 (github.com/christophschuhmann/improved-aesthetic-predictor) to ONNX: aesthetic_score.

    python aesthetic.py --checkpoint sac+logos+ava1-l14-linearMSE.pth --clip clip-vit-large-patch14 --out aesthetic

The checkpoint is the published head; `--clip` is the folder of the CLIP-L it reads, transformers' CLIPModel. The head's five
linear layers have no activations between them, so one vector and one number say the same.

onnx/model.onnx: pixel_values [batch, 3, 224, 224] to score [batch, 1], about 0 to 10.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

import common
import towers


class Aesthetic(nn.Module):
    """`head` of the L2-normalised image feature of CLIP."""

    def __init__(self, model: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.tower, self.head = towers.ImageTower(model), head

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        return self.head(F.normalize(self.tower(pixel_values), dim=1))


def export_model(clip: nn.Module, state: dict[str, torch.Tensor], out: Path) -> None:
    """`state`: the head's layers.0, .2, .4, .6 and .7, as published."""
    if "layers.0.weight" not in state:
        raise common.refuse("Expected the layers of the aesthetic predictor, found none of its tensor layers.0.weight.")
    head = common.Folded(state, "layers.")
    if head.weight.shape[1] != clip.config.projection_dim:
        raise common.refuse(
            f"Expected a CLIP with features of {head.weight.shape[1]} numbers, found {clip.config.projection_dim}."
        )
    size = clip.config.vision_config.image_size

    def pixels(batch: int) -> dict[str, torch.Tensor]:
        return {"pixel_values": common.random(batch, 3, size, size)}

    common.export(Aesthetic(clip, head), pixels, ("score",), out / "onnx" / "model.onnx")
    tower = {"file": "onnx/model.onnx", "inputs": {"pixels": "pixel_values"}, "outputs": {"score": "score"}}
    # The published code prepares pictures with torchvision.
    common.write_about(out, ("aesthetic_score",), towers.clip_picture(size, "half_even"), {"imageTower": tower})


def main() -> None:
    args = common.arguments(
        __doc__,
        checkpoint="sac+logos+ava1-l14-linearMSE.pth",
        clip="folder of CLIP-L, transformers' CLIPModel",
    )
    export_model(towers.load(args.clip), common.state_dict(args.checkpoint), args.out)


if __name__ == "__main__":
    main()
