"""DINOv2 (Oquab et al. 2023, "DINOv2: Learning Robust Visual Features without Supervision") with its linear head on
ImageNet to ONNX: dino_linear, dino_self.

    python dinov2_linear.py --checkpoint dinov2-large --head dinov2_vitl14_linear4_head.pth --out dinov2

The checkpoint is a folder of transformers' Dinov2Model; the head is a published one: `linear4` reads the class tokens of the
last four blocks and the mean of the last one's patches, each after the final norm; `linear` reads the last block alone.

onnx/model.onnx: pixel_values [batch, 3, 224, 224] to logits [batch, classes] and image_embeds [batch, width], the class token
after the final norm. Positions are resized to 224 pixels as transformers does it.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import nn

import common
from sit import IMAGENET_CLASSES

SIZE = 224
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Dinov2Linear(nn.Module):
    """transformers' Dinov2Model at 224 pixels, and the head [classes, 5 * width] or [classes, 2 * width]."""

    def __init__(self, model: nn.Module, head: nn.Linear) -> None:
        super().__init__()
        self.embeddings, self.encoder, self.norm, self.head = model.embeddings, model.encoder, model.layernorm, head
        width = model.config.hidden_size
        self.blocks = head.in_features // width - 1
        if self.blocks not in (1, 4) or head.in_features % width != 0:
            raise common.refuse(f"Expected a head of {2 * width} or {5 * width} features, found {head.in_features}.")
        side = SIZE // model.config.patch_size
        tokens = torch.zeros(1, side * side + 1, width)
        positions = model.embeddings.interpolate_pos_encoding(tokens, SIZE, SIZE)
        self.register_buffer("positions", positions.detach().clone())

    def forward(self, pixel_values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        patches = self.embeddings.patch_embeddings(pixel_values)
        first = self.embeddings.cls_token.expand(patches.shape[0], -1, -1)
        states = torch.cat([first, patches], dim=1) + self.positions
        read = self.encoder(states, output_hidden_states=True).hidden_states[-self.blocks :]
        normed = [self.norm(state) for state in read]
        features = torch.cat([*(state[:, 0] for state in normed), normed[-1][:, 1:].mean(dim=1)], dim=1)
        return self.head(features), normed[-1][:, 0]


def linear_of(state: dict[str, torch.Tensor]) -> nn.Linear:
    """The published heads hold weight [classes, features] and bias [classes]."""
    if set(state) != {"weight", "bias"}:
        raise common.refuse(f"Expected the weight and bias of a linear head, found {', '.join(sorted(state)[:4])}.")
    classes, features = state["weight"].shape
    return common.fill(nn.Linear(features, classes), state, "the linear head")


def load(folder: Path) -> nn.Module:
    from transformers import Dinov2Model

    return Dinov2Model.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


def export_model(model: Dinov2Linear, out: Path, classes: list[str]) -> None:
    """`classes` in the order of the head's rows."""
    if len(classes) != model.head.out_features:
        raise common.refuse(f"Expected {model.head.out_features} names of classes, found {len(classes)}. Give --classes.")

    def pixels(batch: int) -> dict[str, torch.Tensor]:
        return {"pixel_values": common.random(batch, 3, SIZE, SIZE)}

    common.export(model, pixels, ("logits", "image_embeds"), out / "onnx" / "model.onnx")
    outputs = {"logits": "logits", "embedding": "image_embeds"}
    tower = {"file": "onnx/model.onnx", "inputs": {"pixels": "pixel_values"}, "outputs": outputs}
    # Of the published evaluation: torchvision's resize to 256 and cut to 224.
    image = common.picture(SIZE, MEAN, STD, "bicubic", "shortest_edge_then_crop", 256, "half_even")
    common.write_about(out, ("dino_linear", "dino_self"), image, {"imageTower": tower}, classes=classes)


def main() -> None:
    args = common.arguments(
        __doc__,
        checkpoint="folder of transformers' Dinov2Model",
        head="dinov2_vit?14_linear4_head.pth or dinov2_vit?14_linear_head.pth",
        classes="optional: names of the classes, one a line; ImageNet's where there are 1000",
    )
    head = linear_of(common.state_dict(args.head))
    if args.classes is None:
        classes = json.loads(IMAGENET_CLASSES.read_text())
    else:
        classes = [line.strip() for line in args.classes.read_text().splitlines() if line.strip()]
    export_model(Dinov2Linear(load(args.checkpoint), head), args.out, classes)


if __name__ == "__main__":
    main()
