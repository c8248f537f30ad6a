"""ImageReward (Xu et al. 2023, "ImageReward: Learning and Evaluating Human Preferences for Text-to-Image Generation") to
ONNX: image_reward.

    python image_reward.py --checkpoint ImageReward.pt --tokenizer bert-base-uncased --out image-reward

The checkpoint is the published file, a state dict: a BLIP (ViT-L/16 and a BERT that attends to the picture) and five linear
layers without activations, here folded into one. `--tokenizer` is a folder with vocab.txt of bert-base-uncased; the BLIP's
two further tokens are never in a prompt.

onnx/model.onnx: pixel_values [batch, 3, 224, 224], input_ids int64 and attention_mask int64 [batch, 35] to score [batch, 1],
the reward before mean and standard deviation.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

import common
import towers

TOKENS = 35
# ImageReward.py of the published package.
MEAN, STD = 0.16717362830052426, 1.0333394966054072
# Widths of the published networks and their heads, which do not show in a checkpoint's shapes.
HEADS = {768: 12, 1024: 16}
VISION = {
    "cls_token": "embeddings.class_embedding",
    "pos_embed": "embeddings.position_embedding",
    "patch_embed.proj": "embeddings.patch_embedding",
    "norm": "post_layernorm",
    "norm1": "layer_norm1",
    "norm2": "layer_norm2",
    "attn.qkv": "self_attn.qkv",
    "attn.proj": "self_attn.projection",
}


class ImageReward(nn.Module):
    """The reward's head on the first token of the text, which has seen the picture."""

    def __init__(self, vision: nn.Module, text: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.vision, self.text, self.head = vision, text, head

    def forward(
        self, pixel_values: torch.Tensor, input_ids: torch.Tensor, attention_mask: torch.Tensor
    ) -> torch.Tensor:
        seen = self.vision(pixel_values=pixel_values).last_hidden_state
        read = self.text(input_ids=input_ids, attention_mask=attention_mask, encoder_hidden_states=seen)
        return self.head(read.last_hidden_state[:, 0])


def vision_name(name: str) -> str:
    """A name of the published image encoder as BlipVisionModel has it."""
    if name in VISION:
        return VISION[name]
    stem, _, kind = name.rpartition(".")
    if stem.startswith("blocks."):
        _, number, inner = stem.split(".", 2)
        return f"encoder.layers.{number}.{VISION.get(inner, inner)}.{kind}"
    return f"{VISION.get(stem, stem)}.{kind}"


def load(state: dict[str, torch.Tensor], heads: dict[int, int] = HEADS) -> ImageReward:
    """`heads`: of the attention, by the width of a network."""
    from transformers import BlipTextConfig, BlipTextModel, BlipVisionConfig, BlipVisionModel

    prefixes = {"vision": "blip.visual_encoder.", "text": "blip.text_encoder.", "head": "mlp.layers."}
    parts = {
        part: {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}
        for part, prefix in prefixes.items()
    }
    for part, prefix in prefixes.items():
        if not parts[part]:
            raise common.refuse(f"Expected a state dict of ImageReward, found nothing under {prefix}.")
    vision, text = parts["vision"], parts["text"]
    width, _, patch, _ = vision["patch_embed.proj.weight"].shape
    text_width = text["embeddings.word_embeddings.weight"].shape[1]
    for size in (width, text_width):
        if size not in heads:
            raise common.refuse(f"Expected networks of width {', '.join(map(str, heads))}, found {size}.")
    vision_config = BlipVisionConfig(
        hidden_size=width,
        intermediate_size=vision["blocks.0.mlp.fc1.weight"].shape[0],
        num_hidden_layers=len({name.split(".")[1] for name in vision if name.startswith("blocks.")}),
        num_attention_heads=heads[width],
        image_size=round((vision["pos_embed"].shape[1] - 1) ** 0.5) * patch,
        patch_size=patch,
        hidden_act="gelu",
        layer_norm_eps=1e-6,
        attn_implementation="eager",
    )
    text_config = BlipTextConfig(
        vocab_size=text["embeddings.word_embeddings.weight"].shape[0],
        hidden_size=text_width,
        encoder_hidden_size=width,
        intermediate_size=text["encoder.layer.0.intermediate.dense.weight"].shape[0],
        num_hidden_layers=len({name.split(".")[2] for name in text if name.startswith("encoder.layer.")}),
        num_attention_heads=heads[text_width],
        max_position_embeddings=text["embeddings.position_embeddings.weight"].shape[0],
        hidden_act="gelu",
        layer_norm_eps=1e-12,
        is_decoder=True,  # transformers' word for: has attention to the picture
        attn_implementation="eager",
    )
    encoder = common.fill(
        BlipVisionModel(vision_config), {vision_name(k): v for k, v in vision.items()}, "ImageReward's image encoder"
    )
    # A count of positions, which some versions of the published code saved as well.
    text = {name: tensor for name, tensor in text.items() if name != "embeddings.position_ids"}
    reader = common.fill(BlipTextModel(text_config, add_pooling_layer=False), text, "ImageReward's text encoder")
    return ImageReward(encoder, reader, common.Folded(parts["head"], "")).eval()


def export_model(model: ImageReward, tokenizer: Path, out: Path) -> None:
    size, words = model.vision.config.image_size, model.text.config.vocab_size

    def feeds(batch: int) -> dict[str, torch.Tensor]:
        lengths = torch.arange(batch) * 9 + 4
        return {
            "pixel_values": common.random(batch, 3, size, size),
            "input_ids": common.random_ids(words, batch, TOKENS),
            "attention_mask": (torch.arange(TOKENS)[None] < lengths[:, None]).long(),
        }

    common.export(model, feeds, ("score",), out / "onnx" / "model.onnx")
    common.copy_tokenizer(tokenizer, out)
    inputs = {"pixels": "pixel_values", "inputIds": "input_ids", "attentionMask": "attention_mask"}
    pair = {"file": "onnx/model.onnx", "inputs": inputs, "outputs": {"score": "score"}}
    common.write_about(
        out,
        ("image_reward",),
        towers.clip_picture(size, "half_even"),
        {"tokenizer": "bert", "pairTower": pair},
        textTokens=TOKENS,
        reward={"mean": MEAN, "std": STD},
    )


def main() -> None:
    args = common.arguments(
        __doc__,
        checkpoint="ImageReward.pt",
        tokenizer="folder with vocab.txt of bert-base-uncased",
    )
    export_model(load(common.state_dict(args.checkpoint)), args.tokenizer, args.out)


if __name__ == "__main__":
    main()
