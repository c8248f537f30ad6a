"""InceptionV3 with the weights that FID and the Inception Score are computed with (pt_inception-2015-12-05, TensorFlow's
network of 2015 as pytorch-fid and torch-fidelity have it) to ONNX: inception_confidence, and frechet with statistics.

    python inception.py --checkpoint pt_inception-2015-12-05-6726825d.pth --statistics reference.npz --out inception

It is not torchvision's InceptionV3: average pools leave the padding out of the mean, the last block pools by maximum, and
there are 1008 classes. Their order is TensorFlow's of 2015, which neither of the two packages holds: give the names, one a
line, as `--classes`, or the studio asks for them.

onnx/model.onnx: pixel_values [batch, 3, 299, 299] in -1..1 to features [batch, 2048] and logits [batch, 1008], without the
last layer's bias, which is what the Inception Score reads. Pictures reach 299 pixels as pytorch-fid brings them there: torch's
bilinear interpolation of floats, without antialiasing. torch-fidelity follows TensorFlow 1 instead, whose values differ.

`--statistics` is what `python -m pytorch_fid --save-stats PICTURES reference.npz` writes: mu [2048] and sigma [2048, 2048] of the
pictures that a population is to resemble. They become reference.bin: little-endian float64, the mean, then the covariance.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import common

SIZE = 299


class Conv(nn.Module):
    """Convolution, batch norm, ReLU. `kernel`: height, width; padded to keep the size where `same`."""

    def __init__(self, inputs: int, outputs: int, kernel: tuple[int, int] | int, stride: int = 1, same: bool = True) -> None:
        super().__init__()
        height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = (height // 2, width // 2) if same else 0
        self.conv = nn.Conv2d(inputs, outputs, (height, width), stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.bn(self.conv(x)))


class Block(nn.Module):
    """Chains of convolutions beside each other. A chain's name is that of its layers before the number, as the checkpoint
    has them; a last step of several convolutions forks. `pool`: what the branch beside them does, "average" and "maximum"
    with a convolution `branch_pool` behind, "shrink" alone, halving the size."""

    def __init__(self, inputs: int, chains: dict[str, list], pool: str, pooled: int = 0) -> None:
        super().__init__()
        self.pool = pool
        self.chains: list[list[list[str]]] = []
        self.outputs = 0
        for name, steps in chains.items():
            channels, chain = inputs, []
            for number, step in enumerate(steps, 1):
                forks = step if isinstance(step, list) else [step]
                layers = []
                for letter, (outputs, *rest) in zip("ab" if len(forks) > 1 else [""], forks, strict=True):
                    layer = name if len(steps) == 1 else f"{name}_{number}{letter}"
                    self.add_module(layer, Conv(channels, outputs, *rest))
                    layers.append(layer)
                channels = sum(outputs for outputs, *_ in forks)
                chain.append(layers)
            self.chains.append(chain)
            self.outputs += channels
        if pool == "shrink":
            self.outputs += inputs
        else:
            self.branch_pool = Conv(inputs, pooled, 1)
            self.outputs += pooled

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        made = []
        for chain in self.chains:
            value = x
            for layers in chain:
                value = torch.cat([getattr(self, layer)(value) for layer in layers], dim=1)
            made.append(value)
        if self.pool == "shrink":
            made.append(F.max_pool2d(x, 3, 2))
        elif self.pool == "maximum":
            made.append(self.branch_pool(F.max_pool2d(x, 3, 1, 1)))
        else:
            made.append(self.branch_pool(F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)))
        return torch.cat(made, dim=1)


class Inception(nn.Module):
    """The whole network. `slim` divides every width, for tests of the same topology."""

    def __init__(self, slim: int = 1, classes: int = 1008) -> None:
        super().__init__()

        def of(width: int) -> int:
            return width // slim

        def halving(width: int, kernel: int) -> tuple:
            return (of(width), kernel, 2, False)

        self.Conv2d_1a_3x3 = Conv(3, of(32), 3, 2, False)
        self.Conv2d_2a_3x3 = Conv(of(32), of(32), 3, 1, False)
        self.Conv2d_2b_3x3 = Conv(of(32), of(64), 3)
        self.Conv2d_3b_1x1 = Conv(of(64), of(80), 1)
        self.Conv2d_4a_3x3 = Conv(of(80), of(192), 3, 1, False)
        channels = of(192)
        for name, pooled in (("5b", 32), ("5c", 64), ("5d", 64)):
            chains = {
                "branch1x1": [(of(64), 1)],
                "branch5x5": [(of(48), 1), (of(64), 5)],
                "branch3x3dbl": [(of(64), 1), (of(96), 3), (of(96), 3)],
            }
            channels = self.append(name, Block(channels, chains, "average", of(pooled)))
        chains = {"branch3x3": [halving(384, 3)], "branch3x3dbl": [(of(64), 1), (of(96), 3), halving(96, 3)]}
        channels = self.append("6a", Block(channels, chains, "shrink"))
        for name, width in (("6b", 128), ("6c", 160), ("6d", 160), ("6e", 192)):
            across, down = (1, 7), (7, 1)
            narrow = of(width)
            chains = {
                "branch1x1": [(of(192), 1)],
                "branch7x7": [(narrow, 1), (narrow, across), (of(192), down)],
                "branch7x7dbl": [(narrow, 1), (narrow, down), (narrow, across), (narrow, down), (of(192), across)],
            }
            channels = self.append(name, Block(channels, chains, "average", of(192)))
        chains = {
            "branch3x3": [(of(192), 1), halving(320, 3)],
            "branch7x7x3": [(of(192), 1), (of(192), (1, 7)), (of(192), (7, 1)), halving(192, 3)],
        }
        channels = self.append("7a", Block(channels, chains, "shrink"))
        for name, pool in (("7b", "average"), ("7c", "maximum")):
            fork = [(of(384), (1, 3)), (of(384), (3, 1))]
            chains = {
                "branch1x1": [(of(320), 1)],
                "branch3x3": [(of(384), 1), fork],
                "branch3x3dbl": [(of(448), 1), (of(384), 3), fork],
            }
            channels = self.append(name, Block(channels, chains, pool, of(192)))
        self.fc = nn.Linear(channels, classes)

    def append(self, name: str, block: Block) -> int:
        self.add_module(f"Mixed_{name}", block)
        return block.outputs

    def forward(self, pixel_values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(pixel_values)))
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(F.max_pool2d(x, 3, 2)))
        x = F.max_pool2d(x, 3, 2)
        for name in ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c"):
            x = getattr(self, f"Mixed_{name}")(x)
        features = x.mean(dim=(2, 3))
        return features, features @ self.fc.weight.T


def load(state: dict[str, torch.Tensor]) -> Inception:
    """The published weights; batch norms' counts, which files of that age do not hold, matter nowhere."""
    if "fc.weight" not in state:
        raise common.refuse("Expected the weights of InceptionV3, found none of its tensor fc.weight.")
    model = Inception(slim=2048 // state["fc.weight"].shape[1], classes=state["fc.weight"].shape[0])
    counts = {name: torch.zeros((), dtype=torch.int64) for name in model.state_dict() if name.endswith("num_batches_tracked")}
    return common.fill(model, counts | state, "InceptionV3 for FID")


def read_statistics(file: Path, dimensions: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean [dimensions] and symmetric covariance [dimensions, dimensions] of pytorch-fid's file, float64."""
    try:
        with np.load(file, allow_pickle=False) as loaded:
            mean, covariance = loaded["mu"].astype(np.float64), loaded["sigma"].astype(np.float64)
    except (KeyError, ValueError, OSError, EOFError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        todo = "Write it with python -m pytorch_fid --save-stats."
        raise common.refuse(f"Expected arrays mu and sigma in {file}, found {type(error).__name__}. {todo}") from error
    if mean.shape != (dimensions,) or covariance.shape != (dimensions, dimensions):
        raise common.refuse(
            f"Expected mu [{dimensions}] and sigma [{dimensions}, {dimensions}] in {file}, as wide as the network's features, "
            f"found {list(mean.shape)} and {list(covariance.shape)}."
        )
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise common.refuse(f"Expected finite statistics in {file}, found NaN or infinity.")
    apart = np.abs(covariance - covariance.T).max()
    if apart > 1e-6 * np.abs(covariance).max() or covariance.diagonal().min() < 0:
        raise common.refuse(f"Expected a covariance as sigma in {file}, found one that is not symmetric or has negative variances.")
    return mean, (covariance + covariance.T) / 2


def export_model(model: Inception, out: Path, classes: list[str] | None = None, statistics: Path | None = None) -> None:
    """`classes` in the order of the logits, where they are known."""
    if classes is not None and len(classes) != model.fc.out_features:
        raise common.refuse(f"Expected {model.fc.out_features} names of classes, found {len(classes)}.")

    dimensions = model.fc.in_features
    reference = None if statistics is None else read_statistics(statistics, dimensions)

    def pixels(batch: int) -> dict[str, torch.Tensor]:
        return {"pixel_values": common.random(batch, 3, SIZE, SIZE).clamp(-1, 1)}

    common.export(model, pixels, ("features", "logits"), out / "onnx" / "model.onnx")
    outputs = {"embedding": "features", "logits": "logits"}
    tower = {"file": "onnx/model.onnx", "inputs": {"pixels": "pixel_values"}, "outputs": outputs}
    image = common.picture(SIZE, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), "tensor_bilinear", "exact", SIZE)
    verifiers: tuple[str, ...] = ("inception_confidence",)
    known: dict[str, object] = {} if classes is None else {"classes": classes}
    if reference is not None:
        (out / "reference.bin").write_bytes(b"".join(part.astype("<f8").tobytes() for part in reference))
        known["reference"] = {"file": "reference.bin", "dimensions": dimensions}
        verifiers += ("frechet",)
    common.write_about(out, verifiers, image, {"imageTower": tower}, **known)


def main() -> None:
    args = common.arguments(
        __doc__,
        checkpoint="pt_inception-2015-12-05-6726825d.pth",
        classes="optional: names of the 1008 classes, one a line",
        statistics="optional: .npz of pytorch-fid --save-stats, for frechet",
    )
    classes = None
    if args.classes is not None:
        classes = [line.strip() for line in args.classes.read_text().splitlines() if line.strip()]
    export_model(load(common.state_dict(args.checkpoint)), args.out, classes, args.statistics)


if __name__ == "__main__":
    main()
