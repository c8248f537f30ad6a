"""SiT (Ma et al. 2024, "SiT: Exploring Flow and Diffusion-based Generative Models with Scalable Interpolant
Transformers") to ONNX: the class-conditional transformer and the decoder of its latents.

    python sit.py --checkpoint SiT-XL-2-256x256.pt --vae sd-vae-ft-mse --out sit-xl

The checkpoint is a published one (SiT-XL-2-256x256.pt) or one of your own training with the published code (its `ema`
is taken); velocity prediction on the linear path, which is what the published ones are. `--vae` is a diffusers
AutoencoderKL folder. `--classes` names the classes, one a line, where they are not ImageNet's 1000.

transformer/model.onnx: sample [batch, 4, height, width] float32, timestep [batch] float32 in 0..1 where 0 is noise and 1
the image, class_labels [batch] int64 with the label after the last for no class, to velocity [batch, 4, height, width],
which points from noise to image.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

import common

FREQUENCIES = 256
IMAGENET_CLASSES = Path(__file__).parents[3] / "electron" / "packs" / "import" / "imagenet-classes.json"
# Heads do not show in a checkpoint's shapes: those of SiT-S, -B, -L and -XL by their width.
HEADS = {384: 6, 768: 12, 1024: 16, 1152: 16}


@dataclass(frozen=True)
class Config:
    """Shape of a SiT. `sample_size`: side of the latents; with `learn_sigma` the last half of the outputs is dropped."""

    sample_size: int = 32
    patch_size: int = 2
    in_channels: int = 4
    hidden_size: int = 1152
    num_layers: int = 28
    num_attention_heads: int = 16
    num_classes: int = 1000
    learn_sigma: bool = True


class Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, tokens, width = x.shape
        q, k, v = self.qkv(x).reshape(batch, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, tokens, width))


class Mlp(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc2(F.gelu(self.fc1(x), approximate="tanh"))


def modulate(x: torch.Tensor, shift: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    return x * (1 + scale.unsqueeze(1)) + shift.unsqueeze(1)


class Block(nn.Module):
    """Attention and MLP, each shifted, scaled and gated by the condition (adaLN-Zero of Peebles & Xie 2023)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        self.mlp = Mlp(width)
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(width, 6 * width))

    def forward(self, x: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        shift1, scale1, gate1, shift2, scale2, gate2 = self.adaLN_modulation(condition).chunk(6, dim=1)
        x = x + gate1.unsqueeze(1) * self.attn(modulate(self.norm1(x), shift1, scale1))
        return x + gate2.unsqueeze(1) * self.mlp(modulate(self.norm2(x), shift2, scale2))


class FinalLayer(nn.Module):
    def __init__(self, width: int, outputs: int) -> None:
        super().__init__()
        self.norm_final = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        self.linear = nn.Linear(width, outputs)
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(width, 2 * width))

    def forward(self, x: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        shift, scale = self.adaLN_modulation(condition).chunk(2, dim=1)
        return self.linear(modulate(self.norm_final(x), shift, scale))


class PatchEmbed(nn.Module):
    def __init__(self, channels: int, patch: int, width: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, width, patch, patch)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.proj(x).flatten(2).transpose(1, 2)


class TimestepEmbedder(nn.Module):
    """t [batch] in 0..1, taken as it is (not times 1000), to [batch, width]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(FREQUENCIES, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, t: torch.Tensor) -> torch.Tensor:
        half = FREQUENCIES // 2
        frequencies = torch.exp(-math.log(10_000) * torch.arange(half, dtype=torch.float32) / half)
        angles = t[:, None] * frequencies[None]
        return self.mlp(torch.cat([angles.cos(), angles.sin()], dim=1))


class LabelEmbedder(nn.Module):
    """Labels 0 to classes - 1; `classes` itself is no class."""

    def __init__(self, classes: int, width: int) -> None:
        super().__init__()
        self.embedding_table = nn.Embedding(classes + 1, width)

    def forward(self, labels: torch.Tensor) -> torch.Tensor:
        return self.embedding_table(labels)


class SiT(nn.Module):
    """The published network; parameters are named as its checkpoints name them."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        width, patch = config.hidden_size, config.patch_size
        out_channels = config.in_channels * (2 if config.learn_sigma else 1)
        self.x_embedder = PatchEmbed(config.in_channels, patch, width)
        self.t_embedder = TimestepEmbedder(width)
        self.y_embedder = LabelEmbedder(config.num_classes, width)
        side = config.sample_size // patch
        self.pos_embed = nn.Parameter(torch.zeros(1, side * side, width), requires_grad=False)
        self.blocks = nn.ModuleList(Block(width, config.num_attention_heads) for _ in range(config.num_layers))
        self.final_layer = FinalLayer(width, patch * patch * out_channels)

    def forward(self, sample: torch.Tensor, timestep: torch.Tensor, class_labels: torch.Tensor) -> torch.Tensor:
        """sample [batch, channels, side, side], timestep [batch], class_labels [batch] to the velocity, as `sample`."""
        x = self.x_embedder(sample) + self.pos_embed
        condition = self.t_embedder(timestep) + self.y_embedder(class_labels)
        for block in self.blocks:
            x = block(x, condition)
        x = self.final_layer(x, condition)
        side, patch = self.config.sample_size // self.config.patch_size, self.config.patch_size
        x = x.reshape(x.shape[0], side, side, patch, patch, -1).permute(0, 5, 1, 3, 2, 4)
        x = x.reshape(x.shape[0], -1, side * patch, side * patch)
        return x[:, : self.config.in_channels]


def config_of(state: dict[str, torch.Tensor]) -> Config:
    """The shape that a checkpoint's tensors tell."""
    needed = ("pos_embed", "x_embedder.proj.weight", "y_embedder.embedding_table.weight", "final_layer.linear.weight")
    missing = [name for name in needed if name not in state]
    if missing:
        raise common.refuse(f"Expected a checkpoint of SiT, found none of its tensors {', '.join(missing)}.")
    width, channels, patch, _ = state["x_embedder.proj.weight"].shape
    if width not in HEADS:
        raise common.refuse(f"Expected the width of SiT-S, -B, -L or -XL ({', '.join(map(str, HEADS))}), found {width}.")
    outputs = state["final_layer.linear.weight"].shape[0]
    return Config(
        sample_size=math.isqrt(state["pos_embed"].shape[1]) * patch,
        patch_size=patch,
        in_channels=channels,
        hidden_size=width,
        num_layers=len({name.split(".")[1] for name in state if name.startswith("blocks.")}),
        num_attention_heads=HEADS[width],
        num_classes=state["y_embedder.embedding_table.weight"].shape[0] - 1,
        learn_sigma=outputs == patch * patch * channels * 2,
    )


def export_pipeline(sit: SiT, vae: Path, out: Path, classes: list[str]) -> None:
    """Write the folder: transformer/, vae_decoder/, scheduler/ and model_index.json. `classes` in the order of labels."""
    config = sit.config
    if len(classes) != config.num_classes:
        raise common.refuse(f"Expected {config.num_classes} names of classes, found {len(classes)}. Name them with --classes.")

    def feeds(batch: int) -> dict[str, torch.Tensor]:
        return {
            "sample": common.random(batch, config.in_channels, config.sample_size, config.sample_size),
            "timestep": torch.linspace(0.1, 0.9, batch),
            "class_labels": common.random_ids(config.num_classes + 1, batch),
        }

    common.export(sit, feeds, ("velocity",), out / "transformer" / "model.onnx")
    common.write_json(out / "transformer" / "config.json", {"_class_name": "SiT", **asdict(config)})
    common.export_vae_decoder(vae, out)
    # diffusers has no class for it: the ODE of the linear path from t = 0, noise, to t = 1, the image.
    transport = {"_class_name": "SiTTransport", "path_type": "Linear", "prediction": "velocity"}
    common.write_json(out / "scheduler" / "scheduler_config.json", transport)
    common.write_json(
        out / "model_index.json",
        {
            "_class_name": "SiTPipeline",
            "transformer": ["sit", "SiT"],
            "vae": ["diffusers", "AutoencoderKL"],
            "scheduler": ["sit", "SiTTransport"],
            "id2label": {str(label): name for label, name in enumerate(classes)},
        },
    )


def main() -> None:
    args = common.arguments(
        __doc__,
        checkpoint="SiT checkpoint, .pt or .safetensors",
        vae="diffusers AutoencoderKL folder: sd-vae-ft-mse or sd-vae-ft-ema",
        classes="optional: names of the classes, one a line; ImageNet's where there are 1000",
    )
    state = common.state_dict(args.checkpoint)
    sit = common.fill(SiT(config_of(state)), state, "SiT")
    if args.classes is not None:
        classes = [line.strip() for line in args.classes.read_text().splitlines() if line.strip()]
    else:
        classes = json.loads(IMAGENET_CLASSES.read_text())
    export_pipeline(sit, args.vae, args.out, classes)


if __name__ == "__main__":
    main()
