"""Train the classifier: which of 80 kinds of thing an image shows, and pooled features to compare crowds of images by.

    python classifier.py --minutes 5 --compile

It stands where InceptionV3 stands in the paper: its softmax is the confidence of inception_confidence, its pooled features carry the
Fréchet distance. Supervised, with

- the class, "red circle" and so on. A picture with two kinds of things belongs half to each, since nothing in it says which of them
  a caption would count first; with both named, a good picture reaches a confidence of one half, one without the thing none;
- from the same pooled features the number of things, the texture of the first and the background, because features that know only
  the class would find two crowds alike that differ in everything else;
- the auxiliary task of flow.py on the last tokens, so that the tower finds objects early.

The reference statistics are those of 32,768 rendered scenes, through the same encoder as any image.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import autoencoder
import data
import flow
import graphs
import tower
import training
import world

WIDTH, DEPTH = 128, 4
POOLED = 64
SMOOTHING = 0.05
REFERENCE = "reference.bin"


class Classifier(nn.Module):
    """Latents -> pooled features [n, POOLED], logits of the classes [n, 80], last tokens [n, TOKENS, WIDTH]."""

    def __init__(self) -> None:
        super().__init__()
        self.tower = tower.Tower(WIDTH, DEPTH)
        self.pool = tower.Pool(WIDTH, POOLED)
        self.classes = nn.Linear(POOLED, len(tower.CLASSES))

    def forward(self, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        t = self.tower(z)[-1]
        pooled = self.pool(t)
        return pooled, self.classes(pooled), t


class Helpers(nn.Module):
    """Heads that only training has: count, texture and background from the pooled features, the auxiliary task from the tokens."""

    SPLIT = (5, len(world.TEXTURES) + 1, len(world.BACKGROUNDS))

    def __init__(self) -> None:
        super().__init__()
        self.rest = nn.Linear(POOLED, sum(self.SPLIT))
        self.tokens = nn.Linear(WIDTH, sum(flow.SPLIT))


def losses_of(net: Classifier, helpers: Helpers, z: torch.Tensor, targets: torch.Tensor, rest: torch.Tensor, labels: dict):
    """Errors of the class, of the rest (int64 [n, 3]: count - 1, texture, background) and of the tokens."""
    pooled, logits, t = net(z)
    wanted = (1 - SMOOTHING) * targets + SMOOTHING / len(tower.CLASSES)
    main = F.cross_entropy(logits.float(), wanted)
    told = helpers.rest(pooled).float().split(Helpers.SPLIT, -1)
    side = sum(F.cross_entropy(part, rest[:, i]) for i, part in enumerate(told))
    right = targets.gather(1, logits.argmax(1, keepdim=True)).gt(0).float().mean()
    return main, side, flow.auxiliary_loss(helpers.tokens(t), labels), right


class Seen(nn.Module):
    """What is exported: pixels -> pooled features [n, POOLED] and logits [n, 80]."""

    def __init__(self, eye: tower.Eye, net: Classifier) -> None:
        super().__init__()
        self.eye, self.net = eye, net

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.net(self.eye(pixels))[:2]


def load(checkpoints: Path) -> Seen:
    """The network that is exported (averaged weights), in evaluation mode."""
    state = training.load(checkpoints, "classifier")
    net = Classifier()
    net.load_state_dict(state["average"]["net"])
    return Seen(tower.eye(checkpoints, state), net).eval()


# --- the Fréchet distance ---------------------------------------------------------------------


def statistics(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean [d] and covariance [d, d], float64, of features [n, d]; n - 1 in the denominator."""
    features = features.astype(np.float64)
    return features.mean(0), np.cov(features, rowvar=False)


def frechet(one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]) -> float:
    """|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) of two (mean, covariance) pairs (Dowson and Landau 1982)."""
    (m1, c1), (m2, c2) = one, other
    values, vectors = np.linalg.eigh(c1)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    cross = np.sqrt(np.linalg.eigvalsh(root @ c2 @ root).clip(0)).sum()
    return float(((m1 - m2) ** 2).sum() + np.trace(c1) + np.trace(c2) - 2 * cross)


@torch.no_grad()
def find_reference(checkpoints: Path, scenes: int = 32768) -> None:
    """Mean and covariance of the pooled features of the first `scenes` scenes; writes the checkpoint classifier-reference."""
    state = training.load(checkpoints, "classifier")
    net = Classifier().eval()
    net.load_state_dict(state["average"]["net"])
    z, _, _ = tower.latents(checkpoints)
    # The exported network, in the arithmetic that it will run in: float32 with float16 weights.
    net = graphs.rounded(net)
    found = torch.cat([net(part.float())[0] for part in z[:scenes].split(256)])
    mean, covariance = statistics(found.numpy())
    kept = {"mean": torch.from_numpy(mean), "covariance": torch.from_numpy(covariance), "scenes": len(found)}
    training.save(checkpoints, "classifier-reference", kept)


@torch.no_grad()
def measure(checkpoints: Path, count: int = 512) -> None:
    """Print accuracy, confidence and Fréchet distances on fresh renders and on damaged copies of them."""
    net = load(checkpoints)
    kept = training.load(checkpoints, "classifier-reference")
    reference = kept["mean"].numpy(), kept["covariance"].numpy()
    pixels, _, objects = tower.fresh(count, 4)
    targets = tower.class_targets(objects)
    encoder, decoder = autoencoder.load(checkpoints)

    with training.autocast(torch.device("cpu")):
        trips = torch.cat([decoder(encoder(part)).float() for part in pixels.split(64)])

    def passes(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        with training.autocast(torch.device("cpu")):
            found = [net(part) for part in x.split(64)]
        return torch.cat([f for f, _ in found]).float(), torch.cat([l for _, l in found]).float()

    one_shape = objects[:, 0, 5] == 0
    noise = torch.randn(pixels.shape, generator=torch.Generator().manual_seed(1))
    sets = {
        "renders": pixels,
        "round trips": trips,
        "noise of 0.1": (pixels + 0.2 * noise).clamp(-1, 1),
        "noise of 0.25": (pixels + 0.5 * noise).clamp(-1, 1),
        "blur of 3 px": tower.blurred(pixels, 3),
        "a quarter covered": tower.covered(pixels, 0.25, torch.Generator().manual_seed(2)),
        "circles first only": pixels[one_shape],
    }
    for name, x in sets.items():
        pooled, logits = passes(x)
        wanted = targets if len(x) == count else targets[one_shape]
        sure = logits.softmax(1)[wanted.amax(1) == 1].gather(1, wanted[wanted.amax(1) == 1].argmax(1, keepdim=True)).mean()
        distance = frechet(statistics(pooled.numpy()), reference)
        print(f"{name} ({len(x)}): {tower.top_1(logits, wanted)}, confidence {sure:.3f}, Fréchet distance {distance:.3f}", flush=True)


def make_pack(checkpoints: Path, folder: Path) -> None:
    """Write the pack scenes-classifier: one graph, checked against torch, the reference statistics, and the manifest."""
    net = load(checkpoints)
    pixels = {"pixel_values": torch.zeros(2, 3, 128, 128)}
    graphs.export(net, pixels, ["pooled", "logits"], folder / "vision_model.onnx")
    print(f"image tower: {graphs.gflop(net, pixels)} GFLOP an image")
    kept = training.load(checkpoints, "classifier-reference")
    numbers = np.concatenate([kept["mean"].numpy(), kept["covariance"].numpy().ravel()])
    (folder / REFERENCE).write_bytes(numbers.astype("<f8").tobytes())
    graphs.write_manifest(
        folder,
        {
            "formatVersion": 1,
            "id": "scenes-classifier",
            "name": "Scenes classifier",
            "kind": "verifier",
            "version": "1.1.0",
            "licence": "CC0-1.0",
            "description": "Which colour and shape an image shows, how sure that is, and how near a set of images is to the rendered world.",
            "verifiers": [{"id": "inception_confidence"}, {"id": "frechet"}],
            "image": tower.IMAGE,
            "classes": tower.CLASSES,
            "reference": {"file": REFERENCE, "dimensions": POOLED},
            "components": {
                "imageTower": {
                    "file": "vision_model.onnx",
                    "inputs": {"pixels": "pixel_values"},
                    "outputs": {"embedding": "pooled", "logits": "logits"},
                }
            },
        },
    )


def main() -> None:
    parser = tower.arguments(__doc__, minutes=5, batch=96)
    parser.add_argument("--auxiliary", type=float, default=0.3, help="weight of the task on the tokens")
    parser.add_argument("--noise", type=float, default=0.5, help="largest standard deviation of the noise on latents")
    args = parser.parse_args()
    device = training.setup(args)
    if not args.measure:
        z, shift, scale = tower.latents(args.checkpoints)
        chunks = data.Chunks(args.data)
        objects = torch.from_numpy(chunks.objects)
        targets = tower.class_targets(objects)
        backgrounds = [world.BACKGROUNDS.index(caption.split()[-1]) for caption in chunks.captions]
        rest = torch.stack([objects[..., 0].sum(1).long() - 1, objects[:, 0, 7].long(), torch.tensor(backgrounds)], 1)
        net, helpers = Classifier().to(device), Helpers().to(device)
        compute = torch.compile(losses_of, dynamic=False) if args.compile else losses_of

        def losses(picked, generator):
            x = tower.noisy(z[picked].float(), args.noise, generator).to(device)
            labels = {k: t.to(device) for k, t in flow.token_labels(objects[picked]).items()}
            main, side, inside, right = compute(net, helpers, x, targets[picked].to(device), rest[picked].to(device), labels)
            figures = {"class": main, "rest": side, "auxiliary": inside, "right": right}
            return main + 0.3 * side + args.auxiliary * inside, figures

        tower.fit(args, "classifier", {"net": net, "helpers": helpers}, len(z), losses, extra={"shift": shift, "scale": scale})
        find_reference(args.checkpoints)
    measure(args.checkpoints)


if __name__ == "__main__":
    main()
