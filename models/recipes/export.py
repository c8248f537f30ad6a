"""Export the trained networks as two packs, and check every graph against torch.

    python export.py                     both packs, manifests included
    python export.py --only scenes-clip

Weights are stored as float16 with a Cast to float32 behind each, which onnxruntime folds when it loads the file:
half the bytes, the speed and the arithmetic of float32. The torch weights are rounded to float16 first, so what is
compared is the same network, and every constant whose float16 copy is exact is stored that way.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

import autoencoder
import clip
import data
import flow
import tokenizer
import training

PACKS = Path(__file__).parent.parent / "packs"
TOLERANCE = 1e-4  # largest absolute difference between a graph and torch
SMALL = 256  # constants of fewer numbers stay float32

EXAMPLES = (
    "two red stars in night",
    "a large blue heart in paper",
    "three yellow circles in sky",
    "a striped green square in sand",
    "a purple moon above a orange diamond in night",
    "four pink rings in meadow",
)


# --- graphs -----------------------------------------------------------------------------------


def rounded(module: nn.Module) -> nn.Module:
    """A float32 copy whose large parameters hold float16 values."""
    module = copy.deepcopy(module).float().cpu().eval()
    for p in module.parameters():
        p.requires_grad_(False)
        if p.numel() >= SMALL:
            p.copy_(p.half().float())
    return module.to(memory_format=torch.contiguous_format)


def halve(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store float32 initialisers, where that loses nothing, as float16 followed by a Cast."""
    graph, casts = model.graph, []
    for tensor in list(graph.initializer):
        if tensor.data_type != TensorProto.FLOAT:
            continue
        values = numpy_helper.to_array(tensor)
        half = values.astype(np.float16)
        if values.size < SMALL or not np.array_equal(half.astype(np.float32), values):
            continue
        name = tensor.name
        graph.initializer.remove(tensor)
        graph.initializer.append(numpy_helper.from_array(half, name + "_half"))
        casts.append(helper.make_node("Cast", [name + "_half"], [name], name=name + "_cast", to=TensorProto.FLOAT))
    for node in reversed(casts):
        graph.node.insert(0, node)
    return model


def shorten(model: onnx.ModelProto) -> onnx.ModelProto:
    """Give inner tensors short names and nodes none: the module paths would be half of everything but the weights."""
    graph = model.graph
    kept = {v.name for v in [*graph.input, *graph.output]}
    names: dict[str, str] = {"": ""}

    def short(name: str) -> str:
        return name if name in kept else names.setdefault(name, f"t{len(names)}")

    for tensor in graph.initializer:
        tensor.name = short(tensor.name)
    for node in graph.node:
        node.name = ""
        node.input[:] = [short(name) for name in node.input]
        node.output[:] = [short(name) for name in node.output]
    del graph.value_info[:]
    return model


def export(module: nn.Module, inputs: dict[str, torch.Tensor], output: str, file: Path) -> float:
    """Write one graph with a dynamic batch and return its largest difference from torch over several batches.

    `inputs` are examples of batch 2 in the order of the module's arguments. SystemExit if the check fails.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    module = rounded(module)
    axes = {name: {0: "batch"} for name in [*inputs, output]}
    torch.onnx.export(
        module,
        tuple(inputs.values()),
        str(file),
        input_names=list(inputs),
        output_names=[output],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    model = shorten(halve(onnx.load(file)))
    model.producer_name, model.producer_version = "goldpan recipes", ""
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, file)
    session = ort.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    generator, worst = torch.Generator().manual_seed(11), 0.0
    for batch in (1, 2, 3, 8):
        feed = {}
        for name, example in inputs.items():
            shape = (batch, *example.shape[1:])
            if example.dtype == torch.int64:
                feed[name] = torch.randint(0, len(tokenizer.IDS), shape, generator=generator)
            elif example.ndim == 1:
                feed[name] = torch.rand(shape, generator=generator)
            else:
                feed[name] = torch.randn(shape, generator=generator)
        made = session.run([output], {k: v.numpy() for k, v in feed.items()})[0]
        with torch.no_grad():
            want = module(*feed.values()).numpy()
        if made.shape != want.shape or not np.isfinite(made).all():
            raise SystemExit(f"{file.name}: expected finite {want.shape}, found {made.shape} at batch {batch}")
        worst = max(worst, float(np.abs(made - want).max()))
    # The last feed once more, an image at a time: how far a result depends on its neighbours in the batch.
    alone = [session.run([output], {k: v[i : i + 1].numpy() for k, v in feed.items()})[0] for i in range(4)]
    four = session.run([output], {k: v[:4].numpy() for k, v in feed.items()})[0]
    apart = float(np.abs(np.concatenate(alone) - four).max())
    size = file.stat().st_size / 1e6
    print(f"{file.parent.name}/{file.name}: {size:.2f} MB, from torch {worst:.1e}, batch 4 from 1 {apart:.1e}", flush=True)
    if worst >= TOLERANCE:
        raise SystemExit(f"{file}: expected less than {TOLERANCE}, found {worst}")
    return worst


def gflop(module: nn.Module, inputs: dict[str, torch.Tensor]) -> float:
    """Floating point operations of one forward pass of one image, in billions (multiply and add count two)."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module.eval()(*(v[:1] for v in inputs.values()))
    return round(counter.get_total_flops() / 1e9, 3)


# --- manifests --------------------------------------------------------------------------------


def write_manifest(pack: Path, manifest: dict) -> None:
    """Add size and hash of every file of the pack but its documents, and write pack.json."""
    skipped = {"pack.json", "README.md", "contact-sheet.png"}
    files = {}
    for file in sorted(pack.rglob("*")):
        name = file.relative_to(pack).as_posix()
        if file.is_file() and name not in skipped:
            content = file.read_bytes()
            files[name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (pack / "pack.json").write_text(json.dumps(manifest | {"files": files}, indent=2) + "\n")
    print(f"{pack.name}: {sum(f['bytes'] for f in files.values()) / 1e6:.2f} MB in {len(files)} files")


TOKENIZER = {"file": "tokenizer/tokenizer.json", "configFile": "tokenizer/tokenizer_config.json"}


@torch.no_grad()
def preview_matrix(encoder: nn.Module, shift: torch.Tensor, scale: torch.Tensor) -> tuple[list, list]:
    """Least squares from a normalised latent pixel [c] to the mean RGB (0..1) of its 8 x 8 block: matrix, bias."""
    images = data.to_float(data.world.sample_batch(256, data.EVAL_SEED + 2)[0])
    z = torch.cat([encoder(part) for part in images.split(64)])
    z = ((z - shift.view(-1, 1, 1)) / scale.view(-1, 1, 1)).permute(0, 2, 3, 1).flatten(0, 2)
    colour = nn.functional.avg_pool2d((images + 1) / 2, 8).permute(0, 2, 3, 1).flatten(0, 2)
    solved = torch.linalg.lstsq(torch.cat([z, torch.ones(len(z), 1)], 1), colour).solution
    rows = [[round(v, 5) for v in row] for row in solved.tolist()]
    return rows[:-1], rows[-1]


def export_scenes(checkpoints: Path, pack: Path, guidance: float) -> None:
    image_encoder, decoder = autoencoder.load(checkpoints)
    encoder, denoiser, shift, scale = flow.load(checkpoints)
    channels = len(shift)
    tokenizer.write(pack / "tokenizer")
    ids = torch.zeros(2, tokenizer.LENGTH, dtype=torch.int64)
    latents = torch.randn(2, channels, 16, 16)
    with torch.no_grad():
        states = encoder(ids)
    export(encoder, {"input_ids": ids}, "last_hidden_state", pack / "text_encoder/model.onnx")
    inputs = {"hidden_states": latents, "timestep": torch.rand(2), "encoder_hidden_states": states}
    export(denoiser, inputs, "out_hidden_states", pack / "transformer/model.onnx")
    export(decoder, {"latent_sample": latents}, "sample", pack / "vae_decoder/model.onnx")
    matrix, bias = preview_matrix(image_encoder, shift, scale)
    manifest = {
        "formatVersion": 1,
        "id": "scenes",
        "name": "Scenes",
        "kind": "text_to_image",
        "version": "1.0.0",
        "licence": "CC0-1.0",
        "description": "Compositions of coloured, textured shapes on five backgrounds, 128 x 128, from a sentence.",
        "image": {"width": 128, "height": 128},
        "latents": {
            "channels": channels,
            "height": 16,
            "width": 16,
            "scale": [round(v, 6) for v in scale.tolist()],
            "shift": [round(v, 6) for v in shift.tolist()],
            "previewMatrix": matrix,
            "previewBias": bias,
        },
        "prediction": "velocity",
        "timeConvention": "sigma_1_is_noise",
        "defaults": {"sampler": "euler", "schedule": "linear", "steps": 20, "guidance": guidance},
        "textTokens": tokenizer.LENGTH,
        "vocabularyNote": "Counts a, two, three, four; small or large; striped or dotted; ten colours; eight shapes; "
        "left of, right of, above, below; in sky, sand, night, paper or meadow. Other words are ignored.",
        "examplePrompts": list(EXAMPLES),
        "components": {
            "tokenizer": TOKENIZER,
            "textEncoder": {
                "file": "text_encoder/model.onnx",
                "inputs": {"inputIds": "input_ids"},
                "outputs": {"hiddenStates": "last_hidden_state"},
            },
            "denoiser": {
                "file": "transformer/model.onnx",
                "inputs": {"latents": "hidden_states", "timestep": "timestep", "hiddenStates": "encoder_hidden_states"},
                "outputs": {"prediction": "out_hidden_states"},
                "gflopPerForward": gflop(denoiser, inputs),
            },
            "decoder": {"file": "vae_decoder/model.onnx", "inputs": {"latents": "latent_sample"}, "outputs": {"image": "sample"}},
        },
    }
    print(f"decoder: {gflop(decoder, {'z': latents})} GFLOP an image")
    write_manifest(pack, manifest)


def export_clip(checkpoints: Path, pack: Path) -> None:
    image, text = clip.load(checkpoints)
    tokenizer.write(pack / "tokenizer")
    pixels = {"pixel_values": torch.randn(2, 3, 128, 128)}
    export(image, pixels, "image_embeds", pack / "vision_model.onnx")
    export(text, {"input_ids": torch.zeros(2, tokenizer.LENGTH, dtype=torch.int64)}, "text_embeds", pack / "text_model.onnx")
    manifest = {
        "formatVersion": 1,
        "id": "scenes-clip",
        "name": "Scenes CLIP",
        "kind": "verifier",
        "version": "1.0.0",
        "licence": "CC0-1.0",
        "description": "How well an image of the scenes world agrees with a sentence: a small CLIP trained on that world.",
        "verifiers": [{"id": "clip_score"}],
        "image": {"width": 128, "height": 128, "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]},
        "textTokens": tokenizer.LENGTH,
        "promptPrefix": "A photo depicts ",
        "components": {
            "tokenizer": TOKENIZER,
            "imageTower": {"file": "vision_model.onnx", "inputs": {"pixels": "pixel_values"}, "outputs": {"embedding": "image_embeds"}},
            "textTower": {"file": "text_model.onnx", "inputs": {"inputIds": "input_ids"}, "outputs": {"embedding": "text_embeds"}},
        },
    }
    print(f"image tower: {gflop(image, pixels)} GFLOP an image")
    write_manifest(pack, manifest)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoints", type=Path, default=training.CHECKPOINTS)
    parser.add_argument("--packs", type=Path, default=PACKS)
    parser.add_argument("--only", choices=("scenes", "scenes-clip"))
    parser.add_argument("--guidance", type=float, default=3.0, help="default guidance in the manifest")
    args = parser.parse_args()
    torch.manual_seed(0)
    if args.only != "scenes-clip":
        export_scenes(args.checkpoints, args.packs / "scenes", args.guidance)
    if args.only != "scenes":
        export_clip(args.checkpoints, args.packs / "scenes-clip")


if __name__ == "__main__":
    main()
