"""Ranked pairs for the preference verifiers: image_reward.py and pick.py learn from what this module draws.

Nobody has to be asked which of two pictures is better: the scene graph says so. For a caption there are five images,

    RIGHT   the scene that the caption describes
    NEAR    wrong in one point: a scene found in the data that differs in one attribute, or the right picture with
            one thing too many, one gone, one replaced, or the two things of a relation exchanged
    LIGHT   the right scene, a little damaged
    HEAVY   the same damage, stronger
    WRONG   another scene

and for the right image there are captions that are wrong in one attribute, and one that is wrong in several.

Everything happens on the autoencoder's latents, which are there for every scene already. Damage is made to look like
what a flow model gets wrong: ghosts of other things, missing pieces, pieces out of place, smears, uneven noise. A share of
the sets, with images among them that the flow model makes in too few steps, is decoded to pixels and encoded again, since
that is what a verifier will be given.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import attributes
import autoencoder
import data
import flow
import tokenizer
import tower
import training
import world

RIGHT, NEAR, LIGHT, HEAVY, WRONG = range(5)
# (better, worse) among the images of one caption. NEAR against HEAVY is left open.
IMAGE_PAIRS = ((RIGHT, NEAR), (RIGHT, LIGHT), (RIGHT, HEAVY), (RIGHT, WRONG), (LIGHT, HEAVY), (LIGHT, NEAR), (LIGHT, WRONG), (NEAR, WRONG))
NEGATIVES = 3  # captions wrong in one attribute; one that is wrong in several follows them
CELL = 8  # pixels of a latent's side

# --- scenes as numbers ------------------------------------------------------------------------

FIELDS = ("count", "size", "texture", "colour", "shape", "relation", "other texture", "other colour", "other shape", "background")
RANGES = (5, 3, 3, 11, 8, 5, 4, 12, 9, 5)


def code(scene: world.Scene) -> tuple[int, ...]:
    """The scene as one small number per field of FIELDS; a colour that is left open is the largest of its range."""
    textures = ("", *world.TEXTURES)

    def colour(name: str) -> int:
        return world.COLOURS.index(name) + 1 if name else len(world.COLOURS) + 1

    thing, other = scene.thing, scene.other
    first = (scene.count, ("", *world.SIZES).index(scene.size), textures.index(thing.texture), colour(thing.colour) - 1)
    second = (world.SHAPES.index(thing.shape), ("", *world.RELATIONS).index(scene.relation))
    third = (0, 0, 0) if other is None else (textures.index(other.texture) + 1, colour(other.colour), world.SHAPES.index(other.shape) + 1)
    return (*first, *second, *third, world.BACKGROUNDS.index(scene.background))


def codes(scenes: list[world.Scene]) -> torch.Tensor:
    """int64 [n, len(FIELDS)]."""
    return torch.tensor([code(scene) for scene in scenes])


def agreement(said: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    """Which fields of captions hold in images, bool [..., len(FIELDS)]; an open colour and its texture always hold."""
    same = said == seen
    for texture, colour in ((2, 3), (6, 7)):
        left_open = said[..., colour] == RANGES[colour] - 1
        same[..., texture] |= left_open
        same[..., colour] |= left_open
    return same


class Neighbours:
    """Finds, for scenes of the data, other scenes of the data that differ in one field."""

    # Share of each field among the pairs: what flow models get wrong comes most often.
    WANTED = {"count": 0.34, "texture": 0.18, "shape": 0.18, "colour": 0.1, "size": 0.1, "background": 0.04, "relation": 0.06}

    def __init__(self, table: np.ndarray) -> None:
        self.table = table
        self.groups = [self._group([i for i, f in enumerate(FIELDS) if f != name]) for name in self.WANTED]
        self.shares = np.array(list(self.WANTED.values()))
        # Scenes with a relation seldom have a twin but for one field: for them, the same two things.
        self.twins = self._group([FIELDS.index(f) for f in ("colour", "shape", "other colour", "other shape")])
        self.backgrounds = self._group([FIELDS.index("background")])

    def _group(self, fields: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Scenes that agree in the fields: (members by group, first member, size [groups]; group of each scene)."""
        key = np.zeros(len(self.table), np.int64)
        for f in fields:
            key = key * RANGES[f] + self.table[:, f]
        _, group, size = np.unique(key, return_inverse=True, return_counts=True)
        return np.argsort(group, kind="stable"), np.cumsum(size) - size, size, group

    @staticmethod
    def _member(groups: tuple, of: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        members, first, size, group = groups
        g = group[of]
        return members[first[g] + rng.integers(0, size[g])]

    def near(self, picked: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """For each scene the index of one that differs in one field (or is its twin), -1 where none was found."""
        found = np.full(len(picked), -1)
        for attempt in range(6):
            left = np.flatnonzero(found < 0)
            chosen = rng.choice(len(self.groups), len(left), p=self.shares)
            for number in range(len(self.groups)):
                rows = left[chosen == number]
                found[rows] = self._member(self.groups[number], picked[rows], rng)
            if attempt > 3:
                related = left[self.table[picked[left], FIELDS.index("relation")] > 0]
                found[related] = self._member(self.twins, picked[related], rng)
            same = (found >= 0) & (self.table[found] == self.table[picked]).all(1)
            found[same] = -1
        return found

    def same_background(self, picked: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """For each scene the index of any scene on the same background."""
        return self._member(self.backgrounds, picked, rng)


# --- pictures made worse, on latents ----------------------------------------------------------

_CENTRES = torch.arange(16) * CELL + CELL / 2


def disc(x: torch.Tensor, y: torch.Tensor, radius: torch.Tensor, soft: float = 2.5) -> torch.Tensor:
    """Soft discs float32 [n, 1, 16, 16] from centres and radii [n] in pixels."""
    dx, dy = _CENTRES.view(1, 1, -1) - x.view(-1, 1, 1), _CENTRES.view(1, -1, 1) - y.view(-1, 1, 1)
    return torch.sigmoid((radius.view(-1, 1, 1) - (dx * dx + dy * dy).sqrt()) / soft).unsqueeze(1)


def moved(z: torch.Tensor, right: torch.Tensor, down: torch.Tensor) -> torch.Tensor:
    """Latents [n, c, 16, 16] moved by whole cells int64 [n]; the border is repeated."""
    columns = (torch.arange(16) - right.view(-1, 1)).clamp(0, 15)
    rows = (torch.arange(16) - down.view(-1, 1)).clamp(0, 15)
    return z[torch.arange(len(z)).view(-1, 1, 1), :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def one_of(objects: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """One drawn object of each scene: rows [n, 8] of objects [n, 5, 8]."""
    chance = torch.rand(objects.shape[:2], generator=generator) * objects[..., 0]
    return objects[torch.arange(len(objects)), chance.argmax(1)]


def _to_cells(pixels: torch.Tensor) -> torch.Tensor:
    return (pixels / CELL).round().long()


def miscounted(z: torch.Tensor, objects: torch.Tensor, empty: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """One object more (a copy at the emptiest of twelve places) or, where there are several, perhaps one less."""
    n = len(z)
    taken = one_of(objects, generator)
    x, y, radius = taken[:, 1], taken[:, 2], taken[:, 3]
    steps = torch.randint(-12, 13, (n, 12, 2), generator=generator)
    at = torch.stack([x, y], -1).unsqueeze(1) + CELL * steps
    gap = (at.unsqueeze(2) - objects[:, None, :, 1:3]).norm(dim=-1) - objects[:, None, :, 3] + 1e3 * (1 - objects[:, None, :, 0])
    room = torch.minimum(at, world.SIDE - at).amin(-1) - 2
    clear = torch.minimum(gap.amin(-1), room)
    best = clear.argmax(1)
    step, place = steps[torch.arange(n), best], at[torch.arange(n), best]
    more = torch.lerp(z, moved(z, step[:, 0], step[:, 1]), disc(place[:, 0], place[:, 1], radius + 4))
    less = torch.lerp(z, empty, disc(x + 1, y + 1, radius + 7))
    fewer = (torch.rand(n, generator=generator) < 0.5) & (objects[..., 0].sum(1) > 1)
    return torch.where(fewer.view(-1, 1, 1, 1), less, more)


def replaced(z: torch.Tensor, objects: torch.Tensor, other: torch.Tensor, other_objects: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """One object gives way to an object of another picture on the same background."""
    mine, new = one_of(objects, generator), one_of(other_objects, generator)
    shift = _to_cells(mine[:, 1:3] - new[:, 1:3])
    centre = new[:, 1:3] + CELL * shift
    return torch.lerp(z, moved(other, shift[:, 0], shift[:, 1]), disc(centre[:, 0], centre[:, 1], torch.maximum(mine[:, 3], new[:, 3]) + 4))


def exchanged(z: torch.Tensor, objects: torch.Tensor) -> torch.Tensor:
    """The first and the last object change places: where there are two, their relation is turned round."""
    first = objects[:, 0]
    last = objects[torch.arange(len(z)), objects[..., 0].sum(1).long() - 1]
    shift = _to_cells(last[:, 1:3] - first[:, 1:3])
    radius = torch.maximum(first[:, 3], last[:, 3]) + 4
    out = torch.lerp(z, moved(z, shift[:, 0], shift[:, 1]), disc(last[:, 1], last[:, 2], radius))
    return torch.lerp(out, moved(z, -shift[:, 0], -shift[:, 1]), disc(first[:, 1], first[:, 2], radius))


DAMAGE = ("noise", "smooth noise", "ghost", "double", "blur", "noisy patch", "blurred patch", "missing piece", "moved piece", "foreign piece")
LOCAL = 5  # the first kind that touches only a part of one object


def damaged(
    z: torch.Tensor, objects: torch.Tensor, other: torch.Tensor, empty: torch.Tensor, strengths: list[torch.Tensor], generator: torch.Generator
) -> list[torch.Tensor]:
    """Copies of z [n, c, 16, 16], each row hurt in one way of DAMAGE, the same way in each copy.

    `other`, `empty`: pictures on the same backgrounds, the latter without objects. Strengths [n]: 0 none, 1 plain.
    A global kind grows paler or stronger with the strength, a local one smaller or larger.
    """
    n, channels = z.shape[:2]
    kind = torch.randint(0, len(DAMAGE), (n,), generator=generator)
    noise = torch.randn(z.shape, generator=generator)
    coarse = F.interpolate(torch.randn(n, channels, 5, 5, generator=generator), size=16, mode="bilinear", align_corners=True)
    blurred = F.avg_pool2d(F.pad(z, (1, 1, 1, 1), mode="replicate"), 3, 1)
    far = torch.randint(1, 4, (n, 2), generator=generator) * (2 * torch.randint(0, 2, (n, 2), generator=generator) - 1)
    apart = moved(z, far[:, 0], far[:, 1])
    close = moved(z, far[:, 0].sign(), far[:, 1].clamp(-1, 1))
    worst = torch.stack(
        [z + noise, z + 1.4 * coarse, torch.lerp(z, other, 0.65), torch.lerp(z, apart, 0.5), blurred,
         z + 1.6 * noise, blurred, empty, close, other]
    )[kind, torch.arange(n)]
    hurt = one_of(objects, generator)
    angle, away = 2 * np.pi * torch.rand(n, generator=generator), hurt[:, 3] * torch.rand(n, generator=generator).sqrt()
    x, y = hurt[:, 1] + away * angle.cos(), hurt[:, 2] + away * angle.sin()
    here = (kind >= LOCAL).view(-1, 1, 1, 1)
    out = []
    for strength in strengths:
        part = disc(x, y, 3 + 1.3 * strength * hurt[:, 3])
        out.append(torch.lerp(z, worst, torch.where(here, part, strength.view(-1, 1, 1, 1))))
    return out


# --- ranked sets ------------------------------------------------------------------------------


@dataclass
class Sets:
    """Ranked sets of n captions.

    images [n, 4, c, 16, 16]: RIGHT, NEAR, LIGHT, HEAVY (WRONG is the RIGHT of the row before);
    said: the captions' scenes; seen int64 [n, 2, len(FIELDS)]: codes of RIGHT and NEAR, -1 where NEAR was edited;
    picked [n]: the RIGHT scenes' indices in the data.
    """

    images: torch.Tensor
    said: list[world.Scene]
    seen: torch.Tensor
    picked: np.ndarray


class Ranked:
    """Draws ranked sets from the latents of all scenes, which flow.py computes first."""

    def __init__(self, chunks: data.Chunks, checkpoints: Path) -> None:
        self.latents, self.shift, self.scale = tower.latents(checkpoints)
        self.scenes = [world.parse(text) for text in chunks.captions]
        self.objects = torch.from_numpy(chunks.objects)
        self.table = codes(self.scenes)
        self.neighbours = Neighbours(self.table.numpy())
        self.eyes = Eyes(checkpoints, self.shift, self.scale)
        self.empty = empties(self.eyes)
        self.flow = flow.load(checkpoints)[:2]
        self.pool: Sets  # see fill_pool

    def draw(self, picked: np.ndarray, rng: np.random.Generator, generator: torch.Generator) -> Sets:
        """Sets of the scenes with these indices."""
        n = len(picked)
        z, objects = self.latents[picked].float(), self.objects[picked]
        said = [self.scenes[i] for i in picked]
        loose = rng.random(n) < flow.LOOSE
        said = [world.loosen(s, rng) if l else s for s, l in zip(said, loose)]
        said_codes = codes(said)

        beside = self.neighbours.same_background(picked, rng)
        other = self.latents[beside].float()
        ground = self.table[picked, FIELDS.index("background")]
        empty = self.empty[ground, torch.from_numpy(rng.integers(0, self.empty.shape[1], n))]

        # NEAR: mostly a real scene, else an edit. An edit keeps the caption wrong whatever was left open.
        twin = self.neighbours.near(picked, rng)
        wrong = ~agreement(said_codes, self.table[twin]).all(1).numpy()
        real = (twin >= 0) & wrong & (rng.random(n) < 0.6)
        edited = miscounted(z, objects, empty, generator)
        turn = (rng.random(n) < 0.35) & (objects[..., 0].sum(1).numpy() == 2) & [s.other is not None for s in said]
        swap = (rng.random(n) < 0.25) & ~turn & ~loose
        edited = torch.where(torch.from_numpy(turn).view(-1, 1, 1, 1), exchanged(z, objects), edited)
        edited = torch.where(torch.from_numpy(swap).view(-1, 1, 1, 1), replaced(z, objects, other, self.objects[beside], generator), edited)
        is_real = torch.from_numpy(real)
        near = torch.where(is_real.view(-1, 1, 1, 1), self.latents[twin].float(), edited)
        near_codes = torch.where(is_real.view(-1, 1), self.table[twin], -1)

        light = 0.25 + 0.25 * torch.rand(n, generator=generator)
        heavy = light + 0.25 + 0.25 * torch.rand(n, generator=generator)
        images = torch.stack([z, near, *damaged(z, objects, other, empty, [light, heavy], generator)], 1)
        return Sets(images, said, torch.stack([self.table[picked], near_codes], 1), picked)

    @torch.no_grad()
    def sampled(self, z: torch.Tensor, said: list[world.Scene] | None, level: float, steps: int, generator: torch.Generator) -> torch.Tensor:
        """z noised to `level` and brought back by the flow model in `steps` Euler steps without guidance; None: no words."""
        read, denoise = self.flow
        x = torch.lerp(z, torch.randn(z.shape, generator=generator), level)
        with training.autocast(torch.device("cpu")):
            text = read(flow.EMPTY.expand(len(z), -1) if said is None else encode(said))
            for step in range(steps):
                x = x - level / steps * denoise(x, torch.full((len(x),), level * (1 - step / steps)), text).float()
        return x

    def fill_pool(self, count: int, rng: np.random.Generator, generator: torch.Generator) -> None:
        """Draw `count` sets and send their images through the decoder and the encoder; see `batch`.

        In every other part of 32 sets it is the flow model that makes LIGHT and HEAVY, the latter from pure noise. In
        every part it is the flow model that paints RIGHT and NEAR anew, over what was there: noised half the way and brought back
        with the words left open, they keep what they show and look like what will be judged. So the better of two sampled
        images is not the cleaner one, as it would be if only bad images were sampled ones.
        """
        started = time.monotonic()
        sets = self.draw(rng.integers(0, len(self.scenes), count), rng, generator)
        for start in range(0, count, 64):
            rows = slice(start, min(start + 32, count))
            z, said = sets.images[rows, RIGHT], sets.said[rows]
            sets.images[rows, LIGHT] = self.sampled(z, said, 0.85, 3, generator)
            sets.images[rows, HEAVY] = self.sampled(z, said, 1.0, 4, generator)
        for start in range(0, count, 32):
            for kind in (RIGHT, NEAR):
                z = sets.images[start : start + 32, kind]
                sets.images[start : start + 32, kind] = self.sampled(z, None, 0.45, 3, generator)
        again = torch.cat([self.eyes.again(part) for part in sets.images.flatten(0, 1).split(64)])
        self.pool = replace(sets, images=again.view_as(sets.images).half())
        print(f"{4 * count} images decoded and encoded again in {time.monotonic() - started:.0f} s", flush=True)

    def batch(self, picked: np.ndarray, rng: np.random.Generator, generator: torch.Generator, again: float = 0.5) -> Sets:
        """Sets of the scenes with these indices, a share `again` of them from the pool instead, some with a little noise.

        Latents of a damaged picture are not what the encoder finds in it once it has been decoded. Without the pool a
        verifier would learn to see damage that no picture shows.
        """
        n = len(picked)
        sets = self.draw(picked[round(again * n) :], rng, generator)
        rows = rng.integers(0, len(self.pool.said), round(again * n))
        images = torch.cat([sets.images, self.pool.images[rows].float()])
        # The same on all images of a set, so that it says nothing about their order.
        strength = 0.12 * torch.rand(n, 1, 1, 1, 1, generator=generator) * (torch.rand(n, 1, 1, 1, 1, generator=generator) < 0.5)
        return Sets(
            images + strength * torch.randn(images.shape, generator=generator),
            sets.said + [self.pool.said[i] for i in rows],
            torch.cat([sets.seen, self.pool.seen[rows]]),
            np.concatenate([sets.picked, self.pool.picked[rows]]),
        )


def wrong_captions(said: list[world.Scene], rng: np.random.Generator) -> list[list[world.Scene]]:
    """For each scene NEGATIVES scenes that are wrong in one attribute, then one that is wrong in several."""
    rows = []
    for number, scene in enumerate(said):
        several = said[number - 1] if rng.random() < 0.3 else scene
        while several == scene or sum(a != b for a, b in zip(code(several), code(scene))) < 2:
            several = attributes.negatives(several, 1, rng)[0]
        rows.append([*attributes.negatives(scene, NEGATIVES, rng), several])
    return rows


def encode(scenes: list[world.Scene], prefix: str = "") -> torch.Tensor:
    """Token ids int64 [n, LENGTH] of the scenes' captions."""
    return tokenizer.encode([prefix + world.caption(scene) for scene in scenes])


# --- pictures to latents and back -------------------------------------------------------------


class Eyes:
    """The frozen autoencoder, on normalised latents."""

    def __init__(self, checkpoints: Path, shift: torch.Tensor, scale: torch.Tensor) -> None:
        self.eye = tower.eye(checkpoints, {"shift": shift, "scale": scale}).to(memory_format=torch.channels_last)
        self.decoder = autoencoder.load(checkpoints)[1].to(memory_format=torch.channels_last)

    @torch.no_grad()
    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        """Images float32 [n, 3, 128, 128] in [-1, 1] -> latents [n, c, 16, 16]."""
        found = []
        for part in pixels.split(64):
            with training.autocast(torch.device("cpu")):
                found.append(self.eye(part.contiguous(memory_format=torch.channels_last)).float())
        return torch.cat(found).contiguous()

    @torch.no_grad()
    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Latents -> images float32 in [-1, 1]."""
        made = []
        for part in z.split(64):
            with training.autocast(torch.device("cpu")):
                made.append(self.decoder((part * self.eye.scale + self.eye.shift).contiguous(memory_format=torch.channels_last)).float())
        return torch.cat(made)

    def again(self, z: torch.Tensor) -> torch.Tensor:
        """The latents of the picture that these latents decode to."""
        return self.encode(data.to_float(data.to_bytes(self.decode(z))))


def empties(eyes: Eyes, each: int = 24) -> torch.Tensor:
    """Latents [backgrounds, each, c, 16, 16] of backgrounds without objects."""
    kinds = [kind for kind in world.BACKGROUNDS for _ in range(each)]
    pixels = world.render([[] for _ in kinds], kinds, np.random.default_rng(5))
    return eyes.encode(data.to_float(pixels)).unflatten(0, (len(world.BACKGROUNDS), each))


# --- measuring --------------------------------------------------------------------------------

Rate = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]  # normalised latents [n, c, 16, 16], ids [n, LENGTH] -> [n]


def _fresh(scenes: list[world.Scene], rng: np.random.Generator) -> tuple[torch.Tensor, list[list[world.Object]]]:
    """New renders of scenes, float32 in [-1, 1], and what was placed."""
    placed = [world.place(scene, rng) for scene in scenes]
    return data.to_float(world.render(placed, [scene.background for scene in scenes], rng)), placed


def measure(rate: Rate, eyes: Eyes, prefix: str = "", count: int = 160) -> dict[str, dict[str, float]]:
    """Shares of pairs in the right order on renders that no training sees.

    images: of one caption, its scene's render against a render of a scene wrong in that attribute;
    captions: of one image, its caption against one that is wrong in that attribute;
    damage: a picture against itself damaged with that strength, both decoded from latents;
    edits: a picture against itself with one object more or less, one replaced, two exchanged, both decoded from latents;
    best of 8: how often the right render wins against seven that are each wrong in one attribute (any attribute).
    """
    rng, generator = np.random.default_rng(data.EVAL_SEED + 5), torch.Generator().manual_seed(5)
    scenes = [world.sample_scene(rng) for _ in range(count)]
    pixels, placed = _fresh(scenes, rng)
    z, ids = eyes.encode(pixels), encode(scenes, prefix)
    good = rate(z, ids)
    found: dict[str, dict[str, float]] = {"images": {}, "captions": {}, "damage": {}, "edits": {}}
    for attribute in attributes.ATTRIBUTES:
        rows, wrong = [], []
        for row, scene in enumerate(scenes):
            variants = [s for s in attributes.options(scene, attribute) if s != scene]
            if variants:
                rows.append(row)
                wrong.append(variants[rng.integers(len(variants))])
        worse, worse_ids = eyes.encode(_fresh(wrong, rng)[0]), encode(wrong, prefix)
        found["images"][attribute] = (good[rows] > rate(worse, ids[rows])).float().mean().item()
        found["captions"][attribute] = (good[rows] > rate(z[rows], worse_ids)).float().mean().item()
    objects = torch.from_numpy(data.object_rows(placed))
    beside = [next(j for j in rng.permutation(count) if j != i and scenes[j].background == s.background) for i, s in enumerate(scenes)]
    empty = empties(eyes)[codes(scenes)[:, -1], 0]
    strengths = (0.15, 0.3, 0.6, 0.9)
    copies = damaged(z, objects, z[beside], empty, [torch.full((count,), s) for s in strengths], generator)
    clean = rate(eyes.again(z), ids)
    for strength, copy in zip(strengths, copies):
        found["damage"][f"{strength}"] = (clean > rate(eyes.again(copy), ids)).float().mean().item()
    edits = {
        "count": miscounted(z, objects, empty, generator),
        "replaced": replaced(z, objects, z[beside], objects[beside], generator),
        "exchanged": exchanged(z, objects),
    }
    for name, copy in edits.items():
        rows = [i for i, s in enumerate(scenes) if name != "exchanged" or (s.other is not None and s.count == 1)]
        found["edits"][name] = (clean[rows] > rate(eyes.again(copy[rows]), ids[rows])).float().mean().item()
    asked = range(min(count, 64))
    wrong = [s for i in asked for s in attributes.negatives(scenes[i], 7, rng)]
    rivals = rate(eyes.encode(_fresh(wrong, rng)[0]), ids[: len(asked)].repeat_interleave(7, 0)).view(-1, 7)
    found["best of 8"] = {"all": (good[: len(asked)] > rivals.amax(1)).float().mean().item()}
    return found


def report(found: dict[str, dict[str, float]]) -> str:
    return "\n".join(f"  {kind}: " + ", ".join(f"{k} {v:.3f}" for k, v in row.items()) for kind, row in found.items())
