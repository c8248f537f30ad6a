"""HPSv2 and HPSv2.1 (Wu et al. 2023, "Human Preference Score v2") to ONNX: hps_score, the cosine of image and prompt.

    python hps.py --checkpoint HPS_v2.1_compressed.pt --tokenizer clip-vit-large-patch14 --out hps

The checkpoint is the published file, a state dict of open_clip's ViT-H-14, or a folder of the same as transformers'
CLIPModel. `--tokenizer` is any folder with CLIP's vocab.json and merges.txt. Graphs and their names are those of towers.py.

The hpsv2 package resizes the picture as a tensor of floats, which differs from Pillow's 8-bit resize by less than one
level; a picture of 224 x 224 is the same in both.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

import common
import towers

# Heads do not show in a checkpoint's shapes: open_clip's, by the width of the image tower.
HEADS = {768: 12, 1024: 16, 1280: 16}
LAYER = {
    "ln_1": "layer_norm1",
    "ln_2": "layer_norm2",
    "attn.out_proj": "self_attn.out_proj",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
}


def from_open_clip(state: dict[str, torch.Tensor], heads: int | None = None, text_heads: int | None = None) -> nn.Module:
    """transformers' CLIPModel with the weights of an open_clip ViT that has GELU, such as ViT-H-14."""
    from transformers import CLIPConfig, CLIPModel

    for name in ("visual.conv1.weight", "visual.proj", "token_embedding.weight", "text_projection"):
        if name not in state:
            raise common.refuse(f"Expected a state dict of open_clip, found none of its tensor {name}.")
    width, _, patch, _ = state["visual.conv1.weight"].shape
    side = round((state["visual.positional_embedding"].shape[0] - 1) ** 0.5) * patch
    vocabulary, text_width = state["token_embedding.weight"].shape
    if heads is None and width not in HEADS:
        raise common.refuse(f"Expected an image tower of width {', '.join(map(str, HEADS))}, found {width}.")

    def shape(prefix: str, size: int) -> dict:
        layers = {name[len(prefix) :].split(".")[0] for name in state if name.startswith(prefix)}
        middle = state[f"{prefix}0.mlp.c_fc.weight"].shape[0]
        common_part = {"hidden_size": size, "intermediate_size": middle, "num_hidden_layers": len(layers)}
        return common_part | {"hidden_act": "gelu", "projection_dim": state["text_projection"].shape[1]}

    vision = shape("visual.transformer.resblocks.", width) | {"image_size": side, "patch_size": patch}
    vision["num_attention_heads"] = heads or HEADS[width]
    text = shape("transformer.resblocks.", text_width) | {"vocab_size": vocabulary}
    text["max_position_embeddings"] = state["positional_embedding"].shape[0]
    text["num_attention_heads"] = text_heads or text_width // 64
    # The end token is the last of the vocabulary.
    text |= {"bos_token_id": vocabulary - 2, "eos_token_id": vocabulary - 1, "pad_token_id": vocabulary - 1}
    config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=text["projection_dim"])
    config._attn_implementation = "eager"
    return common.fill(CLIPModel(config), renamed(state), "open_clip's ViT")


def renamed(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """open_clip's names to those of CLIPModel; the joined query, key and value apart."""
    plain = {
        "visual.class_embedding": "vision_model.embeddings.class_embedding",
        "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
        "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
        "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
        "positional_embedding": "text_model.embeddings.position_embedding.weight",
        "logit_scale": "logit_scale",
    }
    norms = {
        "visual.ln_pre": "vision_model.pre_layrnorm",
        "visual.ln_post": "vision_model.post_layernorm",
        "ln_final": "text_model.final_layer_norm",
    }
    made: dict[str, torch.Tensor] = {}
    for name, tensor in state.items():
        stem, _, kind = name.rpartition(".")
        if name in plain:
            made[plain[name]] = tensor
        elif stem in norms:
            made[f"{norms[stem]}.{kind}"] = tensor
        elif name in ("visual.proj", "text_projection"):
            made["visual_projection.weight" if name == "visual.proj" else "text_projection.weight"] = tensor.T
        elif ".resblocks." in f".{name}":
            tower = "vision_model" if name.startswith("visual.") else "text_model"
            number, _, rest = name.split("resblocks.")[1].partition(".")
            layer = f"{tower}.encoder.layers.{number}."
            if rest.startswith("attn.in_proj_"):
                for part, piece in zip("qkv", tensor.chunk(3), strict=True):
                    made[f"{layer}self_attn.{part}_proj.{rest.removeprefix('attn.in_proj_')}"] = piece
            else:
                inner, _, kind = rest.rpartition(".")
                made[f"{layer}{LAYER.get(inner, inner)}.{kind}"] = tensor
        else:
            made[name] = tensor  # a name that nothing knows: `fill` tells it
    return made


def export_model(model: nn.Module, tokenizer: Path, out: Path) -> None:
    components = towers.export_towers(model, out)
    common.copy_tokenizer(tokenizer, out)
    common.write_about(
        out,
        ("hps_score",),
        towers.clip_picture(model.config.vision_config.image_size, "half_even"),
        components,
        textTokens=model.config.text_config.max_position_embeddings,
    )


def main() -> None:
    args = common.arguments(
        __doc__,
        checkpoint="HPS_v2_compressed.pt, HPS_v2.1_compressed.pt, or a folder of transformers' CLIPModel",
        tokenizer="folder with CLIP's tokenizer",
    )
    folder = args.checkpoint.is_dir()
    model = towers.load(args.checkpoint) if folder else from_open_clip(common.state_dict(args.checkpoint))
    export_model(model, args.tokenizer, args.out)


if __name__ == "__main__":
    main()
