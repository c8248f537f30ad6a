"""Learn a written rubric of looks: a linear head on a CLIP feature, as LAION's aesthetic predictor has one.

    python aesthetic.py

THE RUBRIC, 0 to 10. Four marks between 0 and 1, computed from what the renderer drew; the score is ten times their weighted mean.

balance (3)  Every thing weighs as much as it covers, times how much it stands out. The common centre lies in the middle of the picture or on
             a point of the thirds: full marks there, 0.6 at 8 px, next to nothing at 17 px and beyond.
margins (2)  Nothing crowds the border. The mark of the thing nearest to it: none at 4 px (where the renderer stops), full from 20 px.
contrast (3) Figure and ground are told apart: the distance of their colours in OKLab, weighted by area; full marks from 0.5.
harmony (2)  Hues that go together, over all pairs of colours among things and ground: the same or neighbours (to 40 degrees), thirds of the
             circle (120) and opposites (180) are right, what lies between is not; a neutral goes with everything, a little less brightly.

It is a taste, written down so that it can be argued with, and on purpose a narrow one: it says nothing about the caption. A guide
that sees only this shows what searching for looks alone costs.

The CLIP tower stays frozen; the head is ridge regression in closed form. Its feature is what the tower pools from the tokens, before the last
projection, L2-normalised: of the mark for contrast, 85 % of the variance can be read there and 50 % behind the projection, which keeps what a caption says.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import clip
import data
import graphs
import tower
import training
import world

WEIGHTS = {"balance": 3.0, "margins": 2.0, "contrast": 3.0, "harmony": 2.0}
POINTS = np.array([(64.0, 64.0), *((x, y) for x in (128 / 3, 256 / 3) for y in (128 / 3, 256 / 3))])


# --- the rubric -------------------------------------------------------------------------------


def oklab(rgb: np.ndarray) -> np.ndarray:
    """sRGB [..., 3] in 0..1 -> OKLab [..., 3] (Ottosson 2020)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_lms = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]])
    to_lab = np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099], [0.0259040371, 0.7827717662, -0.8086757660]])
    return np.cbrt(linear @ to_lms.T) @ to_lab.T


def ground_colours() -> np.ndarray:
    """Mean OKLab colour [5, 3] of each background, over eight empty renders."""
    found = [world.render([[]] * 8, [kind] * 8, np.random.default_rng(0)).float().mean((0, 2, 3)) / 255 for kind in world.BACKGROUNDS]
    return oklab(torch.stack(found).numpy().astype(np.float64))


def paint_colours() -> np.ndarray:
    """OKLab colours [10, 3, 3] of things by colour and texture; stripes and dots are the mean of their two paints."""
    base, second = world.COLOUR_RGB.numpy().astype(np.float64), world.TEXTURE_RGB.numpy().astype(np.float64)
    share = (0.0, 0.5, 0.3)  # of the second paint: plain, striped, dotted
    return np.stack([oklab(base + s * (second - base)) for s in share], 1)


def harmony_of_pair(one: np.ndarray, other: np.ndarray) -> float:
    """How well two OKLab colours go together, 0..1."""
    chroma = min(math.hypot(*one[1:]), math.hypot(*other[1:]))
    apart = abs(math.degrees(math.atan2(one[2], one[1]) - math.atan2(other[2], other[1])))
    apart = min(apart, 360 - apart)
    # Distance in degrees to the nearest good relation: up to 40, 120, 180.
    off = min(max(apart - 40, 0), abs(apart - 120), abs(apart - 180))
    hues = math.exp(-((off / 20) ** 2))
    coloured = min(chroma / 0.08, 1.0)
    return coloured * hues + (1 - coloured) * 0.8


def marks(rows: np.ndarray, background: int, paints: np.ndarray, grounds: np.ndarray) -> dict[str, float]:
    """The four marks, 0..1, of one picture: objects [5, 8] (data.OBJECT_FIELDS) and the index of its background."""
    things = rows[rows[:, 0] > 0]
    x, y, radius = things[:, 1], things[:, 2], things[:, 3]
    colours = paints[things[:, 6].astype(int), things[:, 7].astype(int)]
    ground = grounds[background]
    difference = np.linalg.norm(colours - ground, axis=1)
    area = radius**2
    weight = area * (0.2 + difference)
    centre = np.array([(weight * x).sum(), (weight * y).sum()]) / weight.sum()
    away = np.linalg.norm(POINTS - centre, axis=1).min()
    border = np.minimum(np.minimum(x, world.SIDE - x), np.minimum(y, world.SIDE - y)) - radius
    kinds = [ground, *np.unique(colours, axis=0)]
    pairs = [harmony_of_pair(a, b) for i, a in enumerate(kinds) for b in kinds[i + 1 :]]
    return {
        "balance": math.exp(-((away / 11) ** 2)),
        "margins": float(np.clip((border.min() - world.MARGIN) / 16, 0, 1)),
        "contrast": float(np.clip((area * difference).sum() / area.sum() / 0.5, 0, 1)),
        "harmony": float(np.mean(pairs)),
    }


def rubric(objects: np.ndarray, backgrounds: list[str]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Scores 0..10 [n] of pictures with objects [n, 5, 8] on named backgrounds, and the four marks [n] each."""
    paints, grounds = paint_colours(), ground_colours()
    found = [marks(rows, world.BACKGROUNDS.index(name), paints, grounds) for rows, name in zip(objects, backgrounds)]
    each = {key: np.array([m[key] for m in found]) for key in WEIGHTS}
    return 10 * sum(w * each[key] for key, w in WEIGHTS.items()) / sum(WEIGHTS.values()), each


# --- the head ---------------------------------------------------------------------------------


class Aesthetic(nn.Module):
    """What is exported: pixels [n, 3, 128, 128] in [-1, 1] -> score [n], about 0..10, linear in the L2-normalised feature."""

    def __init__(self, image: clip.ImageTower) -> None:
        super().__init__()
        self.image = image
        self.head = nn.Linear(4 * clip.WIDTH, 1)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        latents = (self.image.encoder(pixels) - self.image.shift) / self.image.scale
        return self.head(feature(self.image, latents))[:, 0]


def feature(image: clip.ImageTower, z: torch.Tensor) -> torch.Tensor:
    """Normalised latents -> L2-normalised pooled feature [n, 4 * clip.WIDTH], the input of the tower's last projection."""
    _, t = image.judge(z)
    share = image.weigh(t).float().softmax(1)
    return F.normalize((share.transpose(1, 2) @ t.float()).flatten(1), dim=-1)


def ridge(x: np.ndarray, y: np.ndarray, strength: float) -> tuple[np.ndarray, float]:
    """Weight [d] and bias of least squares with a penalty, in float64."""
    centre, level = x.mean(0), y.mean()
    d = x - centre
    weight = np.linalg.solve(d.T @ d + strength * len(x) * d.var(0).mean() * np.eye(x.shape[1]), d.T @ (y - level))
    return weight, float(level - centre @ weight)


def load(checkpoints: Path) -> Aesthetic:
    """The network that is exported, in evaluation mode; its tower is the CLIP that is there now."""
    net = Aesthetic(clip.load(checkpoints)[0])
    net.head.load_state_dict(training.load(checkpoints, "aesthetic"))
    return net.eval()


@torch.no_grad()
def train(checkpoints: Path, folder: Path, scenes: int = 32768, kept_back: int = 4096) -> None:
    """Fit the head on the first `scenes` scenes, with the penalty that the last of them like best; writes the checkpoint aesthetic."""
    chunks = data.Chunks(folder)
    z, _, _ = tower.latents(checkpoints)
    image, _ = clip.load(checkpoints)
    with training.autocast(torch.device("cpu")):
        found = torch.cat([feature(image, part.float()) for part in z[:scenes].split(256)]).double().numpy()
    wanted, each = rubric(chunks.objects[:scenes], [caption.split()[-1] for caption in chunks.captions[:scenes]])
    print("rubric: mean {:.2f}, standard deviation {:.2f}, from {:.2f} to {:.2f}".format(wanted.mean(), wanted.std(), wanted.min(), wanted.max()))
    print("marks: " + ", ".join(f"{k} {v.mean():.2f} ± {v.std():.2f}" for k, v in each.items()), flush=True)
    cut, best = scenes - kept_back, math.inf
    for strength in (1e-1, 1e-2, 1e-3, 1e-4):
        w, b = ridge(found[:cut], wanted[:cut], strength)
        error = ((found[cut:] @ w + b - wanted[cut:]) ** 2).mean()
        print(f"penalty {strength}: R² on scenes kept back {1 - error / wanted[cut:].var():.3f}", flush=True)
        if error < best:
            best, weight, bias = error, w, b
    kept = {"weight": torch.from_numpy(weight).float()[None], "bias": torch.tensor([bias]).float()}
    training.save(checkpoints, "aesthetic", kept)


@torch.no_grad()
def measure(checkpoints: Path, count: int = 1024) -> None:
    """Print how well the head follows the rubric, and each mark, on fresh renders."""
    net = load(checkpoints)
    pixels, scenes, objects = tower.fresh(count, 6)

    def scores(x: torch.Tensor) -> np.ndarray:
        with training.autocast(torch.device("cpu")):
            return torch.cat([net(part).float() for part in x.split(64)]).double().numpy()

    told = scores(pixels)
    wanted, each = rubric(objects.numpy(), [scene.background for scene in scenes])
    fit = 1 - ((told - wanted) ** 2).sum() / ((wanted - wanted.mean()) ** 2).sum()
    print(f"fresh renders ({count}): R² {fit:.3f}, correlation {np.corrcoef(told, wanted)[0, 1]:.3f}, scores {told.min():.2f} to {told.max():.2f}")
    print("correlation with the marks: " + ", ".join(f"{k} {np.corrcoef(told, v)[0, 1]:.2f}" for k, v in each.items()))
    noise = torch.randn(pixels[:512].shape, generator=torch.Generator().manual_seed(1))
    for name, x in (("noise of 0.25", (pixels[:512] + 0.5 * noise).clamp(-1, 1)), ("blur of 4 px", tower.blurred(pixels[:512], 4))):
        print(f"{name}: score {scores(x).mean():.2f}, clean {told[:512].mean():.2f}", flush=True)


def make_pack(checkpoints: Path, folder: Path) -> None:
    """Write the pack scenes-aesthetic: tower, normalisation and head in one graph, checked against torch, and the manifest."""
    net = load(checkpoints)
    pixels = {"pixel_values": torch.zeros(2, 3, 128, 128)}
    graphs.export(net, pixels, "score", folder / "vision_model.onnx")
    print(f"image tower: {graphs.gflop(net, pixels)} GFLOP an image")
    graphs.write_manifest(
        folder,
        {
            "formatVersion": 1,
            "id": "scenes-aesthetic",
            "name": "Scenes aesthetic",
            "kind": "verifier",
            "version": "1.1.0",
            "licence": "CC0-1.0",
            "description": "How well an image is composed, 0 to 10, by a written rubric: balance, margins, contrast, harmony.",
            "verifiers": [{"id": "aesthetic_score"}],
            "image": tower.IMAGE,
            "components": {
                "imageTower": {
                    "file": "vision_model.onnx",
                    "inputs": {"pixels": "pixel_values"},
                    "outputs": {"score": "score"},
                }
            },
        },
    )


def main() -> None:
    parser = training.arguments(__doc__, minutes=1)
    parser.add_argument("--measure", action="store_true", help="train nothing: print the figures of the trained head")
    args = parser.parse_args()
    training.setup(args)
    if not args.measure:
        train(args.checkpoints, args.data)
    measure(args.checkpoints)


if __name__ == "__main__":
    main()
