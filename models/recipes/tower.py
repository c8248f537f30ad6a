"""What the verifiers that look at the autoencoder's latents share: network, views, training loop, classes, measures.

Each of them is the autoencoder's encoder, frozen, and a small transformer on its latents (as in clip.py). The latents of
all scenes are there, so training never touches a pixel; the encoder joins the tower only in the exported graph.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import autoencoder
import data
import training
import world
from transformer import Attention, Gated, Norm

TOKENS = 64  # 8 x 8 patches of 2 x 2 latents
CLASSES = world.classes()
IMAGE = {"width": 128, "height": 128, "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}


# --- the network ------------------------------------------------------------------------------


class Tower(nn.Module):
    """Normalised latents [n, c, 16, 16] -> tokens [n, TOKENS, width], then `depth` layers over them.

    With `mark`, a token that belongs to no place (DINO's cls) goes before the others. It starts as a learned vector and the mean
    of the others: with the vector alone, layers whose output starts at zero would show it the same in every picture, and a
    teacher that gives one answer for all teaches nothing.
    """

    def __init__(self, width: int, depth: int, mark: bool = False, channels: int = autoencoder.CHANNELS) -> None:
        super().__init__()
        self.width, self.depth = width, depth
        self.stem = nn.Sequential(nn.Conv2d(channels, 64, 3, padding=1), nn.SiLU(), nn.Conv2d(64, width, 4, stride=2, padding=1))
        self.places = nn.Parameter(0.1 * torch.randn(TOKENS, width))
        self.mark = nn.Parameter(0.1 * torch.randn(1, width)) if mark else None
        self.attend = nn.ModuleList(Attention(width, text=False) for _ in range(depth))
        self.think = nn.ModuleList(Gated(width, 2 * width) for _ in range(depth))
        self.norms = nn.ModuleList(Norm(width) for _ in range(2 * depth + 1))

    def tokens(self, z: torch.Tensor) -> torch.Tensor:
        """Latents -> patches [n, TOKENS, width], without their places."""
        return self.stem(z).flatten(2).transpose(1, 2)

    def layers(self, t: torch.Tensor) -> list[torch.Tensor]:
        """Placed tokens [n, t, width] -> the normalised output [n, (1 +) t, width] of every layer, the last one last."""
        if self.mark is not None:
            t = torch.cat([self.mark.to(t.dtype) + t.mean(1, keepdim=True), t], 1)
        found = []
        for i, (attend, think) in enumerate(zip(self.attend, self.think)):
            t = t + attend(self.norms[2 * i](t))
            t = t + think(self.norms[2 * i + 1](t))
            found.append(self.norms[-1](t))
        return found

    def forward(self, z: torch.Tensor) -> list[torch.Tensor]:
        return self.layers(self.tokens(z) + self.places)


class Pool(nn.Module):
    """Tokens [n, t, width] -> [n, out]: four learned averages of the tokens, then a projection."""

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.weigh = nn.Linear(width, 4)
        self.out = nn.Linear(4 * width, out, bias=False)

    def forward(self, t: torch.Tensor) -> torch.Tensor:
        share = self.weigh(t).float().softmax(1).to(t.dtype)
        return self.out((share.transpose(1, 2) @ t).flatten(1))


class Eye(nn.Module):
    """Pixels [n, 3, 128, 128] in [-1, 1] -> normalised latents [n, c, 16, 16]: the frozen front of every exported graph."""

    def __init__(self, encoder: nn.Module, shift: torch.Tensor, scale: torch.Tensor) -> None:
        super().__init__()
        self.encoder = encoder.requires_grad_(False).eval()
        self.register_buffer("shift", shift.view(-1, 1, 1).clone())
        self.register_buffer("scale", scale.view(-1, 1, 1).clone())

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return (self.encoder(pixels) - self.shift) / self.scale


def eye(checkpoints: Path, state: dict) -> Eye:
    """The front for a tower whose checkpoint `state` remembers the shift and the scale of the latents that it saw."""
    return Eye(autoencoder.load(checkpoints)[0], state["shift"], state["scale"])


# --- classes ----------------------------------------------------------------------------------


def class_targets(objects: torch.Tensor) -> torch.Tensor:
    """Objects float32 [n, 5, 8] (data.OBJECT_FIELDS) -> shares of CLASSES, float32 [n, 80], rows of sum 1.

    A picture with two kinds of things belongs half to each: which of them its caption counts first cannot be seen in it.
    """
    index = objects[..., 6].long() * len(world.SHAPES) + objects[..., 5].long()
    there = F.one_hot(index, len(CLASSES)) * objects[..., :1].long()
    kinds = there.amax(1).float()
    return kinds / kinds.sum(1, keepdim=True)


def top_1(logits: torch.Tensor, targets: torch.Tensor) -> str:
    """How often the highest logit names the only kind of thing, and how often one of the two, in words."""
    right = targets.gather(1, logits.argmax(1, keepdim=True))[:, 0] > 0
    single = targets.amax(1) == 1
    one, two = right[single].float().mean().item(), right[~single].float().mean().item()
    return f"one kind of thing {one:.3f} ({int(single.sum())}), either of two kinds {two:.3f} ({int((~single).sum())})"


# --- views ------------------------------------------------------------------------------------


def shifted(z: torch.Tensor, reach: int, generator: torch.Generator) -> torch.Tensor:
    """Each image moved by up to `reach` latents (8 px each) either way; the border is repeated into the gap."""
    n, _, h, w = z.shape
    padded = F.pad(z, (reach,) * 4, mode="replicate")
    dy, dx = torch.randint(0, 2 * reach + 1, (2, n, 1), generator=generator)
    rows, columns = (dy + torch.arange(h))[:, None, :, None], (dx + torch.arange(w))[:, None, None, :]
    return padded[torch.arange(n)[:, None, None, None], torch.arange(z.shape[1])[None, :, None, None], rows, columns]


def noisy(z: torch.Tensor, most: float, generator: torch.Generator) -> torch.Tensor:
    """Noise of a random strength up to `most` standard deviations, mostly weak, and channels scaled by up to a tenth."""
    n, c = z.shape[:2]
    strength = most * torch.rand(n, 1, 1, 1, generator=generator).square()
    gain = 1 + 0.1 * (2 * torch.rand(n, c, 1, 1, generator=generator) - 1)
    return gain * z + strength * torch.randn(z.shape, generator=generator)


def blob(n: int, count: int, generator: torch.Generator) -> torch.Tensor:
    """Indices int64 [n, count] of the tokens around a random place, with a ragged edge."""
    side = torch.arange(8.0)
    y, x = side.repeat_interleave(8), side.repeat(8)
    cy, cx = 7 * torch.rand(2, n, 1, generator=generator)
    away = ((y - cy).square() + (x - cx).square()).sqrt() + 1.5 * torch.rand(n, TOKENS, generator=generator)
    return away.argsort(1)[:, :count]


def pick(t: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """Tokens [n, t, width] at index [n, k] -> [n, k, width]."""
    return t.gather(1, index[..., None].expand(-1, -1, t.shape[-1]))


# --- training ---------------------------------------------------------------------------------


def arguments(description: str, minutes: float, batch: int) -> argparse.ArgumentParser:
    """The options of all training scripts, and those of the towers'."""
    parser = training.arguments(description, minutes)
    parser.add_argument("--batch", type=int, default=batch)
    parser.add_argument("--muon", type=float, default=0.01)
    parser.add_argument("--adam", type=float, default=1.5e-3)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--measure", action="store_true", help="train nothing: print the figures of the trained network")
    return parser


def latents(checkpoints: Path) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Normalised latents float16 [n, c, 16, 16] of all scenes, shift and scale [c], as flow.py wrote them."""
    file = checkpoints / "latents.pt"
    if not file.exists():
        raise SystemExit(f"expected the latents in {file}, found nothing: run flow.py, which computes them first")
    return torch.load(file)


Losses = Callable[[np.ndarray, torch.Generator], tuple[torch.Tensor, dict[str, torch.Tensor]]]


def fit(
    args: argparse.Namespace,
    name: str,
    modules: dict[str, nn.Module],
    count: int,
    losses: Losses,
    after: Callable[[float], None] | None = None,
    extra: dict | None = None,
) -> dict:
    """Train `modules` on indices 0 <= i < count by the clock; write, and return, the checkpoint `name`.

    `losses(picked, generator)` gives the loss of a batch and the figures to print; `after(done)` runs behind every step.
    The checkpoint holds "now" and "average" of all modules, and what `extra` adds.
    """
    device = torch.device(next(iter(next(iter(modules.values())).parameters())).device)
    average = training.Average(modules)

    def is_matrix(key: str, p: nn.Parameter) -> bool:
        return p.ndim == 2 and ("attend." in key or "think." in key)

    made = training.optimisers(list(modules.values()), is_matrix, args.muon, args.adam)
    step, samples, before = 0, 0, 0.0
    if args.resume and training.exists(args.checkpoints, name):
        state = training.load(args.checkpoints, name)
        for key, module in modules.items():
            module.load_state_dict(state["now"][key])
        average.state = state["average"]
        training.restore_optimisers(made, training.load(args.checkpoints, f"{name}-optimiser"))
        step, samples, before = state["step"], state["samples"], state["seconds"]
    print(", ".join(f"{key} {training.parameters(m):,} parameters" for key, m in modules.items()), flush=True)
    clock = training.Clock(args.minutes, before)
    rng = np.random.default_rng((args.seed, step))
    generator = torch.Generator().manual_seed(args.seed * 1_000_003 + step)
    looked, saved = time.monotonic(), time.monotonic()
    recent: list[list[float]] = []

    def keep() -> dict:
        state = {"now": {k: m.state_dict() for k, m in modules.items()}, "average": average.state}
        state |= {"step": step, "samples": samples, "seconds": clock.seconds} | (extra or {})
        training.save(args.checkpoints, name, state)
        training.save(args.checkpoints, f"{name}-optimiser", training.optimiser_state(made))
        return state

    while clock.done < 1:
        with training.autocast(device):
            loss, figures = losses(rng.integers(0, count, args.batch), generator)
        loss.backward()
        nn.utils.clip_grad_norm_([p for m in modules.values() for p in m.parameters() if p.requires_grad], 1.0)
        for optimiser in made:
            for group in optimiser.param_groups:
                group["lr"] = group["base"] * training.learning_rate(clock.done, step, warm_up=100)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        if after:
            after(clock.done)
        average.update(step, 0.996)
        step, samples = step + 1, samples + args.batch
        recent.append([loss.item(), *(v.item() for v in figures.values())])
        if time.monotonic() - looked > 20 or clock.done >= 1:
            looked = time.monotonic()
            told = ", ".join(f"{k} {v:.4f}" for k, v in zip(("loss", *figures), np.mean(recent, 0)))
            recent.clear()
            print(f"{clock.seconds:.0f} s, step {step}, {samples} samples, {told}", flush=True)
        if time.monotonic() - saved > 120:
            saved = time.monotonic()
            keep()
    return keep()


# --- measuring --------------------------------------------------------------------------------


def fresh(count: int, seed: int) -> tuple[torch.Tensor, list[world.Scene], torch.Tensor]:
    """Scenes that no training sees: pixels float32 [n, 3, 128, 128] in [-1, 1], scenes, objects [n, 5, 8]."""
    images, scenes, placed = world.sample_batch(count, data.EVAL_SEED + seed)
    return data.to_float(images), scenes, torch.from_numpy(data.object_rows(placed))


def blurred(x: torch.Tensor, sigma: float) -> torch.Tensor:
    """Gaussian blur of standard deviation `sigma` pixels."""
    reach = math.ceil(3 * sigma)
    bell = torch.exp(-torch.arange(-reach, reach + 1).float().square() / (2 * sigma * sigma))
    kernel = (bell / bell.sum()).expand(x.shape[1], 1, -1)
    x = F.pad(x, (reach,) * 4, mode="replicate")
    x = F.conv2d(x, kernel[..., None, :], groups=x.shape[1])
    return F.conv2d(x, kernel[..., None], groups=x.shape[1])


def covered(x: torch.Tensor, share: float, generator: torch.Generator) -> torch.Tensor:
    """A grey square over `share` of each image, anywhere inside it."""
    side = round(world.SIDE * math.sqrt(share))
    out = x.clone()
    for image, (top, left) in zip(out, torch.randint(0, world.SIDE - side + 1, (len(x), 2), generator=generator).tolist()):
        image[:, top : top + side, left : left + side] = 0
    return out


@torch.no_grad()
def self_consistency(embed: Callable[[torch.Tensor], torch.Tensor], count: int = 192) -> bool:
    """Print the mean cosine of fresh renders with damaged copies of them; True if it falls with every step of damage.

    Printed beside it: another render of the same caption, and another scene, which say what a cosine means.
    """
    pixels, scenes, _ = fresh(count, 3)
    generator = torch.Generator().manual_seed(3)

    def features(x: torch.Tensor) -> torch.Tensor:
        with training.autocast(torch.device("cpu")):
            return F.normalize(torch.cat([embed(part).float() for part in x.split(64)]), dim=-1)

    clean = features(pixels)
    noise = torch.randn(pixels.shape, generator=generator)
    damages = {
        "noise of": [(s, (pixels + 2 * s * noise).clamp(-1, 1)) for s in (0.03, 0.06, 0.12, 0.25, 0.5)],
        "blur of px": [(s, blurred(pixels, s)) for s in (1, 2, 4, 8, 16)],
        "covered share": [(s, covered(pixels, s, torch.Generator().manual_seed(4))) for s in (0.03, 0.06, 0.12, 0.25, 0.5)],
    }
    falls = True
    for kind, levels in damages.items():
        found = [(clean * features(x)).sum(1).mean().item() for _, x in levels]
        falls &= all(a > b for a, b in zip([1.0, *found], found))
        print(f"{kind}: " + ", ".join(f"{s} {c:.3f}" for (s, _), c in zip(levels, found)), flush=True)
    again = features(data.to_float(world.render_captions([world.caption(s) for s in scenes], 5)))
    print(f"same caption {(clean * again).sum(1).mean():.3f}, other scene {(clean * clean.roll(1, 0)).sum(1).mean():.3f}", flush=True)
    print("falls with every step of damage" if falls else "does NOT fall with every step of damage", flush=True)
    return falls
