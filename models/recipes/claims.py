"""What a caption claims, and which of its claims a picture keeps. The judge and its check share these rules.

A caption has one or two nouns: the counted one (noun 0) and, behind a relation, the other one (noun 1). It claims:

    colour, shape, texture   of each noun; a noun left open ("a star") claims its shape only, and a noun with a colour
                             but no texture claims to be plain
    size                     of noun 0, where the caption says small or large
    count                    of each noun
    position                 where there is a relation
    background               always

A picture is a list of things (shape, colour, texture, centre, radius) and a background. Who is who: a thing can answer
for a noun if it has the noun's shape or its colour, a noun takes at most as many things as it counts, and of all such
assignments the one counts in which most colours, shapes and textures agree; among equals one that keeps the position,
then the first in reading order. So a picture with one fault breaks the claim of that fault, and not all others with it.

A claim holds when there is a thing for its noun and
    colour, shape, texture   every thing of the noun has it;
    size                     the mean radius of the noun's things is nearer to the radius of that size than to that of the
                             other one, both for the caption's count and layout (world.RADII_*); the unmarked size in
                             between is nobody's claim;
    count                    the noun has exactly that many things, and the picture holds no thing beyond the caption's;
    position                 every thing of noun 0 is clear of the thing of noun 1 on the named side: their centres lie
                             apart along that axis by at least CLEAR times the sum of their radii;
    background               the picture's background is the named one.

electron/core/judge holds the same rules for the product; a fixture made by `judge.py --fixture` compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass

import world

KINDS = ("colour", "shape", "texture", "size", "count", "position", "background")
LOOKS = ("shape", "colour", "texture")
CLEAR = 0.75  # rendered relations have at least 1, diagonal neighbours rarely more than this


@dataclass(frozen=True)
class Claim:
    """One checkable part of a caption. `noun` is 0 or 1; claims about the whole picture have 0."""

    kind: str
    noun: int
    value: str | int


@dataclass(frozen=True)
class Seen:
    """A thing in a picture: centre and radius in pixels, texture "" for plain."""

    x: float
    y: float
    radius: float
    shape: str
    colour: str
    texture: str


def claims_of(scene: world.Scene) -> list[Claim]:
    """Every claim of a caption, in reading order."""
    claims = [Claim("count", 0, scene.count)]
    if scene.size:
        claims.append(Claim("size", 0, scene.size))

    def looks(noun: int, thing: world.Thing) -> None:
        if thing.colour:
            claims.append(Claim("texture", noun, thing.texture))
            claims.append(Claim("colour", noun, thing.colour))
        claims.append(Claim("shape", noun, thing.shape))

    looks(0, scene.thing)
    if scene.other is not None:
        claims.extend([Claim("position", 0, scene.relation), Claim("count", 1, 1)])
        looks(1, scene.other)
    return [*claims, Claim("background", 0, scene.background)]


def apart(relation: str, one: Seen, other: Seen) -> bool:
    """Whether `one` is clear of `other` on the side that the relation names."""
    right, down = one.x - other.x, one.y - other.y
    distance = {"left of": -right, "right of": right, "above": -down, "below": down}[relation]
    return distance >= CLEAR * (one.radius + other.radius)


def assign(claims: list[Claim], things: list[Seen]) -> list[list[int]]:
    """The indices of the things that answer for noun 0 and for noun 1."""
    stated = [{c.kind: c.value for c in claims if c.noun == noun and c.kind in LOOKS} for noun in (0, 1)]
    counts = {c.noun: c.value for c in claims if c.kind == "count"}
    relation = next((c.value for c in claims if c.kind == "position"), "")

    def agreement(noun: int, i: int) -> int:
        """How many stated looks agree; 0 where the thing cannot answer for the noun."""
        agree = {kind for kind, value in stated[noun].items() if getattr(things[i], kind) == value}
        return len(agree) if agree & {"shape", "colour"} else 0

    best: tuple[tuple[int, bool], list[list[int]]] = ((-1, False), [[], []])
    others = [[i] for i in range(len(things)) if agreement(1, i)] if 1 in counts else []
    for other in [*others, []]:
        rest = [i for i in range(len(things)) if i not in other and agreement(0, i)]
        group = sorted(rest, key=lambda i: -agreement(0, i))[: counts[0]]
        score = sum(agreement(0, i) for i in group) + sum(agreement(1, i) for i in other)
        placed = relation != "" and all(apart(relation, things[i], things[j]) for i in group for j in other)
        if (score, placed) > best[0]:
            best = ((score, placed), [group, other])
    return best[1]


def verdict(claims: list[Claim], things: list[Seen], background: str) -> list[bool]:
    """Which of the claims hold. `claims` must be all claims of one caption: they decide together who is who."""
    nouns = assign(claims, things)
    counts = {c.noun: c.value for c in claims if c.kind == "count"}
    over = len(things) - sum(map(len, nouns))
    radii = (world.RADII_RELATED if 1 in counts else world.RADII_ALONE)[counts[0]]

    def holds(claim: Claim) -> bool:
        own = [things[i] for i in nouns[claim.noun]]
        if claim.kind == "background":
            return background == claim.value
        if not own:
            return False
        if claim.kind in LOOKS:
            return all(getattr(thing, claim.kind) == claim.value for thing in own)
        if claim.kind == "count":
            return len(own) == claim.value and over == 0
        if claim.kind == "size":
            radius = sum(thing.radius for thing in own) / len(own)
            return claim.value == ("small" if radius < (radii[0] + radii[2]) / 2 else "large")
        other = [things[i] for i in nouns[1]]
        return bool(other) and all(apart(str(claim.value), thing, other[0]) for thing in own)

    return [holds(claim) for claim in claims]
