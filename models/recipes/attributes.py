"""Scenes that differ from a scene in exactly one attribute: hard negatives for training, options for measuring."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from world import BACKGROUNDS, COLOURS, COUNTS, RELATIONS, SHAPES, SIZES, TEXTURES, Scene

ATTRIBUTES = ("colour", "shape", "count", "texture", "relation", "background", "size", "other colour", "other shape", "swap")


def options(scene: Scene, attribute: str) -> list[Scene]:
    """All versions of the scene along one attribute, the scene itself included; [] where it has no such attribute.

    What a scene leaves open has no colour and no texture that could be wrong.
    """
    thing, other = scene.thing, scene.other
    if attribute in ("colour", "texture") and thing.colour == "":
        return []
    if attribute == "colour":
        return [replace(scene, thing=replace(thing, colour=c)) for c in COLOURS]
    if attribute == "shape":
        return [replace(scene, thing=replace(thing, shape=s)) for s in SHAPES]
    if attribute == "texture":
        return [replace(scene, thing=replace(thing, texture=t)) for t in ("", *TEXTURES)]
    if attribute == "count":
        return [replace(scene, count=k + 1) for k in range(len(COUNTS))]
    if attribute == "size":
        return [replace(scene, size=s) for s in ("", *SIZES)]
    if attribute == "background":
        return [replace(scene, background=b) for b in BACKGROUNDS]
    if other is None or (attribute == "other colour" and other.colour == ""):
        return []
    if attribute == "swap" and "" in (thing.colour, other.colour):
        return []
    if attribute == "relation":
        return [replace(scene, relation=r) for r in RELATIONS]
    if attribute == "other colour":
        return [replace(scene, other=replace(other, colour=c)) for c in COLOURS]
    if attribute == "other shape":
        return [replace(scene, other=replace(other, shape=s)) for s in SHAPES]
    if attribute == "swap":
        # Who is which: the colours change places, the shapes stay.
        exchanged = replace(scene, thing=replace(thing, colour=other.colour), other=replace(other, colour=thing.colour))
        return [scene, exchanged] if exchanged != scene else []
    raise ValueError(f"expected one of {', '.join(ATTRIBUTES)}, found {attribute!r}")


def negatives(scene: Scene, count: int, rng: np.random.Generator) -> list[Scene]:
    """`count` scenes, each wrong in one attribute; where there is a relation, half of them are about who is where.

    Relations are the slowest to learn and only a third of the scenes have one.
    """
    found: list[Scene] = []
    while len(found) < count:
        if scene.other is not None and rng.random() < 0.5:
            attribute = "swap" if rng.random() < 0.3 else "relation"
        else:
            attribute = ATTRIBUTES[rng.integers(len(ATTRIBUTES))]
        wrong = [s for s in options(scene, attribute) if s != scene]
        if wrong:
            found.append(wrong[rng.integers(len(wrong))])
    return found
