"""Checks of what captions claim, seconds on one core: `python check_claims.py` (plain asserts, also found by pytest)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

import attributes
import claims
import judge
import world


def broken(scene: world.Scene, seen: list[claims.Seen], background: str) -> set[str]:
    """The kinds of claim that a picture breaks."""
    own = claims.claims_of(scene)
    return {claim.kind for claim, holds in zip(own, claims.verdict(own, seen, background)) if not holds}


def test_a_scene_keeps_all_its_claims() -> None:
    rng = np.random.default_rng(10)
    for _ in range(3000):
        scene = world.sample_scene(rng)
        seen = judge.drawn(world.place(scene, rng))
        for said in (scene, world.loosen(scene, rng)):
            assert broken(said, seen, scene.background) == set(), world.caption(said)


def test_a_change_breaks_the_claims_of_its_kind_and_hardly_others() -> None:
    rng, asked, own, further = np.random.default_rng(11), Counter(), Counter(), Counter()
    for _ in range(2000):
        scene = world.sample_scene(rng)
        seen = judge.drawn(world.place(scene, rng))
        for kind, changes in judge.CHANGES.items():
            wrong = [s for change in changes for s in attributes.options(scene, change) if s != scene]
            if kind == "size":
                wrong = [s for s in wrong if scene.size and s.size]
            if wrong:
                found = broken(wrong[rng.integers(len(wrong))], seen, scene.background)
                asked[kind] += 1
                own[kind] += kind in found
                further[kind] += bool(found - {kind})
    for kind in claims.KINDS:
        # Colours exchanged between two of one shape change who is who, and so the position instead of the colours.
        assert own[kind] >= 0.995 * asked[kind], (kind, own[kind], asked[kind])
        # A size is read against the radii of the caption's count.
        assert further[kind] <= (0.06 if kind == "count" else 0.005) * asked[kind], (kind, further[kind], asked[kind])


def test_a_thing_too_many_breaks_the_count_alone() -> None:
    rng = np.random.default_rng(12)
    for _ in range(500):
        scene = world.sample_scene(rng)
        seen = judge.drawn(world.place(scene, rng))
        extra = replace(seen[0], x=200.0, y=200.0, shape="ring", colour="teal")
        if "ring" not in (scene.thing.shape, scene.other and scene.other.shape):
            assert broken(scene, [*seen, extra], scene.background) == {"count"}, world.caption(scene)


if __name__ == "__main__":
    for name, check in list(globals().items()):
        if name.startswith("test_"):
            check()
            print(f"ok {name}")
