"""Checks of the world's promises, a minute on one core: `python check_world.py` (plain asserts, also found by pytest)."""

from __future__ import annotations

import itertools
import math

import numpy as np
import torch

import attributes
import tokenizer
import world


def test_caption_and_parse_are_inverse() -> None:
    rng = np.random.default_rng(0)
    for _ in range(5000):
        scene = world.sample_scene(rng)
        assert world.parse(world.caption(scene)) == scene
        loose = world.loosen(scene, rng)
        assert world.parse(world.caption(loose)) == loose != scene


def test_parse_names_the_first_wrong_word() -> None:
    for text, word in (("five red stars in sky", "five"), ("two red star in sky", "star"), ("a red star in sky now", "now")):
        try:
            world.parse(text)
        except ValueError as error:
            assert repr(word) in str(error), error
        else:
            raise AssertionError(f"{text!r} was accepted")


def test_every_caption_fits_the_tokenizer() -> None:
    rng = np.random.default_rng(1)
    for _ in range(5000):
        text = tokenizer.PREFIX + world.caption(world.sample_scene(rng))
        assert len(text.split()) <= tokenizer.LENGTH
        assert tokenizer.UNK not in tokenizer.encode([text])


def test_objects_stay_apart_inside_and_true_to_their_relation() -> None:
    rng = np.random.default_rng(2)
    for _ in range(5000):
        scene = world.sample_scene(rng)
        objects = world.place(scene, rng)
        assert len(objects) == scene.count + (scene.other is not None)
        for o in objects:
            assert min(o.x, o.y) - o.radius >= 1 and max(o.x, o.y) + o.radius <= world.SIDE - 1, world.caption(scene)
        for a, b in itertools.combinations(objects, 2):
            assert math.hypot(a.x - b.x, a.y - b.y) >= a.radius + b.radius + 2, world.caption(scene)
        if scene.other is not None:
            for o in objects[:-1]:
                dx, dy = objects[-1].x - o.x, objects[-1].y - o.y
                side = {"left of": dx, "right of": -dx, "above": dy, "below": -dy}[scene.relation]
                assert side >= o.radius + objects[-1].radius, world.caption(scene)


def test_rendering_is_seeded() -> None:
    first, second = (world.sample_batch(8, 5)[0] for _ in range(2))
    assert torch.equal(first, second)
    assert first.shape == (8, 3, world.SIDE, world.SIDE) and first.dtype == torch.uint8


def test_negatives_differ_in_the_sentence() -> None:
    rng = np.random.default_rng(3)
    for _ in range(500):
        scene = world.sample_scene(rng)
        scene = world.loosen(scene, rng) if rng.random() < 0.5 else scene
        for wrong in attributes.negatives(scene, 6, rng):
            assert world.caption(wrong) != world.caption(scene)
            assert world.parse(world.caption(wrong)) == wrong


if __name__ == "__main__":
    for name, check in list(globals().items()):
        if name.startswith("test_"):
            check()
            print(f"ok {name}")
