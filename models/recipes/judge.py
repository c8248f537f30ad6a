"""The judge: reads what is in a picture, to say which claims of a caption hold. Never a guide.

    python judge.py --render              render its scenes (40,960 in about six minutes on one core), nothing else
    python judge.py --minutes 9           train (renders first what is missing)
    python judge.py --check 5000          measure it: claims right, by kind
    python judge.py --fixture FOLDER      pictures with their verdicts, for the tests of the product
    python judge.py --sheet FILE          the contact sheet of its pack: what it sees in pictures

It shares nothing with the networks that it judges: a convolutional detector on pixels (after CenterNet, Zhou et al.
2019) where they are transformers, trained on scenes of its own seed and never on a sentence. Half of its scenes are
mixed: every thing has its own colour, shape, texture and size and some are missing, because a generator's mistakes are
no scenes of the grammar, and a judge that knew only right pictures would read what it expects. Half of the scenes also
exist as the autoencoder gives them back, with noise on the latent: that is how the pictures look that it has to read.

What a caption claims and when a claim holds: claims.py.
"""

from __future__ import annotations

import argparse
import copy
import json
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

import attributes
import autoencoder
import claims
import data
import graphs
import training
import world

SEED = 5_000_000  # of its own scenes
CHECK_SEED = 8_000_000  # of the scenes that measure it, used nowhere else
GRID = 16
CELL = world.SIDE // GRID  # pixels
RADIUS = 16.0  # pixels of radius per unit of channel 24
TEXTURES = ("", *world.TEXTURES)
# Channels of a cell: objectness, shape, colour, texture, offset (x, y), radius.
SPLIT = (1, len(world.SHAPES), len(world.COLOURS), len(TEXTURES), 2, 1)
ROUND_TRIPS = data.CHUNK // 2  # scenes of a chunk that also exist as the autoencoder gives them back


# --- scenes -----------------------------------------------------------------------------------


def mixed(objects: list[world.Object], rng: np.random.Generator) -> list[world.Object]:
    """The same places with things of any kind, each as large as before or smaller; one in five is missing."""
    kept = [o for o in objects if rng.random() > 0.2]
    smaller = rng.uniform(0.7, 1.0, len(kept))
    return [
        replace(o, radius=max(float(o.radius * s), min(o.radius, 10.0)), thing=world.sample_thing(rng, 0.5))
        for o, s in zip(kept, smaller)
    ]


def render_mixed(n: int, rng: np.random.Generator, share: float) -> tuple[torch.Tensor, list, list]:
    """n pictures uint8 [n, 3, 128, 128], the scenes they were placed for and what is drawn; `share` of them is mixed."""
    scenes = [world.sample_scene(rng) for _ in range(n)]
    placed = [world.place(scene, rng) for scene in scenes]
    placed = [mixed(objects, rng) if rng.random() < share else objects for objects in placed]
    return world.render(placed, [scene.background for scene in scenes], rng), scenes, placed


def write_chunk(directory: Path, number: int) -> None:
    """Render one chunk, unless it is there: images, objects (data.OBJECT_FIELDS), backgrounds. Renamed into place last."""
    target = directory / f"images-{number:03d}.npy"
    if target.exists():
        return
    rng, images, scenes, placed = np.random.default_rng((SEED, number)), [], [], []
    for _ in range(data.CHUNK // 256):
        x, s, p = render_mixed(256, rng, 0.5)
        images.append(x.numpy())
        scenes += s
        placed += p
    np.save(directory / f"objects-{number:03d}.npy", data.object_rows(placed))
    np.save(directory / f"backgrounds-{number:03d}.npy", np.array([world.BACKGROUNDS.index(s.background) for s in scenes]))
    partial = directory / f"partial-{number:03d}.npy"
    np.save(partial, np.concatenate(images))
    partial.rename(target)


@torch.no_grad()
def round_trip(images: torch.Tensor, pair: tuple[nn.Module, nn.Module], noise: float, generator: torch.Generator) -> torch.Tensor:
    """Images uint8 [n, 3, 128, 128] through the autoencoder; latents get noise of a random strength up to `noise`."""
    encoder, decoder = pair
    made = []
    for part in images.split(64):
        with training.autocast(torch.device("cpu")):
            latent = encoder(data.to_float(part).contiguous(memory_format=torch.channels_last))
            strength = noise * torch.rand(len(part), 1, 1, 1, generator=generator)
            made.append(data.to_bytes(decoder(latent + strength * torch.randn(latent.shape, generator=generator))))
    return torch.cat(made).contiguous()


def load_pair(checkpoints: Path) -> tuple[nn.Module, nn.Module] | None:
    """Encoder and decoder, or None where they are not trained yet."""
    if not training.exists(checkpoints, "autoencoder"):
        return None
    encoder, decoder = autoencoder.load(checkpoints)
    return encoder.to(memory_format=torch.channels_last), decoder.to(memory_format=torch.channels_last)


def write_round_trips(directory: Path, number: int, pair: tuple[nn.Module, nn.Module]) -> None:
    """The first ROUND_TRIPS images of a chunk as the autoencoder gives them back, with as much noise as it was trained for."""
    target = directory / f"decoded-{number:03d}.npy"
    if target.exists():
        return
    images = torch.from_numpy(np.load(directory / f"images-{number:03d}.npy", mmap_mode="r")[:ROUND_TRIPS].copy())
    partial = directory / f"partial-{number:03d}.npy"
    np.save(partial, round_trip(images, pair, autoencoder.NOISE, torch.Generator().manual_seed(SEED + number)).numpy())
    partial.rename(target)


def prepare(args: argparse.Namespace) -> None:
    """Render what is missing; round trips only once there is an autoencoder."""
    args.scene_folder.mkdir(parents=True, exist_ok=True)
    pair = load_pair(args.checkpoints)
    started = time.monotonic()
    for number in range(-(-args.scenes // data.CHUNK)):
        write_chunk(args.scene_folder, number)
        if pair is not None:
            write_round_trips(args.scene_folder, number, pair)
        print(f"{(number + 1) * data.CHUNK} scenes, {time.monotonic() - started:.0f} s", flush=True)


class Scenes:
    """The rendered scenes, read lazily."""

    def __init__(self, directory: Path, count: int) -> None:
        numbers = [f"{k:03d}" for k in range(-(-count // data.CHUNK))]
        self.images = [np.load(directory / f"images-{n}.npy", mmap_mode="r") for n in numbers]
        files = [directory / f"decoded-{n}.npy" for n in numbers]
        self.decoded = [np.load(file, mmap_mode="r") if file.exists() else None for file in files]
        self.objects = torch.from_numpy(np.concatenate([np.load(directory / f"objects-{n}.npy") for n in numbers]))
        self.backgrounds = torch.from_numpy(np.concatenate([np.load(directory / f"backgrounds-{n}.npy") for n in numbers]))

    def batch(self, n: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Images uint8 [n, 3, 128, 128], objects [n, 5, 8], backgrounds [n]; of those with a round trip two in three use it."""
        index = rng.integers(0, len(self.objects), n)
        images = []
        for i in index:
            chunk, at = divmod(int(i), data.CHUNK)
            decoded = self.decoded[chunk]
            use = decoded is not None and at < ROUND_TRIPS and rng.random() < 2 / 3
            images.append((decoded if use else self.images[chunk])[at])
        return torch.from_numpy(np.stack(images)), self.objects[index], self.backgrounds[index]


def augment(x: torch.Tensor) -> torch.Tensor:
    """Images [n, 3, h, w] in [-1, 1] with slight faults: half get other colours, a quarter each blur or noise."""
    n = len(x)
    some = torch.rand(n) < 0.5
    gain, shift = 1 + 0.06 * (2 * torch.rand(n, 3, 1, 1) - 1), 0.06 * (2 * torch.rand(n, 3, 1, 1) - 1)
    x = torch.where(some.view(-1, 1, 1, 1), x * gain + shift, x)
    blurred, noisy = slice(0, n // 4), slice(n // 4, n // 2)  # batches come in random order
    sigma = 0.4 + 0.8 * torch.rand(())
    kernel = torch.exp(-torch.arange(-2.0, 3.0).square() / (2 * sigma**2))
    kernel = (kernel / kernel.sum()).expand(3, 1, 1, 5)
    soft = F.conv2d(F.pad(x[blurred], (2, 2, 2, 2), mode="replicate"), kernel, groups=3)
    soft = F.conv2d(soft, kernel.mT, groups=3)
    rough = x[noisy] + 0.06 * torch.rand(x[noisy].shape[0], 1, 1, 1) * torch.randn_like(x[noisy])
    return torch.cat([soft, rough, x[n // 2 :]]).clamp(-1, 1)


# --- network ----------------------------------------------------------------------------------


class Convolution(nn.Module):
    """Convolution and batch normalisation, which `folded` turns into one convolution."""

    def __init__(self, before: int, after: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(after)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(self.convolution(x))


class Residual(nn.Module):
    """`depth` 3 x 3 convolutions around a skip: [n, c, h, w] -> the same."""

    def __init__(self, channels: int, depth: int) -> None:
        super().__init__()
        layers = [layer for _ in range(depth) for layer in (nn.ReLU(), Convolution(channels, channels))]
        self.body = nn.Sequential(*layers[1:])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(x + self.body(x))


class Detector(nn.Module):
    """Pixels [n, 3, 128, 128] in [-1, 1] -> cells [n, 25, 16, 16] and background logits [n, 5].

    Channels of a cell: objectness logit, 8 shape, 10 colour and 3 texture logits, offset of the centre from the middle
    of the cell (x, y) in cells, radius in units of RADIUS pixels. Down to 8 x 8 to see whole things, back up to 16 x 16.
    """

    def __init__(self, widths: tuple[int, int, int] = (64, 128, 256)) -> None:
        super().__init__()
        fine, middle, deep = widths
        self.fine = nn.Sequential(nn.PixelUnshuffle(4), Convolution(48, fine), nn.ReLU(), Residual(fine, 1))
        self.middle = nn.Sequential(Convolution(fine, middle, stride=2), nn.ReLU(), Residual(middle, 2))
        self.deep = nn.Sequential(Convolution(middle, deep, stride=2), nn.ReLU(), Residual(deep, 2))
        self.up = Convolution(deep, middle, 1)
        self.merge = nn.Sequential(
            Convolution(middle, middle), nn.ReLU(), Convolution(middle, middle, 1), nn.ReLU()
        )
        self.cells = nn.Conv2d(middle, sum(SPLIT), 1)
        self.background = nn.Linear(deep, len(world.BACKGROUNDS))
        nn.init.constant_(self.cells.bias[:1], -4.0)

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        middle = self.middle(self.fine(pixels))
        deep = self.deep(middle)
        x = self.merge(F.relu(middle + F.interpolate(self.up(deep), scale_factor=2.0, mode="nearest")))
        with torch.autocast(x.device.type, enabled=False):  # radii and offsets need more digits than bfloat16 has
            return self.cells(x.float()), self.background(deep.float().mean((2, 3)))


def folded(module: nn.Module) -> nn.Module:
    """A copy whose normalisations are part of the convolutions before them."""
    module = copy.deepcopy(module).eval()
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, Convolution):
                setattr(parent, name, fuse_conv_bn_eval(child.convolution, child.norm))
    return module


# --- training ---------------------------------------------------------------------------------

STEPS = torch.tensor([(dx, dy) for dy in (-1, 0, 1) for dx in (-1, 0, 1)], dtype=torch.float32)
NEIGHBOUR = 0.3  # weight of what the eight cells around the centre say; the highest cell may be one of them
BESIDE = 0.1  # weight of their objectness: a centre between two cells may light up either


def loss_of(cells: torch.Tensor, background: torch.Tensor, objects: torch.Tensor, backgrounds: torch.Tensor) -> torch.Tensor:
    """Loss of a batch: cells [n, 25, 16, 16], background [n, 5], objects [n, 5, 8] (data.OBJECT_FIELDS), backgrounds [n]."""
    n = len(cells)
    present, centre = objects[..., 0], objects[..., 1:3] / CELL  # [n, 5], [n, 5, 2] in cells
    around = centre.floor().unsqueeze(2) + STEPS.to(centre.device)  # [n, 5, 9, 2]
    inside = ((around >= 0) & (around < GRID)).all(-1) & (present > 0).unsqueeze(-1)
    middle = (STEPS == 0).all(-1).to(centre.device)
    index = (around[..., 1] * GRID + around[..., 0]).clamp(0, GRID * GRID - 1).long().flatten(1)  # [n, 45]
    weight = (inside * torch.where(middle, 1.0, NEIGHBOUR)).flatten(1)
    total = weight.sum().clamp(min=1)
    said = cells.flatten(2).gather(2, index.unsqueeze(1).expand(-1, cells.shape[1], -1)).mT  # [n, 45, 25]
    _, shape, colour, texture, offset, radius = said.split(SPLIT, -1)

    def classes(logits: torch.Tensor, field: int) -> torch.Tensor:
        wanted = objects[..., field].long().unsqueeze(-1).expand(-1, -1, 9).reshape(n, -1)
        return (F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), reduction="none").view(n, -1) * weight).sum() / total

    def distance(made: torch.Tensor, wanted: torch.Tensor, beta: float) -> torch.Tensor:
        return (F.smooth_l1_loss(made, wanted, reduction="none", beta=beta).sum(-1) * weight).sum() / total

    wanted_offset = (centre.unsqueeze(2) - around - 0.5).flatten(1, 2)
    wanted_radius = (objects[..., 3:4] / RADIUS).expand(-1, -1, 9).reshape(n, -1, 1)
    target = torch.zeros(n, GRID * GRID, device=cells.device)
    target.scatter_add_(1, index, (inside & middle).float().flatten(1))
    beside = torch.zeros_like(target).scatter_add_(1, index, (inside & ~middle).float().flatten(1))
    logits = cells[:, 0].flatten(1)
    weights = torch.where((beside > 0) & (target == 0), BESIDE, 1.0)
    objectness = (F.binary_cross_entropy_with_logits(logits, target, reduction="none") * weights).sum() / target.sum().clamp(min=1)
    looks = classes(shape, 5) + classes(colour, 6) + classes(texture, 7)
    places = distance(offset, wanted_offset, 0.2) + 3 * distance(radius, wanted_radius, 0.1)
    return objectness + looks + places + 0.5 * F.cross_entropy(background, backgrounds)


# --- reading ----------------------------------------------------------------------------------


def things_of(cells: np.ndarray) -> list[claims.Seen]:
    """The things of one picture, in reading order, from its cells [25, 16, 16].

    A thing is a cell whose objectness is positive (probability above one half) and the largest of its 3 x 3 neighbourhood.
    """
    objectness = cells[0]
    padded = np.pad(objectness, 1, constant_values=-np.inf)
    peak = np.lib.stride_tricks.sliding_window_view(padded, (3, 3)).max((2, 3))
    found = []
    for row, column in zip(*np.nonzero((objectness > 0) & (objectness >= peak))):
        _, shape, colour, texture, offset, radius = np.split(cells[:, row, column], np.cumsum(SPLIT)[:-1])
        found.append(
            claims.Seen(
                x=float((column + 0.5 + offset[0]) * CELL),
                y=float((row + 0.5 + offset[1]) * CELL),
                radius=float(radius[0] * RADIUS),
                shape=world.SHAPES[shape.argmax()],
                colour=world.COLOURS[colour.argmax()],
                texture=TEXTURES[texture.argmax()],
            )
        )
    return found


@torch.no_grad()
def read(network: nn.Module, images: torch.Tensor) -> list[tuple[list[claims.Seen], str]]:
    """Things and background of each image, uint8 [n, 3, 128, 128]."""
    found = []
    for part in images.split(64):
        cells, background = network(data.to_float(part).contiguous(memory_format=torch.channels_last))
        names = [world.BACKGROUNDS[i] for i in background.argmax(1)]
        found += list(zip(map(things_of, cells.float().cpu().numpy()), names))
    return found


def drawn(objects: list[world.Object]) -> list[claims.Seen]:
    """What is really in a picture."""
    return [claims.Seen(o.x, o.y, o.radius, o.thing.shape, o.thing.colour, o.thing.texture) for o in objects]


CHANGES = {
    "colour": ("colour", "other colour", "swap"),
    "shape": ("shape", "other shape"),
    "texture": ("texture",),
    "size": ("size",),
    "count": ("count",),
    "position": ("relation",),
    "background": ("background",),
}


def check(network: nn.Module, count: int, seed: int, pair: tuple[nn.Module, nn.Module] | None = None) -> dict[str, dict[str, float]]:
    """Claims that the network gets right on fresh renders, by kind.

    true     the claims of each picture's caption (one in eight left open), said to hold
    false    the claims of a caption changed in one thing of that kind that the picture contradicts, said not to hold
    mixed    on pictures of mixed things, the claims of the caption that they were placed for, said what is true
    decoded  with the autoencoder's `pair`, as true, on the pictures that it gives back

    "right" is of the true and the false ones; the last two are asked of a fifth as many pictures.
    """
    generator = torch.Generator().manual_seed(seed)
    rng, right, asked = np.random.default_rng(seed), Counter(), Counter()

    def note(kind: str, column: str, is_right: bool) -> None:
        right[kind, column] += is_right
        asked[kind, column] += 1

    for part in range(-(-count // 250)):
        images, scenes, placed = world.sample_batch(min(250, count - 250 * part), seed + part)
        aside = 250 * part < count / 5
        if pair is not None and aside:
            for scene, (things, background) in zip(scenes, read(network, round_trip(images, pair, 0.0, generator))):
                own = claims.claims_of(scene)
                for claim, holds in zip(own, claims.verdict(own, things, background)):
                    note(claim.kind, "decoded", holds)
        for scene, objects, (things, background) in zip(scenes, placed, read(network, images)):
            scene = world.loosen(scene, rng) if rng.random() < 0.125 else scene
            own = claims.claims_of(scene)
            for claim, holds in zip(own, claims.verdict(own, things, background)):
                note(claim.kind, "true", holds)
            for kind, changes in CHANGES.items():
                wrong = [s for change in changes for s in attributes.options(scene, change) if s != scene]
                if kind == "size":
                    wrong = [s for s in wrong if scene.size and s.size]
                if not wrong:
                    continue
                other = claims.claims_of(wrong[rng.integers(len(wrong))])
                truth = claims.verdict(other, drawn(objects), scene.background)
                for claim, true, holds in zip(other, truth, claims.verdict(other, things, background)):
                    if claim.kind == kind and not true:
                        note(kind, "false", not holds)
        if not aside:
            continue
        images, scenes, placed = render_mixed(len(scenes), rng, 1.0)
        for scene, objects, (things, background) in zip(scenes, placed, read(network, images)):
            own = claims.claims_of(scene)
            truth = claims.verdict(own, drawn(objects), scene.background)
            for claim, true, holds in zip(own, truth, claims.verdict(own, things, background)):
                note(claim.kind, "mixed", holds == true)

    def share(kind: str, columns: tuple[str, ...]) -> float:
        return sum(right[kind, c] for c in columns) / max(sum(asked[kind, c] for c in columns), 1)

    return {
        kind: {c: share(kind, (c,)) for c in ("true", "false", "mixed", "decoded")}
        | {"right": share(kind, ("true", "false")), "claims": asked[kind, "true"] + asked[kind, "false"]}
        for kind in claims.KINDS
    }


def table(figures: dict[str, dict[str, float]]) -> str:
    """The figures of `check` as a Markdown table."""
    columns = ("right", "true", "false", "mixed", "decoded")
    lines = ["| claims | number | right | true ones | false ones | mixed pictures | round trips |", "|---|---|---|---|---|---|---|"]
    for kind, f in figures.items():
        lines.append(f"| {kind} | {f['claims']:,.0f} | " + " | ".join(f"{100 * f[c]:.2f} %" for c in columns) + " |")
    return "\n".join(lines)


# --- pack and fixture -------------------------------------------------------------------------


def load(checkpoints: Path) -> Detector:
    """The trained network (averaged weights) in evaluation mode."""
    network = Detector()
    network.load_state_dict(training.load(checkpoints, "judge")["average"]["network"])
    return network.eval()


def make_pack(checkpoints: Path, pack: Path) -> None:
    """Export the judge, check the graph against torch, write the manifest."""
    network = folded(load(checkpoints))
    pixels = {"pixels": torch.randn(2, 3, world.SIDE, world.SIDE)}
    graphs.export(network, pixels, ["cells", "background"], pack / "detector.onnx")
    manifest = {
        "formatVersion": 1,
        "id": "scenes-judge",
        "name": "Scenes judge",
        "kind": "judge",
        "version": "1.0.0",
        "licence": "CC0-1.0",
        "description": "Reads colours, shapes, textures, sizes, counts and positions out of an image of the scenes world.",
        "image": {"width": world.SIDE, "height": world.SIDE, "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]},
        "shapes": list(world.SHAPES),
        "colours": list(world.COLOURS),
        "textures": list(TEXTURES),
        "backgrounds": list(world.BACKGROUNDS),
        "gridSize": GRID,
        "components": {
            "detector": {
                "file": "detector.onnx",
                "inputs": {"pixels": "pixels"},
                "outputs": {"cells": "cells", "background": "background"},
            }
        },
    }
    print(f"judge: {graphs.gflop(network, pixels)} GFLOP an image")
    graphs.write_manifest(pack, manifest)


def write_fixture(network: nn.Module, folder: Path) -> None:
    """Renders with captions, some changed in one thing and some of mixed things, and what the judge says of each.

    verdicts.json: [{file, caption, claims: [{kind, noun, value, holds}]}]. The fixture is for comparing two readers of
    one network, so what stands there is what the network says, right or wrong.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng, found = np.random.default_rng(CHECK_SEED), []
    images, scenes, _ = world.sample_batch(60, CHECK_SEED + 900)
    mixed_images, mixed_scenes, _ = render_mixed(20, rng, 1.0)
    chosen = [i for i, s in enumerate(scenes) if s.other is not None or s.count > 1 or s.size][:8]
    images = torch.cat([images[chosen], mixed_images[:4]])
    scenes = [scenes[i] for i in chosen] + mixed_scenes[:4]
    for i, (scene, image, (things, background)) in enumerate(zip(scenes, images, read(network, images))):
        file = f"picture-{i:02d}.png"
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(folder / file, optimize=True)
        for said in (scene, world.loosen(scene, rng), *attributes.negatives(scene, 4, rng)):
            own = claims.claims_of(said)
            held = claims.verdict(own, things, background)
            rows = [{"kind": c.kind, "noun": c.noun, "value": c.value, "holds": h} for c, h in zip(own, held)]
            found.append({"file": file, "caption": world.caption(said), "claims": rows})
    (folder / "verdicts.json").write_text(json.dumps(found, indent=1) + "\n")
    print(f"{len(images)} pictures, {len(found)} captions in {folder}")


def contact_sheet(network: nn.Module, pair: tuple[nn.Module, nn.Module] | None) -> Image.Image:
    """Rows of renders, of mixed pictures and of round trips, six each, with what the network sees drawn over them."""
    rng, scale = np.random.default_rng(CHECK_SEED + 1), 2
    renders, mixed_images = world.sample_batch(12, CHECK_SEED + 901)[0], render_mixed(6, rng, 1.0)[0]
    rows = [renders[:6], mixed_images]
    if pair is not None:
        rows.append(round_trip(renders[6:], pair, autoencoder.NOISE, torch.Generator().manual_seed(CHECK_SEED)))
    side = world.SIDE * scale
    sheet = Image.new("RGB", (6 * side, len(rows) * side))
    for i, (image, (things, background)) in enumerate(zip(torch.cat(rows), read(network, torch.cat(rows)))):
        tile = Image.fromarray(image.permute(1, 2, 0).numpy()).resize((side, side), Image.Resampling.LANCZOS)
        draw = ImageDraw.Draw(tile)
        ink = "white" if background == "night" else "black"
        for thing in things:
            x, y, r = thing.x * scale, thing.y * scale, thing.radius * scale
            draw.ellipse((x - r, y - r, x + r, y + r), outline=ink)
            words = " ".join(word for word in (thing.texture, thing.colour, thing.shape) if word)
            draw.text((min(max(x, 60), side - 60), min(y + r + 7, side - 8)), words, fill=ink, anchor="mm")
        draw.text((side / 2, 8), background, fill=ink, anchor="mm")
        sheet.paste(tile, (i % 6 * side, i // 6 * side))
    return sheet


# --- main -------------------------------------------------------------------------------------


def train(args: argparse.Namespace) -> None:
    device = training.setup(args)
    prepare(args)
    scenes = Scenes(args.scene_folder, args.scenes)
    network = Detector().to(device, memory_format=torch.channels_last)
    average = training.Average({"network": network})
    made = training.optimisers([network], lambda n, p: False, 0.0, args.rate)
    step, samples, before = 0, 0, 0.0
    if args.resume and training.exists(args.checkpoints, "judge"):
        state = training.load(args.checkpoints, "judge")
        network.load_state_dict(state["now"]["network"])
        average.state = state["average"]
        training.restore_optimisers(made, training.load(args.checkpoints, "judge-optimiser"))
        step, samples, before = state["step"], state["samples"], state["seconds"]
    forward = torch.compile(network) if args.compile else network
    watched = Detector().to(device, memory_format=torch.channels_last).eval()
    rng = np.random.default_rng((SEED, args.seed, step))
    clock = training.Clock(args.minutes, before)
    looked, saved, first = time.monotonic(), time.monotonic(), samples
    print(f"{training.parameters(network):,} parameters", flush=True)

    def keep() -> None:
        state = {"now": {"network": network.state_dict()}, "average": average.state}
        training.save(args.checkpoints, "judge", state | {"step": step, "samples": samples, "seconds": clock.seconds})
        training.save(args.checkpoints, "judge-optimiser", training.optimiser_state(made))

    while clock.done < 1:
        images, objects, backgrounds = scenes.batch(args.batch, rng)
        pixels = augment(data.to_float(images)).to(device, memory_format=torch.channels_last)
        with training.autocast(device):
            cells, background = forward(pixels)
        loss = loss_of(cells, background, objects.to(device), backgrounds.to(device))
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        for optimiser in made:
            for group in optimiser.param_groups:
                group["lr"] = group["base"] * training.learning_rate(clock.done, step, flat=0.2)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        average.update(step, 0.998)
        step, samples = step + 1, samples + args.batch
        if time.monotonic() - looked > args.look or clock.done >= 1:
            looked = time.monotonic()
            watched.load_state_dict(average.state["network"])
            # Not the scenes of the final check: those are looked at once.
            figures = check(watched, 100, data.EVAL_SEED + 500)
            shown = ", ".join(f"{kind} {100 * f['right']:.1f}" for kind, f in figures.items())
            rate = (samples - first) / (clock.seconds - before)
            print(f"{clock.seconds:.0f} s, step {step}, {samples} samples ({rate:.0f}/s), loss {loss.item():.3f}, {shown}", flush=True)
        if time.monotonic() - saved > 60:
            saved = time.monotonic()
            keep()
    keep()


def main() -> None:
    parser = training.arguments(__doc__, minutes=9)
    parser.add_argument("--scenes", type=int, default=40960)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--look", type=float, default=60, help="seconds between two looks at fresh renders")
    parser.add_argument("--compile", action="store_true", help="torch.compile: needs a C++ compiler")
    parser.add_argument("--render", action="store_true", help="only render the scenes")
    parser.add_argument("--check", type=int, metavar="N", help="only measure the trained judge on N fresh renders")
    parser.add_argument("--fixture", type=Path, metavar="FOLDER", help="only write pictures and verdicts for tests")
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="only draw the contact sheet")
    args = parser.parse_args()
    args.scene_folder = args.data / "judge"
    if args.render:
        training.setup(args)
        prepare(args)
    elif args.check:
        training.setup(args)
        print(table(check(load(args.checkpoints), args.check, CHECK_SEED, load_pair(args.checkpoints))))
    elif args.fixture:
        training.setup(args)
        write_fixture(graphs.rounded(folded(load(args.checkpoints))), args.fixture)
    elif args.sheet:
        training.setup(args)
        contact_sheet(load(args.checkpoints), load_pair(args.checkpoints)).save(args.sheet, optimize=True)
    else:
        train(args)


if __name__ == "__main__":
    main()
