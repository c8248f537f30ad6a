"""Checkpoints out of the shipped packs, to go on training where they stopped: `python restore.py`.

Checkpoints of a training are far larger than what ships, and stay out of the repository. The packs hold the averaged
weights, rounded to float16: enough to continue from (without the optimisers' state, which a few hundred steps bring back)
and to train what builds on a finished network. `--resume` of the recipes then goes on from these.

A graph keeps no parameter names. So the untrained module is exported once more, with numbers that no two parameters
share: the two graphs have the same nodes in the same order, and each number says which parameter stands where.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import numpy_helper
from torch import nn

import autoencoder
import clip
import flow
import tokenizer
import training
from graphs import PACKS

# What the shipped weights have behind them: steps, samples seen, seconds of training (the model cards have the same figures).
HISTORY = {"scenes": (2890, 554_840, 6963.0), "scenes-mini": (1514, 290_688, 3482.0), "scenes-clip": (1953, 250_000, 4020.0)}


def constants(model: onnx.ModelProto) -> list[np.ndarray]:
    """The stored tensors of a graph in the order in which nodes read them, float32, whatever they are stored as."""
    stored = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Cast" and node.input[0] in stored:
            stored[node.output[0]] = stored[node.input[0]].astype(np.float32)
    read = [n for n in model.graph.node if not (n.op_type == "Cast" and n.output[0] in stored)]
    return [stored[name] for node in read for name in node.input if name in stored]


@torch.no_grad()
def restore(module: nn.Module, inputs: dict[str, torch.Tensor], file: Path) -> nn.Module:
    """Fill `module` with the weights of the graph `file` that was exported from its like; SystemExit if they disagree."""
    module.eval()
    # Buffers that are not in there (FlowTransformer's) hold what no training changes.
    tensors = {n: t for n, t in module.state_dict().items() if t.is_floating_point()}
    for number, tensor in enumerate(tensors.values()):
        tensor.copy_(torch.rand(tensor.shape, generator=torch.Generator().manual_seed(number)) + number)
    with tempfile.TemporaryDirectory() as folder:
        like = Path(folder) / "like.onnx"
        torch.onnx.export(
            module, tuple(inputs.values()), str(like), input_names=list(inputs), opset_version=17, dynamo=False,
            dynamic_axes={name: {0: "batch"} for name in inputs},
        )
        marked = constants(onnx.load(like))
    shipped = constants(onnx.load(file))
    if [c.shape for c in marked] != [c.shape for c in shipped]:
        raise SystemExit(f"{file}: expected the graph of {type(module).__name__} as it is now, found another")
    found: set[str] = set()
    marks = {n: t.clone().numpy() for n, t in tensors.items()}
    for mark, values in zip(marked, shipped):
        for name, want in marks.items():
            turned = mark.T if mark.ndim == 2 and mark.shape == want.shape[::-1] else None
            if mark.size == want.size and np.allclose(mark.ravel(), want.ravel(), rtol=1e-4):
                tensors[name].copy_(torch.from_numpy(values.copy()).view(want.shape))
            elif turned is not None and np.allclose(turned, want, rtol=1e-4):
                tensors[name].copy_(torch.from_numpy(values.T.copy()))
            else:
                continue
            found.add(name)
    lost = set(marks) - found
    if lost:
        raise SystemExit(f"{file}: expected all parameters, did not find {', '.join(sorted(lost))}")
    session = ort.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    made = session.run(None, {n: t.numpy() for n, t in inputs.items()})[0]
    given = module(*inputs.values())
    apart = float(((given if torch.is_tensor(given) else given[0]) - torch.from_numpy(made)).abs().max())
    print(f"{file.parent.name}/{file.name}: {len(found)} tensors, {apart:.1e} from the graph")
    if not apart < 1e-3:
        raise SystemExit(f"{file}: expected the same output, found a difference of {apart}")
    return module


def keep(directory: Path, name: str, modules: dict[str, nn.Module], history: tuple[int, int, float], **more: object) -> None:
    """A checkpoint of averaged weights that stands for both the current and the averaged ones."""
    state = {k: m.state_dict() for k, m in modules.items()}
    step, samples, seconds = history
    training.save(directory, name, {"now": state, "average": state, "step": step, "samples": samples, "seconds": seconds} | more)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packs", type=Path, default=PACKS)
    parser.add_argument("--checkpoints", type=Path, default=training.CHECKPOINTS)
    args = parser.parse_args()
    args.checkpoints.mkdir(parents=True, exist_ok=True)
    ids, latents = torch.ones(2, tokenizer.LENGTH, dtype=torch.int64), torch.randn(2, autoencoder.CHANNELS, 16, 16)
    eyes = restore(clip.ImageTower(), {"pixel_values": torch.randn(2, 3, 128, 128)}, args.packs / "scenes-clip/vision_model.onnx")
    reads = restore(clip.TextTower(), {"input_ids": ids}, args.packs / "scenes-clip/text_model.onnx")
    keep(args.checkpoints, "clip", {"image": eyes, "text": reads}, HISTORY["scenes-clip"])
    decoder = restore(autoencoder.Decoder(), {"latent_sample": latents}, args.packs / "scenes/vae_decoder/model.onnx")
    keep(args.checkpoints, "autoencoder", {"encoder": eyes.encoder, "decoder": decoder}, (0, 0, 0.0))
    for pack in flow.CHECKPOINT:
        folder = args.packs / pack
        if not (folder / "pack.json").exists():
            continue
        stored = json.loads((folder / "pack.json").read_text())["latents"]
        encoder, denoiser = flow.networks(pack, stored["channels"])
        encoder = restore(encoder, {"input_ids": ids}, folder / "text_encoder/model.onnx")
        inputs = {"hidden_states": latents, "timestep": torch.rand(2), "encoder_hidden_states": encoder(ids).detach()}
        denoiser = restore(denoiser, inputs, folder / "transformer/model.onnx")
        shift, scale = torch.tensor(stored["shift"]), torch.tensor(stored["scale"])
        keep(args.checkpoints, flow.CHECKPOINT[pack], {"encoder": encoder, "denoiser": denoiser}, HISTORY[pack], shift=shift, scale=scale)


if __name__ == "__main__":
    main()
