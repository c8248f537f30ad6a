"""CLIP and SigLIP as two graphs, laid out and named as transformers.js has them: clip_score, clip_self, siglip_score,
siglip_self.

    python towers.py --checkpoint clip-vit-large-patch14 --out clip-l

The checkpoint is a folder of transformers' CLIPModel or SiglipModel with its tokenizer and preprocessor_config.json.

onnx/vision_model.onnx: pixel_values [batch, 3, size, size] to image_embeds (CLIP) or pooler_output (SigLIP) [batch, width];
onnx/text_model.onnx: input_ids int64 [batch, tokens] to text_embeds or pooler_output. Neither is normalised.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import nn

import common


class ImageTower(nn.Module):
    """The embedding that CLIPModel and SiglipModel compare, [batch, width]."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.vision, self.projection = model.vision_model, getattr(model, "visual_projection", nn.Identity())

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        return self.projection(self.vision(pixel_values=pixel_values).pooler_output)


class TextTower(nn.Module):
    """As ImageTower, of texts. Padding comes after a text's end, where neither looks: CLIP pools at the end token, and
    SigLIP was trained on padded texts."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.text, self.projection = model.text_model, getattr(model, "text_projection", nn.Identity())

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        return self.projection(self.text(input_ids=input_ids).pooler_output)


def load(folder: Path) -> nn.Module:
    """CLIPModel or SiglipModel from a transformers folder, in float32."""
    from transformers import AutoConfig, CLIPModel, SiglipModel

    if not (folder / "config.json").is_file():
        raise common.refuse(f"Expected a transformers folder with config.json, found none in {folder}.")
    kinds = {"clip": CLIPModel, "siglip": SiglipModel}
    kind = AutoConfig.from_pretrained(folder).model_type
    if kind not in kinds:
        raise common.refuse(f"Expected a model of type clip or siglip in {folder}, found {kind}.")
    return kinds[kind].from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


def export_towers(model: nn.Module, out: Path, suffix: str = "") -> dict:
    """Both graphs of CLIPModel or SiglipModel; their part of goldpan.json. `suffix`: transformers.js's, such as _fp16."""
    clip = model.config.model_type == "clip"
    image, text = ("image_embeds", "text_embeds") if clip else ("pooler_output", "pooler_output")
    vision, tokens = model.config.vision_config, model.config.text_config.max_position_embeddings
    kind = next(model.parameters()).dtype

    def pixels(batch: int) -> dict[str, torch.Tensor]:
        return {"pixel_values": common.random(batch, 3, vision.image_size, vision.image_size).to(kind)}

    def ids(batch: int) -> dict[str, torch.Tensor]:
        # SigLIP pools at the last token, so its texts are always padded to the end.
        return {"input_ids": common.random_ids(model.config.text_config.vocab_size, batch, tokens)}

    tolerance = common.TOLERANCE if kind == torch.float32 else 0.02
    axes = {"input_ids": {0: "batch_size"} | ({1: "sequence_length"} if clip else {})}
    files = {tower: f"onnx/{tower}_model{suffix}.onnx" for tower in ("vision", "text")}
    common.export(ImageTower(model), pixels, (image,), out / files["vision"], tolerance=tolerance)
    common.export(TextTower(model), ids, (text,), out / files["text"], axes, tolerance=tolerance)
    return {
        "tokenizer": "clip" if clip else "siglip",
        "imageTower": {"file": files["vision"], "inputs": {"pixels": "pixel_values"}, "outputs": {"embedding": image}},
        "textTower": {"file": files["text"], "inputs": {"inputIds": "input_ids"}, "outputs": {"embedding": text}},
    }


def clip_picture(size: int, offset: str) -> dict:
    """CLIP's own preprocessing, at the network's size."""
    return common.picture(size, common.CLIP_MEAN, common.CLIP_STD, "bicubic", "shortest_edge_then_crop", size, offset)


def scale_of(model: nn.Module) -> float:
    """What the cosine is multiplied with: exp of the learned logit scale."""
    return round(model.logit_scale.exp().item(), 6)


def about(model: nn.Module, checkpoint: Path) -> dict:
    """What goldpan.json says of CLIPModel or SiglipModel, apart from its components."""
    tokens, size = model.config.text_config.max_position_embeddings, model.config.vision_config.image_size
    if model.config.model_type == "clip":
        return {
            "verifiers": ("clip_score", "clip_zero_shot", "clip_self"),
            "image": clip_picture(size, "floor"),
            "promptPrefix": "A photo depicts ",
            "textTokens": tokens,
        }
    preprocessor = json.loads((checkpoint / "preprocessor_config.json").read_text())
    return {
        "verifiers": ("siglip_score", "siglip_self"),
        "image": common.picture(size, preprocessor["image_mean"], preprocessor["image_std"], "bicubic", "exact", size),
        "textTokens": tokens,
        "logitScale": scale_of(model),
        "logitBias": round(model.logit_bias.item(), 6),
    }


def export_folder(checkpoint: Path, out: Path) -> None:
    model = load(checkpoint)
    components = export_towers(model, out)
    common.copy_tokenizer(checkpoint, out)
    common.copy_known(checkpoint, out, ("config.json", "preprocessor_config.json"))
    common.write_about(out, components=components, **about(model, checkpoint))


def main() -> None:
    args = common.arguments(__doc__, checkpoint="folder of transformers' CLIPModel or SiglipModel")
    export_folder(args.checkpoint, args.out)


if __name__ == "__main__":
    main()
