"""Train the verifier: a small CLIP of the same world.

    python clip.py --compile

The image tower is the autoencoder's encoder, frozen, and a small transformer on its latents. Those are there for
every scene already, so training never touches a pixel and sees ten times the samples that a tower of its own would.

Contrastive, with three additions that a small budget needs:

- hard negatives: every image also meets NEGATIVES captions that are wrong in one attribute;
- the auxiliary task of flow.py on the last tokens, so that the tower finds objects early;
- latents with noise of random strength, so that it judges imperfect pictures well.
"""

from __future__ import annotations

import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import attributes
import autoencoder
import data
import flow
import graphs
import tokenizer
import training
import world
from transformer import Attention, Gated, Norm, TextEncoder

WIDTH = 192
EMBEDDING = 128
NEGATIVES = 5


class ImageTower(nn.Module):
    """Pixels [n, 3, 128, 128], normalised to [-1, 1] -> embeddings [n, EMBEDDING].

    `shift` and `scale` [c] normalise the encoder's latents, as they do for the flow transformer.
    """

    def __init__(self, channels: int = autoencoder.CHANNELS, depth: int = 3) -> None:
        super().__init__()
        self.encoder = autoencoder.Encoder(channels)
        self.register_buffer("shift", torch.zeros(channels, 1, 1))
        self.register_buffer("scale", torch.ones(channels, 1, 1))
        self.stem = nn.Sequential(
            nn.Conv2d(channels, 64, 3, padding=1), nn.SiLU(), nn.Conv2d(64, WIDTH, 4, stride=2, padding=1)
        )
        self.places = nn.Parameter(0.1 * torch.randn(64, WIDTH))
        self.attend = nn.ModuleList(Attention(WIDTH, text=False) for _ in range(depth))
        self.think = nn.ModuleList(Gated(WIDTH, 2 * WIDTH) for _ in range(depth))
        self.norms = nn.ModuleList(Norm(WIDTH) for _ in range(2 * depth + 1))
        self.weigh = nn.Linear(WIDTH, 4)
        self.out = nn.Linear(4 * WIDTH, EMBEDDING, bias=False)

    def judge(self, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Normalised latents [n, c, 16, 16] -> embeddings [n, EMBEDDING] and the last tokens [n, 64, WIDTH]."""
        t = self.stem(z).flatten(2).transpose(1, 2) + self.places
        for i, (attend, think) in enumerate(zip(self.attend, self.think)):
            t = t + attend(self.norms[2 * i](t))
            t = t + think(self.norms[2 * i + 1](t))
        t = self.norms[-1](t)
        # Four learned averages of the tokens.
        share = self.weigh(t).float().softmax(1).to(t.dtype)
        return self.out((share.transpose(1, 2) @ t).flatten(1)), t

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.judge((self.encoder(pixels) - self.shift) / self.scale)[0]


class TextTower(nn.Module):
    """Token ids int64 [n, LENGTH] -> embeddings [n, EMBEDDING]."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = TextEncoder(WIDTH, depth=2)
        self.out = nn.Linear(tokenizer.LENGTH * WIDTH // 4, EMBEDDING, bias=False)
        self.squeeze = nn.Linear(WIDTH, WIDTH // 4, bias=False)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.out(self.squeeze(self.encoder(ids)).flatten(1))


def load(directory) -> tuple[ImageTower, TextTower]:
    """The trained towers (averaged weights) in evaluation mode."""
    state = training.load(directory, "clip")["average"]
    image, text = ImageTower(), TextTower()
    image.load_state_dict(state["image"])
    text.load_state_dict(state["text"])
    return image.eval(), text.eval()


def describe(scenes: list[world.Scene]) -> torch.Tensor:
    """Token ids of the scenes' captions with the verifier's prefix."""
    return tokenizer.encode([tokenizer.PREFIX + world.caption(scene) for scene in scenes])


SIDES = {"left of": (0, 1), "right of": (1, 0), "above": (2, 3), "below": (3, 2)}  # places of thing and other
KINDS = (len(world.COLOURS) + 1, len(world.SHAPES) + 1)  # the last of each: nothing there


def side_labels(scenes: list[world.Scene]) -> torch.Tensor:
    """Colour and shape at the left, right, top and bottom of scenes with a relation, int64 [n, 4, 2]."""
    labels = torch.tensor([k - 1 for k in KINDS]).repeat(len(scenes), 4, 1)
    for row, scene in zip(labels, scenes):
        if scene.other is not None:
            for side, thing in zip(SIDES[scene.relation], (scene.thing, scene.other)):
                row[side] = torch.tensor([world.COLOURS.index(thing.colour), world.SHAPES.index(thing.shape)])
    return labels


def side_loss(told: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Error of what an embedding tells [n, 4 * sum(KINDS)] about the four sides.

    One linear head reads it from images and from captions alike. Without it the towers learn which axis a relation
    has and what the two things are, and stay for long at a coin toss about which of them is where.
    """
    colour, shape = told.float().unflatten(-1, (4, -1)).split(KINDS, -1)
    return F.cross_entropy(colour.flatten(0, 1), labels[..., 0].flatten()) + F.cross_entropy(shape.flatten(0, 1), labels[..., 1].flatten())


@torch.no_grad()
def zero_shot(image: ImageTower, text: TextTower, pixels: torch.Tensor, scenes: list[world.Scene]) -> dict[str, tuple[float, int]]:
    """Share of images whose true caption beats all its one-attribute variants, and how many were asked, by attribute.

    Count, texture and the like are asked only where they show; see attributes.options.
    """
    seen = F.normalize(torch.cat([image(p).float() for p in pixels.split(64)]), dim=-1)
    found = {}
    for attribute in attributes.ATTRIBUTES:
        right = asked = 0
        for feature, scene in zip(seen, scenes):
            variants = attributes.options(scene, attribute)
            if variants:
                scores = F.normalize(text(describe(variants)).float(), dim=-1) @ feature
                right += variants[int(scores.argmax())] == scene
                asked += 1
        found[attribute] = (right / max(asked, 1), asked)
    return found


def report(found: dict[str, tuple[float, int]]) -> str:
    return ", ".join(f"{k} {v:.3f} ({n})" for k, (v, n) in found.items())


def make_pack(checkpoints: Path, folder: Path) -> None:
    """Export both towers, checked against torch, and write the manifest of scenes-clip."""
    image, text = load(checkpoints)
    tokenizer.write(folder / "tokenizer")
    pixels = {"pixel_values": torch.randn(2, 3, 128, 128)}
    graphs.export(image, pixels, "image_embeds", folder / "vision_model.onnx")
    graphs.export(text, {"input_ids": torch.zeros(2, tokenizer.LENGTH, dtype=torch.int64)}, "text_embeds", folder / "text_model.onnx")
    manifest = {
        "formatVersion": 1,
        "id": "scenes-clip",
        "name": "Scenes CLIP",
        "kind": "verifier",
        "version": "1.2.0",
        "licence": "CC0-1.0",
        "description": "How well an image of the scenes world agrees with a sentence: a small CLIP trained on that world.",
        "verifiers": [{"id": "clip_score"}, {"id": "clip_zero_shot"}, {"id": "clip_self"}],
        "image": {"width": 128, "height": 128, "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]},
        "textTokens": tokenizer.LENGTH,
        "promptPrefix": "A photo depicts ",
        "classes": world.classes(),
        "classTemplates": [f"A photo depicts a {{class}} in {background}" for background in world.BACKGROUNDS],
        "components": {
            "tokenizer": graphs.TOKENIZER,
            "imageTower": {"file": "vision_model.onnx", "inputs": {"pixels": "pixel_values"}, "outputs": {"embedding": "image_embeds"}},
            "textTower": {"file": "text_model.onnx", "inputs": {"inputIds": "input_ids"}, "outputs": {"embedding": "text_embeds"}},
        },
    }
    print(f"image tower: {graphs.gflop(image, pixels)} GFLOP an image")
    graphs.write_manifest(folder, manifest)


def main() -> None:
    parser = training.arguments(__doc__, minutes=67)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--muon", type=float, default=0.01)
    parser.add_argument("--adam", type=float, default=1.5e-3)
    parser.add_argument("--auxiliary", type=float, default=0.3)
    parser.add_argument("--sides", type=float, default=1.0, help="weight of the loss that binds things to sides")
    parser.add_argument("--noise", type=float, default=0.4, help="largest standard deviation of the noise on latents")
    parser.add_argument("--compile", action="store_true")
    args = parser.parse_args()
    device = training.setup(args)
    chunks = data.Chunks(args.data)
    scenes = [world.parse(text) for text in chunks.captions]
    objects = torch.from_numpy(chunks.objects)
    latents, shift, scale = torch.load(args.checkpoints / "latents.pt")

    image, text = ImageTower(latents.shape[1]).to(device), TextTower().to(device)
    image.encoder.load_state_dict(autoencoder.load(args.checkpoints)[0].state_dict())
    image.encoder.requires_grad_(False).eval()
    image.shift.copy_(shift.view(-1, 1, 1))
    image.scale.copy_(scale.view(-1, 1, 1))
    head = nn.Linear(WIDTH, sum(flow.SPLIT)).to(device)
    tune = nn.ParameterDict({"scale": nn.Parameter(torch.tensor(math.log(12.0), device=device))})
    sides = nn.Linear(EMBEDDING, 4 * sum(KINDS)).to(device)
    modules = {"image": image, "text": text, "head": head, "tune": tune, "sides": sides}
    average = training.Average(modules)

    def is_matrix(name: str, p: nn.Parameter) -> bool:
        return p.ndim == 2 and ("attend." in name or "think." in name)

    made = training.optimisers(list(modules.values()), is_matrix, args.muon, args.adam)
    step, samples, before = 0, 0, 0.0
    if args.resume and training.exists(args.checkpoints, "clip"):
        state = training.load(args.checkpoints, "clip")
        for key in state["now"]:
            modules[key].load_state_dict(state["now"][key])
        average.state |= state["average"]
        if training.exists(args.checkpoints, "clip-optimiser"):
            training.restore_optimisers(made, training.load(args.checkpoints, "clip-optimiser"))
        step, samples, before = state["step"], state["samples"], state["seconds"]
    resumed_at = step
    print(f"image {training.parameters(image):,}, text {training.parameters(text):,} parameters", flush=True)
    look, read = (torch.compile(m, dynamic=False) if args.compile else m for m in (image.judge, text))
    clock = training.Clock(args.minutes, before)
    rng = np.random.default_rng((args.seed, step))
    generator = torch.Generator().manual_seed(args.seed * 1_000_003 + step)
    looked, saved = time.monotonic(), time.monotonic()
    recent: list[tuple[float, ...]] = []
    fresh, fresh_scenes, _ = world.sample_batch(256, data.EVAL_SEED + 1)
    fresh = data.to_float(fresh)

    def keep() -> None:
        state = {"now": {k: m.state_dict() for k, m in modules.items()}, "average": average.state}
        training.save(args.checkpoints, "clip", state | {"step": step, "samples": samples, "seconds": clock.seconds})
        training.save(args.checkpoints, "clip-optimiser", training.optimiser_state(made))

    while clock.done < 1:
        picked = rng.integers(0, len(chunks), args.batch)
        said_of = [world.loosen(scenes[i], rng) if rng.random() < flow.LOOSE else scenes[i] for i in picked]
        wrong = [attributes.negatives(scene, NEGATIVES, rng) for scene in said_of]
        words = describe(said_of + [s for row in wrong for s in row])
        right = tokenizer.disturb(words[: args.batch], generator, share=0.03)
        words = torch.cat([right, words[args.batch :]]).to(device)
        z = latents[picked].float()
        strength = args.noise * torch.rand(args.batch, 1, 1, 1, generator=generator).square()
        z = z + strength * torch.randn(z.shape, generator=generator)
        labels = {k: t.to(device) for k, t in flow.token_labels(objects[picked]).items()}
        with training.autocast(device):
            seen, tokens = look(z.to(device))
            said = read(words)
            side = flow.auxiliary_loss(head(tokens), labels)
            where = side_labels([scenes[i] for i in picked]).to(device)
            bound = side_loss(sides(seen), where) + side_loss(sides(said[: args.batch]), where)
        seen, said = F.normalize(seen.float(), dim=-1), F.normalize(said.float(), dim=-1)
        # Row i: the captions of the batch, then image i's own hard negatives. Column i: the images of the batch.
        sharp = tune["scale"].exp().clamp(max=60.0)
        across = sharp * seen @ said[: args.batch].T
        near = sharp * torch.einsum("be,bke->bk", seen, said[args.batch :].view(args.batch, NEGATIVES, -1))
        target = torch.arange(args.batch, device=device)
        loss = F.cross_entropy(torch.cat([across, near], 1), target) + 0.5 * F.cross_entropy(across.T, target)
        hard = (near.amax(1) < across.diagonal()).float().mean()
        (loss + args.auxiliary * side + args.sides * bound).backward()
        nn.utils.clip_grad_norm_([p for m in modules.values() for p in m.parameters() if p.requires_grad], 1.0)
        for optimiser in made:
            for group in optimiser.param_groups:
                group["lr"] = group["base"] * training.learning_rate(clock.done, step - resumed_at, warm_up=100)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        average.update(step, 0.996)
        step, samples = step + 1, samples + args.batch
        recent.append((loss.item(), side.item(), hard.item(), bound.item()))
        if time.monotonic() - looked > 20:
            looked = time.monotonic()
            a, b, c, d = np.mean(recent, 0)
            recent.clear()
            print(f"{clock.seconds:.0f} s, step {step}, {samples} samples, loss {a:.4f}, auxiliary {b:.4f}, hard {c:.3f}, sides {d:.3f}", flush=True)
        if time.monotonic() - saved > 120:
            saved = time.monotonic()
            keep()
    keep()
    image, text = load(args.checkpoints)
    encoder, decoder = autoencoder.load(args.checkpoints)
    print("fresh renders:", report(zero_shot(image, text, fresh, fresh_scenes)), flush=True)
    with torch.no_grad():
        again = torch.cat([decoder(encoder(p)) for p in fresh.split(64)])
    print("round trips:", report(zero_shot(image, text, again, fresh_scenes)), flush=True)


if __name__ == "__main__":
    main()
