"""Graphs and manifests: from a trained torch module to a checked ONNX file, and to the pack that holds it.

Weights are stored as float16 with a Cast to float32 behind each, which onnxruntime folds when it loads the file:
half the bytes, the speed and the arithmetic of float32. The torch weights are rounded to float16 first, so what is
compared is the same network, and every constant whose float16 copy is exact is stored that way.
"""

from __future__ import annotations

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

import data
import tokenizer

PACKS = Path(__file__).parent.parent / "packs"
TOLERANCE = 1e-4  # largest absolute difference between a graph and torch
SMALL = 256  # constants of fewer numbers stay float32


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


def export(
    module: nn.Module, inputs: dict[str, torch.Tensor], outputs: str | list[str], file: Path, ids: int = len(tokenizer.IDS)
) -> float:
    """Write one graph with a dynamic batch and return its largest difference from torch over several batches.

    `inputs` are examples of batch 2 in the order of the module's arguments; `outputs` names what it returns, one
    tensor or a tuple of as many. The check draws int64 inputs from 0 to `ids` - 1. SystemExit if it fails.
    """
    outputs = [outputs] if isinstance(outputs, str) else outputs
    file.parent.mkdir(parents=True, exist_ok=True)
    module = rounded(module)
    axes = {name: {0: "batch"} for name in [*inputs, *outputs]}
    torch.onnx.export(
        module,
        tuple(inputs.values()),
        str(file),
        input_names=list(inputs),
        output_names=outputs,
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
                feed[name] = torch.randint(0, ids, shape, generator=generator)
            elif example.ndim == 1:
                feed[name] = torch.rand(shape, generator=generator)
            else:
                feed[name] = torch.randn(shape, generator=generator)
        made = session.run(outputs, {k: v.numpy() for k, v in feed.items()})
        with torch.no_grad():
            wanted = module(*feed.values())
        for one, want in zip(made, [wanted] if torch.is_tensor(wanted) else wanted, strict=True):
            want = want.numpy()
            if one.shape != want.shape or not np.isfinite(one).all():
                raise SystemExit(f"{file.name}: expected finite {want.shape}, found {one.shape} at batch {batch}")
            worst = max(worst, float(np.abs(one - want).max()))
    # The last feed once more, an image at a time: how far a result depends on its neighbours in the batch.
    alone = [session.run(outputs, {k: v[i : i + 1].numpy() for k, v in feed.items()})[0] for i in range(4)]
    four = session.run(outputs, {k: v[:4].numpy() for k, v in feed.items()})[0]
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
    documents = (".md", ".png", ".svg")
    files = {}
    for file in sorted(pack.rglob("*")):
        name = file.relative_to(pack).as_posix()
        document = name == "pack.json" or name.endswith(documents) or name.startswith("evidence/")
        if file.is_file() and not document:
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


def latents_entry(encoder: nn.Module, shift: torch.Tensor, scale: torch.Tensor) -> dict:
    """What the manifest of an image pack says of its latents: shape, normalisation [c], the map to RGB for previews."""
    matrix, bias = preview_matrix(encoder, shift, scale)
    return {
        "channels": len(shift),
        "height": 16,
        "width": 16,
        "scale": [round(v, 6) for v in scale.tolist()],
        "shift": [round(v, 6) for v in shift.tolist()],
        "previewMatrix": matrix,
        "previewBias": bias,
    }
