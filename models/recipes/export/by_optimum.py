"""What Optimum exports, with a comparison behind it: pipelines of diffusers (Stable Diffusion 1 and 2, SDXL, Turbo, LCM,
SD3, FLUX.1), CLIP and SigLIP in one graph, DINOv2 with the head on one block.

    python by_optimum.py --checkpoint stable-diffusion-v1-5 --out sd15

The checkpoint is a folder of diffusers (with model_index.json) or of transformers (with config.json). Folder, files and
names are Optimum's own; each graph is then run beside the torch module that it was made from. Weights stay float32: half
precision wants a CUDA device, `optimum-cli export onnx --dtype fp16 --device cuda`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import nn

import common
import towers

TASKS = {
    "clip": "zero-shot-image-classification",
    "siglip": "zero-shot-image-classification",
    "dinov2": "image-classification",
}
# Sizes of a graph's free axes, by the name that Optimum gives them; two pictures, so that no batch is baked in.
BATCHES = ("batch_size", "text_batch_size", "image_batch_size")
# Latents along a side; a packed latent holds four.
LATENTS = 16


def axis(name: str | int | None, side: int) -> int:
    if isinstance(name, int):
        return name
    if name in BATCHES or name is None:
        return 2
    if name == "num_channels":
        return 3
    if name == "sequence_length":
        return 9
    if name == "packed_height_width":
        return LATENTS * LATENTS // 4
    return side if name.endswith(("height", "width")) else 1


def feeds_of(session: onnxruntime.InferenceSession, side: int, tokens: int) -> dict[str, torch.Tensor]:
    """Inputs of the declared types and shapes. `side`: pixels or latents; `tokens`: ids are below it."""
    made = {}
    for number, given in enumerate(session.get_inputs()):
        shape = [axis(name, side) for name in given.shape]
        if given.name in ("timestep", "guidance"):
            made[given.name] = torch.full(shape, 500.0 if given.name == "timestep" else 3.5)
        elif given.name == "attention_mask":
            made[given.name] = torch.ones(shape, dtype=torch.int64)
        elif given.type == "tensor(int64)":
            made[given.name] = common.random_ids(tokens if given.name == "input_ids" else 4, *shape)
        else:
            made[given.name] = common.random(*shape, seed=number)
    return made


def outputs_of(module: nn.Module, part: str, feeds: dict[str, torch.Tensor], names: list[str]) -> list[torch.Tensor]:
    """What torch makes of the same inputs, in the order of `names`."""
    if part == "vae_decoder":
        return [module.decode(feeds["latent_sample"]).sample]
    if part == "vae_encoder":
        return [module.encode(feeds["sample"]).latent_dist.parameters]
    given = dict(feeds)
    if part == "unet" and "text_embeds" in given:
        given["added_cond_kwargs"] = {name: given.pop(name) for name in ("text_embeds", "time_ids")}
    if any(name.startswith("hidden_states.") for name in names):
        given["output_hidden_states"] = True
    made = module(**given, return_dict=True)
    found = []
    for name in names:
        stem, _, number = name.partition(".")
        value = getattr(made, stem, made[0])
        found.append(value[int(number)] if number else value)
    return found


@torch.no_grad()
def check(module: nn.Module, part: str, file: Path, side: int, tokens: int) -> None:
    """Print the largest difference between a graph and torch; SystemExit where it is too large."""
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    feeds = feeds_of(session, side, tokens)
    names = [output.name for output in session.get_outputs()]
    made = session.run(names, {name: value.numpy() for name, value in feeds.items()})
    worst = 0.0
    for one, want in zip(made, outputs_of(module, part, feeds, names), strict=True):
        worst = max(worst, float(np.abs(one - want.numpy()).max() / max(want.abs().max().item(), 1e-6)))
    print(f"{file.parent.name}/{file.name}: from torch {worst:.1e}", flush=True)
    if not worst < common.TOLERANCE:
        raise common.refuse(f"Expected {file} to differ from torch by less than {common.TOLERANCE}, found {worst}.")


def export_pipeline(checkpoint: Path, out: Path) -> None:
    from diffusers import DiffusionPipeline
    from optimum.exporters.onnx import main_export

    main_export(str(checkpoint), out, task="text-to-image", do_validation=False, local_files_only=True)
    pipeline = DiffusionPipeline.from_pretrained(checkpoint, torch_dtype=torch.float32, local_files_only=True)
    for file in sorted(out.glob("*/model.onnx")):
        part = file.parent.name
        module = (pipeline.vae if part.startswith("vae_") else getattr(pipeline, part)).eval()
        side = LATENTS * 8 if part == "vae_encoder" else LATENTS
        check(module, part, file, side, getattr(module.config, "vocab_size", 1))


def export_model(checkpoint: Path, out: Path) -> None:
    import transformers
    from optimum.exporters.onnx import main_export

    config = transformers.AutoConfig.from_pretrained(checkpoint)
    if config.model_type not in TASKS:
        raise common.refuse(f"Expected a model of type {', '.join(TASKS)}, found {config.model_type} in {checkpoint}.")
    if not (checkpoint / "preprocessor_config.json").is_file():
        raise common.refuse(f"Expected preprocessor_config.json in {checkpoint}, found none: nothing says how to prepare pictures.")
    main_export(str(checkpoint), out, task=TASKS[config.model_type], do_validation=False, local_files_only=True)
    kind = getattr(transformers, config.architectures[0])
    module = kind.from_pretrained(checkpoint, dtype=torch.float32).eval()
    text, vision = getattr(config, "text_config", None), getattr(config, "vision_config", config)
    check(module, config.model_type, out / "model.onnx", vision.image_size, text.vocab_size if text else 1)
    if config.model_type == "siglip":
        about, components = towers.about(module, checkpoint), {"tokenizer": "siglip"}
        common.write_about(out, components=components, **about)


def main() -> None:
    args = common.arguments(__doc__, checkpoint="folder of diffusers or transformers")
    if (args.checkpoint / "model_index.json").is_file():
        export_pipeline(args.checkpoint, args.out)
    elif (args.checkpoint / "config.json").is_file():
        export_model(args.checkpoint, args.out)
    else:
        raise common.refuse(f"Expected model_index.json or config.json in {args.checkpoint}, found neither.")


if __name__ == "__main__":
    main()
