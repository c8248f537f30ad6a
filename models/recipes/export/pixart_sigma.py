"""PixArt-Sigma (Chen et al. 2024, "PixArt-Sigma: Weak-to-Strong Training of Diffusion Transformer for 4K
Text-to-Image Generation") to ONNX, which Optimum does not export.

    python pixart_sigma.py --checkpoint PixArt-Sigma-XL-2-1024-MS --out pixart-sigma

The checkpoint is a diffusers folder with transformer, vae, text_encoder, tokenizer and scheduler. Repositories of the
other sizes hold the transformer alone: give it as `--transformer` beside the folder that holds the rest.

transformer/model.onnx: hidden_states [batch, 4, height, width], encoder_hidden_states [batch, tokens, 4096],
encoder_attention_mask float [batch, tokens] with 1 for the text's own tokens, timestep float [batch], to sample [batch,
8, height, width], whose last four channels are the learned variance. Height and width are free: the sines of the
positions are computed inside.
text_encoder/model.onnx: input_ids and attention_mask int64 [batch, tokens] to last_hidden_state. The tokens' padding is
attended to nowhere, so the mask matters. Texts are 300 tokens long.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import nn

import common


class Positions(nn.Module):
    """diffusers' PatchEmbed with the sines of the positions computed in the graph, so that any size can be asked for.

    Latents [batch, channels, height, width] to tokens [batch, height * width / patch^2, embedding].
    """

    def __init__(self, embed: nn.Module) -> None:
        super().__init__()
        self.proj = embed.proj
        self.patch_size = embed.patch_size
        width = embed.proj.out_channels
        frequencies = 1 / 10_000 ** (torch.arange(width // 4, dtype=torch.float64) / (width / 4))
        self.register_buffer("frequencies", frequencies.float())
        self.scale = embed.base_size / embed.interpolation_scale

    def sines(self, count: torch.Tensor) -> torch.Tensor:
        """Of `count` places along one side: [count, embedding / 2]."""
        places = torch.arange(count).float() * (self.scale / count)
        angles = places[:, None] * self.frequencies[None]
        return torch.cat([angles.sin(), angles.cos()], dim=1)

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        tokens = self.proj(latents).permute(0, 2, 3, 1)
        columns, rows = self.sines(tokens.shape[2]), self.sines(tokens.shape[1])
        half = columns.shape[1]
        columns = columns[None].expand(tokens.shape[1], tokens.shape[2], half)
        rows = rows[:, None].expand(tokens.shape[1], tokens.shape[2], half)
        return (tokens + torch.cat([columns, rows], dim=2)[None]).flatten(1, 2)


class Transformer(nn.Module):
    def __init__(self, transformer: nn.Module) -> None:
        super().__init__()
        self.transformer = transformer

    def forward(
        self,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor,
        encoder_attention_mask: torch.Tensor,
        timestep: torch.Tensor,
    ) -> torch.Tensor:
        return self.transformer(
            hidden_states,
            encoder_hidden_states=encoder_hidden_states,
            encoder_attention_mask=encoder_attention_mask,
            timestep=timestep,
            added_cond_kwargs={"resolution": None, "aspect_ratio": None},
            return_dict=False,
        )[0]


class TextEncoder(nn.Module):
    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        return self.encoder(input_ids, attention_mask=attention_mask)[0]


def mask_of(batch: int, tokens: int) -> torch.Tensor:
    """[batch, tokens] of 1 and 0; texts of different lengths."""
    lengths = torch.arange(batch) * tokens // (batch + 1) + 1
    return (torch.arange(tokens)[None] < lengths[:, None]).long()


@torch.no_grad()
def export_transformer(folder: Path, out: Path) -> None:
    from diffusers import PixArtTransformer2DModel

    model = PixArtTransformer2DModel.from_pretrained(folder, torch_dtype=torch.float32).eval()
    if model.use_additional_conditions:
        raise common.refuse(
            f"Expected a transformer of PixArt-Sigma, found one that takes resolution and aspect ratio in {folder}: "
            "PixArt-alpha, which this recipe does not know."
        )
    width, channels = model.config.caption_channels, model.config.in_channels

    def feeds(batch: int, sides: tuple[int, int] | None = None) -> dict[str, torch.Tensor]:
        height, across = sides or (4 + 2 * batch, 10 - 2 * batch)
        return {
            "hidden_states": common.random(batch, channels, height, across),
            "encoder_hidden_states": common.random(batch, 7, width, seed=8),
            "encoder_attention_mask": mask_of(batch, 7).float(),
            "timestep": torch.linspace(0, 999, batch).round(),
        }

    side = model.config.sample_size
    shapes = [feeds(1, (side, side)), feeds(1, (side, side + 2))]
    before = torch.cat([Transformer(model)(*shape.values()).flatten() for shape in shapes])
    model.pos_embed = Positions(model.pos_embed)
    after = torch.cat([Transformer(model)(*shape.values()).flatten() for shape in shapes])
    apart = (after - before).abs().max() / before.abs().max()
    print(f"positions computed in the graph: {apart:.1e} from diffusers'", flush=True)
    if apart >= common.TOLERANCE:
        raise common.refuse(f"Expected positions computed in the graph to equal diffusers', found {apart:.1e} apart.")
    axes = {
        "hidden_states": {0: "batch_size", 2: "height", 3: "width"},
        "encoder_hidden_states": {0: "batch_size", 1: "sequence_length"},
        "encoder_attention_mask": {0: "batch_size", 1: "sequence_length"},
        "sample": {0: "batch_size", 2: "height", 3: "width"},
    }
    common.export(Transformer(model), feeds, ("sample",), out / "transformer" / "model.onnx", axes)
    common.copy_known(folder, out / "transformer", ("config.json",))


def export_text_encoder(folder: Path, out: Path) -> None:
    from transformers import T5EncoderModel

    model = T5EncoderModel.from_pretrained(folder, dtype=torch.float32).eval()

    def feeds(batch: int) -> dict[str, torch.Tensor]:
        return {
            "input_ids": common.random_ids(model.config.vocab_size, batch, 5 + batch),
            "attention_mask": mask_of(batch, 5 + batch),
        }

    names = ("input_ids", "attention_mask", "last_hidden_state")
    axes = {name: {0: "batch_size", 1: "sequence_length"} for name in names}
    common.export(TextEncoder(model), feeds, ("last_hidden_state",), out / "text_encoder" / "model.onnx", axes)
    common.copy_known(folder, out / "text_encoder", ("config.json",))


def export_pipeline(checkpoint: Path, out: Path, transformer: Path | None = None) -> None:
    """Write the folder as Optimum lays out a pipeline, from a diffusers folder and another transformer if one is given."""
    needed = ("text_encoder", "tokenizer", "vae", "scheduler", *(() if transformer else ("transformer",)))
    missing = [name for name in needed if not (checkpoint / name).is_dir()]
    if missing:
        raise common.refuse(f"Expected the folders {', '.join(needed)} in {checkpoint}, found no {', '.join(missing)}.")
    export_transformer(transformer or checkpoint / "transformer", out)
    export_text_encoder(checkpoint / "text_encoder", out)
    common.export_vae_decoder(checkpoint / "vae", out)
    common.copy_tokenizer(checkpoint / "tokenizer", out / "tokenizer")
    common.copy_known(checkpoint / "scheduler", out / "scheduler", ("scheduler_config.json",))
    index = json.loads((checkpoint / "model_index.json").read_text())
    common.write_json(out / "model_index.json", index | {"_class_name": "PixArtSigmaPipeline"})


def main() -> None:
    args = common.arguments(
        __doc__,
        checkpoint="diffusers folder of PixArt-Sigma",
        transformer="optional: folder of another transformer, such as that of 512 px",
    )
    export_pipeline(args.checkpoint, args.out, args.transformer)


if __name__ == "__main__":
    main()
