"""The world of the bundled packs: captioned compositions of shapes, 128 x 128 RGB.

A scene follows one grammar, and its caption is made from the scene, so both are exact:

    (a | two | three | four) [small | large] [striped | dotted] COLOUR SHAPE
        [(left of | right of | above | below) a [striped | dotted] COLOUR SHAPE] in BACKGROUND

One thing may be left open, without texture and colour ("a star in night"): such a caption is true of every colour.
Counts may be combined with a relation ("three red stars left of a blue ring in sky"): the counted
objects then form one cluster on their side of the other object.

Three steps, each a pure function of its arguments and a random generator:

    sample_scene -> Scene     what is said     (words only)
    place        -> [Object]  what is drawn    (pixels, radii, angles)
    render       -> uint8     what is seen     (signed distance fields, batched in torch)

Sizes are in pixels of the 128 px image. Image coordinates: x to the right, y down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch

SIDE = 128

COUNTS = ("a", "two", "three", "four")
SIZES = ("small", "large")
TEXTURES = ("striped", "dotted")
COLOURS = ("red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "white", "black")
SHAPES = ("circle", "square", "triangle", "star", "heart", "ring", "moon", "diamond")
RELATIONS = ("left of", "right of", "above", "below")
BACKGROUNDS = ("sky", "sand", "night", "paper", "meadow")

COLOUR_RGB = torch.tensor(
    [
        [0.88, 0.13, 0.15],  # red
        [0.98, 0.50, 0.06],  # orange
        [1.00, 0.84, 0.12],  # yellow
        [0.14, 0.62, 0.22],  # green
        [0.03, 0.64, 0.66],  # teal
        [0.13, 0.33, 0.88],  # blue
        [0.50, 0.20, 0.78],  # purple
        [1.00, 0.50, 0.73],  # pink
        [0.97, 0.97, 0.98],  # white
        [0.09, 0.09, 0.11],  # black
    ]
)
# The second colour of stripes and dots: a tint where the colour is deep, a shade where it is already light.
TEXTURE_RGB = torch.tensor(
    [
        [1.00, 0.74, 0.72],
        [1.00, 0.86, 0.62],
        [0.82, 0.56, 0.02],
        [0.70, 0.93, 0.66],
        [0.72, 0.96, 0.95],
        [0.70, 0.83, 1.00],
        [0.85, 0.70, 1.00],
        [0.78, 0.16, 0.46],
        [0.58, 0.61, 0.68],
        [0.58, 0.58, 0.62],
    ]
)

# Radius in pixels for (small, default, large), by number of objects. More objects leave less room.
RADII_ALONE = {1: (13.5, 22.5, 34.5), 2: (13.0, 20.0, 27.0), 3: (12.5, 17.5, 22.5), 4: (12.0, 16.5, 21.0)}
RADII_RELATED = {1: (13.0, 20.5, 29.0), 2: (12.0, 15.0, 18.5), 3: (11.5, 13.5, 15.5), 4: (11.0, 12.5, 14.0)}

MARGIN = 4.0  # free border between any object and the edge of the image


@dataclass(frozen=True)
class Thing:
    """One noun phrase without its count: texture ("" for plain), colour ("" for left open), shape."""

    texture: str
    colour: str
    shape: str


@dataclass(frozen=True)
class Scene:
    """What a caption says. `relation` is "" and `other` None where there is a single noun phrase."""

    count: int
    size: str
    thing: Thing
    relation: str
    other: Thing | None
    background: str


@dataclass(frozen=True)
class Object:
    """One drawn shape: centre and radius in pixels, rotation in radians."""

    x: float
    y: float
    radius: float
    angle: float
    thing: Thing


def classes() -> list[str]:
    """The classes of class-conditional packs and of classifiers, "red circle" and so on, colour by colour."""
    return [f"{colour} {shape}" for colour in COLOURS for shape in SHAPES]


# --- what is said -----------------------------------------------------------------------------


def sample_thing(rng: np.random.Generator, textured: float) -> Thing:
    """A noun phrase with uniform colour and shape; `textured` is the share that is striped or dotted."""
    texture = TEXTURES[rng.integers(2)] if rng.random() < textured else ""
    return Thing(texture, COLOURS[rng.integers(len(COLOURS))], SHAPES[rng.integers(len(SHAPES))])


def sample_scene(rng: np.random.Generator) -> Scene:
    """A scene of the grammar. Colours, shapes and backgrounds are uniform, the optional parts are not."""
    thing = sample_thing(rng, 0.3)
    size = SIZES[rng.integers(2)] if rng.random() < 0.35 else ""
    background = BACKGROUNDS[rng.integers(len(BACKGROUNDS))]
    if rng.random() < 0.35:
        other = sample_thing(rng, 0.25)
        while (other.colour, other.shape) == (thing.colour, thing.shape):
            other = sample_thing(rng, 0.25)
        count = int(rng.choice(4, p=(0.78, 0.10, 0.07, 0.05))) + 1
        return Scene(count, size, thing, RELATIONS[rng.integers(4)], other, background)
    count = int(rng.choice(4, p=(0.34, 0.24, 0.22, 0.20))) + 1
    return Scene(count, size, thing, "", None, background)


def caption(scene: Scene) -> str:
    """The caption of a scene: the only sentence of the grammar that describes it."""
    words = [COUNTS[scene.count - 1], scene.size, scene.thing.texture, scene.thing.colour]
    words.append(scene.thing.shape + ("s" if scene.count > 1 else ""))
    if scene.other is not None:
        words += [scene.relation, "a", scene.other.texture, scene.other.colour, scene.other.shape]
    words += ["in", scene.background]
    return " ".join(word for word in words if word)


def loosen(scene: Scene, rng: np.random.Generator) -> Scene:
    """The scene with one of its things left open: no texture, no colour."""
    if scene.other is not None and rng.random() < 0.5:
        return replace(scene, other=Thing("", "", scene.other.shape))
    return replace(scene, thing=Thing("", "", scene.thing.shape))


def loosened(captions: list[str], seed: int) -> list[str]:
    """Each caption with one of its things left open."""
    rng = np.random.default_rng(seed)
    return [caption(loosen(parse(text), rng)) for text in captions]


def parse(text: str) -> Scene:
    """The scene that a caption describes; ValueError names the first word that does not fit."""
    words = text.lower().split()

    def take(options: tuple[str, ...], what: str, optional: bool = False) -> str:
        for option in options:
            parts = option.split()
            if words[: len(parts)] == parts:
                del words[: len(parts)]
                return option
        if optional:
            return ""
        raise ValueError(f"expected {what}, found {words[0] if words else 'the end'!r} in {text!r}")

    def take_thing(plural: bool) -> Thing:
        texture = take(TEXTURES, "a texture", optional=True)
        colour = take(COLOURS, "a colour", optional=texture == "")
        shapes = tuple(shape + "s" for shape in SHAPES) if plural else SHAPES
        shape = take(shapes, "a shape")
        return Thing(texture, colour, shape[:-1] if plural else shape)

    count = COUNTS.index(take(COUNTS, "a count")) + 1
    size = take(SIZES, "a size", optional=True)
    thing = take_thing(count > 1)
    relation = take(RELATIONS, "a relation", optional=True)
    other = None
    if relation:
        take(("a",), "'a'")
        other = take_thing(False)
    take(("in",), "'in'")
    background = take(BACKGROUNDS, "a background")
    if words:
        raise ValueError(f"expected the end, found {words[0]!r} in {text!r}")
    return Scene(count, size, thing, relation, other, background)


# --- where it is drawn ------------------------------------------------------------------------

_H = math.sqrt(3) / 2
# Centres of a group in units of the spacing between neighbours.
PATTERNS = {
    1: (((0, 0),),),
    2: (((-0.5, 0), (0.5, 0)), ((0, -0.5), (0, 0.5)), ((-0.36, -0.36), (0.36, 0.36)), ((-0.36, 0.36), (0.36, -0.36))),
    3: (
        ((0, -_H / 2), (-0.5, _H / 2), (0.5, _H / 2)),
        ((0, _H / 2), (-0.5, -_H / 2), (0.5, -_H / 2)),
        ((-1, 0), (0, 0), (1, 0)),
    ),
    4: (
        ((-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)),
        ((0, -0.72), (0.72, 0), (0, 0.72), (-0.72, 0)),
    ),
}
# Beside another object a group is narrow along the relation's axis: a column for left/right, a row for above/below.
COLUMNS = {
    1: PATTERNS[1],
    2: (((0, -0.5), (0, 0.5)),),
    3: (((0, -1), (0, 0), (0, 1)), ((0, _H / 2), (-0.5, -_H / 2), (0.5, -_H / 2))),
    4: (PATTERNS[4][0],),
}


def _group(rng: np.random.Generator, patterns: tuple, radius: float, tilt: float) -> np.ndarray:
    """Centres [k, 2] of a group around the origin, neighbours clear of each other by at least 4 px."""
    pattern = np.array(patterns[rng.integers(len(patterns))], dtype=np.float64)
    if len(pattern) == 1:
        return pattern
    spacing = 2 * radius + rng.uniform(5, 10)
    angle = rng.uniform(-tilt, tilt)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    for shake in (2.5, 1.5, 0.5, 0.0):
        centres = pattern @ turn * spacing + rng.uniform(-shake, shake, pattern.shape)
        gaps = np.linalg.norm(centres[:, None] - centres[None], axis=-1) + 1e9 * np.eye(len(centres))
        if gaps.min() >= 2 * radius + 4:
            break
    return centres


def _angle(rng: np.random.Generator, shape: str) -> float:
    """A rotation that keeps the shape's name true: a diamond never turns into a square."""
    return rng.uniform(-0.3, 0.3) if shape in ("star", "moon") else rng.uniform(-0.17, 0.17)


def _within(low: float, high: float, rng: np.random.Generator, spread: float) -> float:
    """A shift in [low, high], at most `spread` from the middle of the image; the middle if there is no room."""
    low, high = max(low, -spread), min(high, spread)
    return rng.uniform(low, high) if low < high else (low + high) / 2


def place(scene: Scene, rng: np.random.Generator) -> list[Object]:
    """Objects of the scene: inside the image by MARGIN, none overlapping, relations plainly true.

    The counted objects come first, the related one last.
    """
    size = {"small": 0, "": 1, "large": 2}[scene.size]
    shake = rng.uniform(0.94, 1.06)
    half = SIDE / 2
    if scene.other is None:
        radius = RADII_ALONE[scene.count][size] * shake
        for _ in range(20):
            centres = _group(rng, PATTERNS[scene.count], radius, 0.2)
            if np.abs(centres).max() + radius <= half - MARGIN:
                break
        else:
            centres = np.array(PATTERNS[scene.count][0]) * (2 * radius + 4)
            centres -= (centres.max(0) + centres.min(0)) / 2
        room = half - MARGIN - radius
        low, high = -room - centres.min(0), room - centres.max(0)
        shift = [_within(low[i], high[i], rng, 17) for i in range(2)]
        return [
            Object(float(half + x + shift[0]), float(half + y + shift[1]), radius, _angle(rng, scene.thing.shape), scene.thing)
            for x, y in centres
        ]

    # With a relation: lay out along a "main" axis (first group at the negative side), then map to x or y.
    radius = RADII_RELATED[scene.count][size] * shake
    other_radius = (16.0 if scene.size == "large" or scene.count == 4 else 20.0) * rng.uniform(0.94, 1.06)
    centres = _group(rng, COLUMNS[scene.count], radius, 0.06)
    main, cross = centres[:, 0], centres[:, 1]
    depth = main.max() - main.min() + 2 * radius
    room = SIDE - 2 * MARGIN - depth - 2 * other_radius
    gap = min(rng.uniform(7, 16), max(room, 4.0))
    start = _within(-(room - gap) / 2, (room - gap) / 2, rng, 9) - (depth + gap + 2 * other_radius) / 2
    main = main - main.min() + radius + start
    other_main = start + depth + gap + other_radius
    reach = half - MARGIN
    cross = cross + _within(-reach + radius - cross.min(), reach - radius - cross.max(), rng, 11)
    other_cross = _within(-reach + other_radius, reach - other_radius, rng, 11)
    sign = 1 if scene.relation in ("left of", "above") else -1
    flat = scene.relation in ("left of", "right of")

    def make(m: float, c: float, r: float, thing: Thing) -> Object:
        x, y = (sign * m, c) if flat else (c, sign * m)
        return Object(float(half + x), float(half + y), r, _angle(rng, thing.shape), thing)

    objects = [make(m, c, radius, scene.thing) for m, c in zip(main, cross)]
    return objects + [make(other_main, other_cross, other_radius, scene.other)]


# --- how it looks -----------------------------------------------------------------------------
# Signed distances: p is (x right, y up) in units of the radius, negative inside. Formulas after the exact
# two-dimensional distance functions collected by Inigo Quilez.


def _dot2(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return x * x + y * y


def _circle(x, y):
    return _dot2(x, y).sqrt() - 0.94


def _square(x, y):
    qx, qy = x.abs() - 0.70, y.abs() - 0.70
    return _dot2(qx.clamp(min=0), qy.clamp(min=0)).sqrt() + torch.maximum(qx, qy).clamp(max=0) - 0.12


def _triangle(x, y):
    k, r = math.sqrt(3), 0.88
    px, py = x.abs() - r, y + 0.14 + r / k
    fold = px + k * py > 0
    px, py = torch.where(fold, (px - k * py) / 2, px), torch.where(fold, (-k * px - py) / 2, py)
    px = px - px.clamp(-2 * r, 0)
    return -_dot2(px, py).sqrt() * torch.sign(py) - 0.1


def _star(x, y):
    r, inner = 1.02, 0.46
    k1x, k1y = 0.809016994375, -0.587785252292
    px, py = x.abs(), y
    for kx in (k1x, -k1x):
        d = 2 * (kx * px + k1y * py).clamp(min=0)
        px, py = px - d * kx, py - d * k1y
    px, py = px.abs(), py - r
    bx, by = -inner * k1y, inner * k1x - 1
    h = ((px * bx + py * by) / (bx * bx + by * by)).clamp(0, r)
    return _dot2(px - bx * h, py - by * h).sqrt() * torch.sign(py * bx - px * by) - 0.05


def _heart(x, y):
    scale = 0.63
    px, py = x.abs() * scale, y * scale + 0.55
    lobe = _dot2(px - 0.25, py - 0.75).sqrt() - math.sqrt(2) / 4
    t = 0.5 * (px + py).clamp(min=0)
    rest = torch.minimum(_dot2(px, py - 1), _dot2(px - t, py - t)).sqrt() * torch.sign(px - py)
    return torch.where(px + py > 1, lobe, rest) / scale - 0.03


def _ring(x, y):
    return (_dot2(x, y).sqrt() - 0.70).abs() - 0.25


def _moon(x, y):
    ra, rb, d = 0.98, 0.80, 0.52
    cos, sin = math.cos(0.45), math.sin(0.45)
    px, py = cos * x - sin * y - 0.12, (sin * x + cos * y).abs()
    a = (ra * ra - rb * rb + d * d) / (2 * d)
    b = math.sqrt(max(ra * ra - a * a, 0))
    tip = d * (px * b - py * a) > d * d * (b - py).clamp(min=0)
    body = torch.maximum(_dot2(px, py).sqrt() - ra, rb - _dot2(px - d, py).sqrt())
    return torch.where(tip, _dot2(px - a, py - b).sqrt(), body) - 0.03


def _diamond(x, y):
    bx, by = 0.64, 0.98
    px, py = x.abs(), y.abs()
    h = (((bx - 2 * px) * bx - (by - 2 * py) * by) / (bx * bx + by * by)).clamp(-1, 1)
    d = _dot2(px - 0.5 * bx * (1 - h), py - 0.5 * by * (1 + h)).sqrt()
    return d * torch.sign(px * by + py * bx - bx * by) - 0.04


DISTANCES = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "star": _star,
    "heart": _heart,
    "ring": _ring,
    "moon": _moon,
    "diamond": _diamond,
}

PATCH = 96  # an object with its shadow fits into a window of this side


def _smooth(edge0: float, edge1: float, x: torch.Tensor) -> torch.Tensor:
    t = ((x - edge0) / (edge1 - edge0)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def _backgrounds(kinds: list[str], rng: np.random.Generator) -> torch.Tensor:
    """Backgrounds float32 [n, 3, 128, 128] in [0, 1]. Mostly smooth, so that the objects carry the picture."""
    n = len(kinds)
    axis = (torch.arange(SIDE) + 0.5) / SIDE
    y, x = axis.view(1, SIDE, 1), axis.view(1, 1, SIDE)
    out = torch.empty(n, 3, SIDE, SIDE)

    def ramp(t: torch.Tensor, top: tuple, bottom: tuple) -> torch.Tensor:
        a, b = torch.tensor(top).view(1, 3, 1, 1), torch.tensor(bottom).view(1, 3, 1, 1)
        return a + (b - a) * t.unsqueeze(1)

    def uniform(m: int, low: float, high: float) -> torch.Tensor:
        return torch.from_numpy(rng.uniform(low, high, m).astype(np.float32)).view(m, 1, 1)

    for kind in BACKGROUNDS:
        rows = [i for i, k in enumerate(kinds) if k == kind]
        m = len(rows)
        if m == 0:
            continue
        if kind == "sky":
            image = ramp((y + uniform(m, -0.1, 0.1)).clamp(0, 1).expand(m, SIDE, SIDE), (0.30, 0.62, 0.95), (0.74, 0.89, 0.99))
            for _ in range(2):
                cx, cy, w = uniform(m, 0.05, 0.95), uniform(m, 0.08, 0.92), uniform(m, 0.09, 0.15)
                puff = torch.exp(-(((x - cx) / w) ** 2 + ((y - cy) / (0.42 * w)) ** 2))
                puff = puff + 0.8 * torch.exp(-(((x - cx - 0.6 * w) / (0.7 * w)) ** 2 + ((y - cy + 0.3 * w) / (0.4 * w)) ** 2))
                image = image + (0.75 * puff.clamp(max=1)).unsqueeze(1) * (1 - image)
        elif kind == "sand":
            image = ramp(y.expand(m, SIDE, SIDE), (0.97, 0.87, 0.66), (0.90, 0.75, 0.50))
            wave = torch.sin(2 * math.pi * (6 * y + 0.35 * torch.sin(2 * math.pi * (x + uniform(m, 0, 1))) + uniform(m, 0, 1)))
            image = image + 0.018 * wave.unsqueeze(1)
        elif kind == "night":
            image = ramp(y.expand(m, SIDE, SIDE), (0.035, 0.045, 0.14), (0.10, 0.12, 0.30))
            for _ in range(9):
                cx, cy, light = uniform(m, 0.03, 0.97), uniform(m, 0.03, 0.97), uniform(m, 0.35, 0.9)
                dot = light * torch.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * (1.15 / SIDE) ** 2))
                image = image + dot.unsqueeze(1) * (1 - image)
        elif kind == "paper":
            image = ramp((0.6 * y + 0.4 * x).expand(m, SIDE, SIDE), (0.975, 0.965, 0.94), (0.92, 0.905, 0.87))
        else:
            hill = uniform(m, 0.22, 0.34) + 0.04 * torch.sin(2 * math.pi * (0.7 * x + uniform(m, 0, 1)))
            far = ramp((y / 0.35).clamp(0, 1).expand(m, SIDE, SIDE), (0.74, 0.88, 0.62), (0.83, 0.93, 0.70))
            near = ramp(((y - 0.3) / 0.7).clamp(0, 1).expand(m, SIDE, SIDE), (0.55, 0.78, 0.36), (0.36, 0.62, 0.25))
            image = torch.lerp(far, near, _smooth(-0.012, 0.012, y - hill).unsqueeze(1))
        out[rows] = image
    return out


def render(placed: list[list[Object]], kinds: list[str], rng: np.random.Generator) -> torch.Tensor:
    """Images uint8 [n, 3, 128, 128] of n placed scenes on their backgrounds.

    Each object is drawn inside a PATCH x PATCH window, all objects of one shape at once, and the windows are
    then laid over the canvases one layer (object number) at a time. Light comes from the top left.
    """
    canvas = _backgrounds(kinds, rng)
    flat = [(scene, layer, o) for scene, objects in enumerate(placed) for layer, o in enumerate(objects)]
    if not flat:
        return (canvas.clamp(0, 1) * 255).round().to(torch.uint8)
    tone = torch.from_numpy(rng.normal(0, 0.012, (len(flat), 3)).astype(np.float32))
    grid = torch.arange(PATCH, dtype=torch.float32) + 0.5
    for shape in SHAPES:
        for layer in range(5):
            picked = [i for i, (_, l, o) in enumerate(flat) if l == layer and o.thing.shape == shape]
            if not picked:
                continue
            scenes = torch.tensor([flat[i][0] for i in picked])
            objects = [flat[i][2] for i in picked]
            colour = torch.tensor([COLOURS.index(o.thing.colour) for o in objects])
            texture = torch.tensor([("", *TEXTURES).index(o.thing.texture) for o in objects]).view(-1, 1, 1)
            numbers = torch.tensor([(o.x, o.y, o.radius, o.angle) for o in objects], dtype=torch.float32)
            cx, cy, radius, angle = (numbers[:, i].view(-1, 1, 1) for i in range(4))
            left = (cx - PATCH / 2).round().clamp(0, SIDE - PATCH)
            top = (cy - PATCH / 2).round().clamp(0, SIDE - PATCH)
            # Pixels relative to the centre, y up, then turned by the object's angle and scaled to radius 1.
            dx, dy = left + grid.view(1, 1, -1) - cx, cy - (top + grid.view(1, -1, 1))
            cos, sin = torch.cos(angle), torch.sin(angle)
            ux, uy = (cos * dx + sin * dy) / radius, (cos * dy - sin * dx) / radius
            distance = DISTANCES[shape](ux, uy) * radius
            cover = (0.5 - distance).clamp(0, 1)
            # Slope of the distance field: the outward normal, which the bevel catches the light with.
            gx = torch.zeros_like(distance)
            gy = torch.zeros_like(distance)
            gx[:, :, 1:-1] = (distance[:, :, 2:] - distance[:, :, :-2]) / 2
            gy[:, 1:-1] = (distance[:, 2:] - distance[:, :-2]) / 2
            facing = -(gx + gy) * math.sqrt(0.5)
            bevel = 1 - _smooth(0.0, 1.0, -distance / (0.16 * radius + 1.5))
            glow = torch.exp(-((ux + 0.35) ** 2 + (uy - 0.42) ** 2) / 0.22)
            light = 1 + 0.26 * facing * bevel + 0.05 * (uy - ux)
            rim = _smooth(-2.2, -0.3, distance)

            base, second = COLOUR_RGB[colour] + tone[picked], TEXTURE_RGB[colour]
            period = 11.0
            stripes = _smooth(-0.13, 0.13, torch.sin(2 * math.pi * (dx + dy) * math.sqrt(0.5) / period) * 0.5)
            row = torch.floor(dy / period + 0.5)
            ox = dx / period + 0.5 * torch.remainder(row, 2)
            dot = _dot2((ox - torch.floor(ox + 0.5)) * period, dy - row * period).sqrt()
            dots = _smooth(0.7, -0.7, dot - 3.3)
            mix = torch.where(texture == 1, stripes, torch.where(texture == 2, dots, torch.zeros(())))
            paint = torch.lerp(base.view(-1, 3, 1, 1), second.view(-1, 3, 1, 1), mix.unsqueeze(1))
            dark = (base.mean(1) < 0.2).float().view(-1, 1, 1, 1)
            paint = paint * light.unsqueeze(1) + (0.10 * glow + dark[:, 0] * (0.10 * facing.clamp(min=0) * bevel)).unsqueeze(1)
            # A rim, darker than the paint (lighter for black), keeps white on paper and black on night visible.
            edge = paint * 0.62 * (1 - dark) + (paint + 0.34) * dark
            paint = torch.lerp(paint, edge, (0.85 * rim).unsqueeze(1)).clamp(0, 1)
            # Soft shadow, to the lower right.
            shifted = torch.full_like(distance, 9.0)
            shifted[:, 4:, 3:] = distance[:, :-4, :-3]
            shade = 0.34 * _smooth(4.5, -4.5, shifted)

            rows = (top.view(-1, 1).long() + torch.arange(PATCH)).view(-1, 1, PATCH, 1)
            columns = (left.view(-1, 1).long() + torch.arange(PATCH)).view(-1, 1, 1, PATCH)
            index = (scenes.view(-1, 1, 1, 1), torch.arange(3).view(1, 3, 1, 1), rows, columns)
            under = canvas[index] * (1 - shade.unsqueeze(1))
            canvas[index] = torch.lerp(under, paint, cover.unsqueeze(1))
    return (canvas.clamp(0, 1) * 255).round().to(torch.uint8)


def sample_batch(n: int, seed: int) -> tuple[torch.Tensor, list[Scene], list[list[Object]]]:
    """n scenes of one seed: images uint8 [n, 3, 128, 128], what they say, and where things are."""
    rng = np.random.default_rng(seed)
    scenes = [sample_scene(rng) for _ in range(n)]
    placed = [place(scene, rng) for scene in scenes]
    return render(placed, [scene.background for scene in scenes], rng), scenes, placed


def render_captions(captions: list[str], seed: int) -> torch.Tensor:
    """One fresh render uint8 [n, 3, 128, 128] of each caption."""
    rng = np.random.default_rng(seed)
    scenes = [parse(text) for text in captions]
    placed = [place(scene, rng) for scene in scenes]
    return render(placed, [scene.background for scene in scenes], rng)
