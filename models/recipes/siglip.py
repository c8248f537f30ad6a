"""Train a second self-supervised tower, with the sigmoid loss: no labels, no text.

    python siglip.py --minutes 6 --compile

Two views of every picture of a batch: are these two of the same picture, yes or no? Each pair is a question of its own
(Zhai et al. 2023, "Sigmoid Loss for Language Image Pre-Training", algorithm 1, with a second view in the place of the text),
with a learned temperature and bias. One view is whole; the other is moved by up to two latents and shows half of its tokens, scattered
or around one place. Both carry noise of random strength, so that blurred estimates early in sampling are read well.
"""

from __future__ import annotations

import math
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

import graphs
import tower
import training

WIDTH, DEPTH, EMBEDDING = 128, 4, 128
SHOWN = 32  # tokens of the second view


class Siglip(nn.Module):
    """Latents, and if given the indices [n, k] of the tokens to look at -> embeddings [n, EMBEDDING]."""

    def __init__(self) -> None:
        super().__init__()
        self.tower = tower.Tower(WIDTH, DEPTH)
        self.pool = tower.Pool(WIDTH, EMBEDDING)

    def forward(self, z: torch.Tensor, index: torch.Tensor | None = None) -> torch.Tensor:
        t = self.tower.tokens(z) + self.tower.places
        return self.pool(self.tower.layers(t if index is None else tower.pick(t, index))[-1])


class Tune(nn.Module):
    """Temperature and bias of the loss, with the paper's first values."""

    def __init__(self) -> None:
        super().__init__()
        self.scale, self.bias = nn.Parameter(torch.tensor(math.log(10.0))), nn.Parameter(torch.tensor(-10.0))


def losses_of(net: Siglip, tune: Tune, whole: torch.Tensor, partial: torch.Tensor, index: torch.Tensor):
    """Sigmoid loss over all pairs of a batch, divided by its rows; and the share of views nearest to their own picture."""
    a, b = F.normalize(net(whole).float(), dim=-1), F.normalize(net(partial, index).float(), dim=-1)
    logits = tune.scale.exp() * a @ b.T + tune.bias
    same = 2 * torch.eye(len(a), device=a.device) - 1
    found = (logits.argmax(0) == torch.arange(len(a), device=a.device)).float().mean()
    return -F.logsigmoid(same * logits).sum() / len(a), found


class Seen(nn.Module):
    """What is exported: pixels -> embeddings around their mean over the training scenes, because cosines are compared."""

    def __init__(self, eye: tower.Eye, net: Siglip, mean: torch.Tensor) -> None:
        super().__init__()
        self.eye, self.net = eye, net
        self.register_buffer("mean", mean)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return F.normalize(self.net(self.eye(pixels)), dim=-1) - self.mean


def load(checkpoints: Path) -> Seen:
    """The network that is exported (averaged weights), in evaluation mode."""
    state, mean = training.load(checkpoints, "siglip"), training.load(checkpoints, "siglip-mean")["mean"]
    net = Siglip()
    net.load_state_dict(state["average"]["net"])
    return Seen(tower.eye(checkpoints, state), net, mean).eval()


@torch.no_grad()
def find_mean(checkpoints: Path, scenes: int = 16384) -> None:
    """Mean of the normalised embeddings of the first scenes; writes the checkpoint siglip-mean."""
    state = training.load(checkpoints, "siglip")
    net = Siglip().eval()
    net.load_state_dict(state["average"]["net"])
    z, _, _ = tower.latents(checkpoints)
    with training.autocast(torch.device("cpu")):
        found = torch.cat([F.normalize(net(part.float()).float(), dim=-1) for part in z[:scenes].split(256)])
    training.save(checkpoints, "siglip-mean", {"mean": found.mean(0)})


def measure(checkpoints: Path) -> None:
    """Print the embeddings' self-consistency on fresh renders."""
    tower.self_consistency(load(checkpoints))


def make_pack(checkpoints: Path, folder: Path) -> None:
    """Write the pack scenes-siglip: one graph, checked against torch, and the manifest."""
    net = load(checkpoints)
    pixels = {"pixel_values": torch.zeros(2, 3, 128, 128)}
    graphs.export(net, pixels, "image_embeds", folder / "vision_model.onnx")
    print(f"image tower: {graphs.gflop(net, pixels)} GFLOP an image")
    graphs.write_manifest(
        folder,
        {
            "formatVersion": 1,
            "id": "scenes-siglip",
            "name": "Scenes SigLIP",
            "kind": "verifier",
            "version": "1.0.0",
            "licence": "CC0-1.0",
            "description": "Whether an image stays what it promised to become: features trained without labels, with a sigmoid loss.",
            "verifiers": [{"id": "siglip_self"}],
            "image": tower.IMAGE,
            "components": {
                "imageTower": {
                    "file": "vision_model.onnx",
                    "inputs": {"pixels": "pixel_values"},
                    "outputs": {"embedding": "image_embeds"},
                }
            },
        },
    )


def main() -> None:
    parser = tower.arguments(__doc__, minutes=6, batch=128)
    parser.add_argument("--noise", type=float, default=0.4, help="largest standard deviation of the noise on latents")
    args = parser.parse_args()
    device = training.setup(args)
    if not args.measure:
        z, shift, scale = tower.latents(args.checkpoints)
        net, tune = Siglip().to(device), Tune().to(device)
        compute = torch.compile(losses_of, dynamic=False) if args.compile else losses_of

        def losses(picked, generator):
            x = z[picked].float()
            whole = tower.noisy(x, args.noise, generator).to(device)
            partial = tower.noisy(tower.shifted(x, 2, generator), args.noise, generator).to(device)
            scattered = torch.rand(len(x), tower.TOKENS, generator=generator).argsort(1)[:, :SHOWN]
            near = tower.blob(len(x), SHOWN, generator)
            index = torch.where(torch.rand(len(x), 1, generator=generator) < 0.5, scattered, near).to(device)
            loss, found = compute(net, tune, whole, partial, index)
            return loss, {"found": found, "scale": tune.scale.exp(), "bias": tune.bias}

        tower.fit(args, "siglip", {"net": net, "tune": tune}, len(z), losses, extra={"shift": shift, "scale": scale})
        find_mean(args.checkpoints)
    measure(args.checkpoints)


if __name__ == "__main__":
    main()
