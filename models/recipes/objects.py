"""Train the class-conditional flow: one object of a class such as "red circle", on any background.

    python objects.py --compile
    python objects.py --check 4 --sheet ../packs/objects/contact-sheet.png

The second draws four images of each class, has the judge read them, and shows the first of each.

80 classes, colour by shape, in the manner of SiT (Ma et al. 2024): a label, a null class that takes its place in a
tenth of the samples, velocity prediction, and a network whose only words are classes. What the class leaves open
(texture, size, place, background) is what a search has to choose from.

The network is the scenes transformer with a learned text for each class. It starts from the trained weights of flow.py
and from what the text encoder makes of "a red circle in something", so that minutes do what took the scenes hours:
without flow's checkpoint there is nothing to start from. The auxiliary loss is that of flow.py.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from torch import nn

import autoencoder
import data
import flow
import graphs
import judge
import tokenizer
import training
import transformer
import world

CLASSES = world.classes()
NULL = len(CLASSES)  # the label of the unconditional half of guidance
DROPPED = 0.1  # share of the training samples whose label is NULL
STEPS = 25  # Heun: 49 evaluations, the paper's 50


class ClassTransformer(nn.Module):
    """Velocity e - x0 of noisy latents: [n, c, 16, 16], sigma [n], class labels int64 [n] (0..80) -> [n, c, 16, 16]."""

    def __init__(self, flow_transformer: transformer.FlowTransformer) -> None:
        super().__init__()
        self.flow = flow_transformer
        self.classes = nn.Parameter(torch.zeros(NULL + 1, tokenizer.LENGTH, transformer.WIDTH))

    def forward(self, x: torch.Tensor, sigma: torch.Tensor, labels: torch.Tensor, tap: int | None = None):
        return self.flow(x, sigma, self.classes[labels], tap)


@torch.no_grad()
def warm_start(directory: Path) -> tuple[ClassTransformer, nn.Linear]:
    """The network and the auxiliary head as flow.py left them, each class with a text whose background is an unknown word.

    Flow's training has seen such texts and leaves the background open for them; the mean text over the backgrounds draws
    paper nearly always. A checkpoint restored from a pack has no head; a fresh one learns within a few hundred steps.
    """
    encoder, denoiser, _, _ = flow.load(directory)
    network = ClassTransformer(denoiser)
    network.classes[:NULL] = encoder(tokenizer.encode([f"a {name} in something" for name in CLASSES]))
    network.classes[NULL] = encoder(flow.EMPTY)[0]
    head = nn.Linear(transformer.WIDTH, sum(flow.SPLIT))
    trained = training.load(directory, "flow")["average"]
    if "head" in trained:
        head.load_state_dict(trained["head"])
    return network, head


def load(directory: Path) -> tuple[ClassTransformer, torch.Tensor, torch.Tensor]:
    """The network (averaged weights), shift and scale [c] of the latents."""
    state = training.load(directory, "objects")
    network = ClassTransformer(transformer.FlowTransformer(len(state["shift"])))
    network.load_state_dict(state["average"]["network"])
    return network.eval(), state["shift"], state["scale"]


def select(objects: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Indices int64 [m] of the scenes with a single object, plain or textured, and their labels int64 [m].

    `objects` float32 [n, 5, 8] is what data.Chunks holds.
    """
    index = np.flatnonzero(objects[:, :, 0].sum(1) == 1)
    shape, colour = objects[index, 0, 5], objects[index, 0, 6]
    return torch.from_numpy(index), torch.from_numpy(colour * len(world.SHAPES) + shape).long()


@torch.no_grad()
def sample(network: nn.Module, labels: torch.Tensor, noise: torch.Tensor, steps: int = STEPS, guidance: float = 1.0) -> torch.Tensor:
    """Heun (EDM, algorithm 1, without noise) from noise [n, c, 16, 16] to normalised latents, sigma linear from 1 to 0."""

    def velocity(x: torch.Tensor, sigma: float) -> torch.Tensor:
        level = torch.full((len(x),), sigma)
        v = network(x, level, labels).float()
        if guidance == 1:
            return v
        free = network(x, level, torch.full_like(labels, NULL)).float()
        return free + guidance * (v - free)

    x = noise
    for step in range(steps):
        here, there = 1 - step / steps, 1 - (step + 1) / steps
        v = velocity(x, here)
        euler = x + (there - here) * v
        x = euler if there == 0 else x + (there - here) * (v + velocity(euler, there)) / 2
    return x


@torch.no_grad()
def draw(directory: Path, labels: list[int], seed: int) -> torch.Tensor:
    """Images uint8 [n, 3, 128, 128] of the trained network, Heun with STEPS steps, no guidance."""
    network, shift, scale = load(directory)
    _, decoder = autoencoder.load(directory)
    out = []
    noise = torch.randn(len(labels), len(shift), 16, 16, generator=torch.Generator().manual_seed(seed))
    with training.autocast(torch.device("cpu")):
        for some, e in zip(torch.tensor(labels).split(16), noise.split(16)):
            z = sample(network, some, e)
            out.append(data.to_bytes(decoder(z * scale.view(-1, 1, 1) + shift.view(-1, 1, 1))))
    return torch.cat(out)


def check(directory: Path, labels: list[int], images: torch.Tensor) -> None:
    """Print how often the judge finds one thing of the class and nothing else, and what was drawn where it is free."""
    seen = judge.read(judge.load(directory), images)
    right: Counter[str] = Counter()
    free: dict[str, Counter[str]] = {"background": Counter(), "texture": Counter(), "size": Counter()}
    for label, (things, background) in zip(labels, seen):
        colour, shape = CLASSES[label].split()
        right["one thing"] += len(things) == 1
        right["colour"] += any(thing.colour == colour for thing in things)
        right["shape"] += any(thing.shape == shape for thing in things)
        right["class, nothing else"] += [(thing.colour, thing.shape) for thing in things] == [(colour, shape)]
        free["background"][background] += 1
        for thing in things:
            away = [abs(thing.radius - radius) for radius in world.RADII_ALONE[1]]
            free["texture"][thing.texture or "plain"] += 1
            free["size"][("small", "unmarked", "large")[away.index(min(away))]] += 1
    for what, count in right.items():
        print(f"{what}: {count} of {len(labels)}, {count / len(labels):.3f}")
    for what, counts in free.items():
        print(f"{what}: {', '.join(f'{name} {count}' for name, count in counts.most_common())}", flush=True)


# --- training ---------------------------------------------------------------------------------


def train(args: argparse.Namespace) -> None:
    device = training.setup(args)
    chunks = data.Chunks(args.data, args.chunks)
    index, labels_of = select(chunks.objects)
    latents, shift, scale = torch.load(args.checkpoints / "latents.pt")
    latents, objects = latents[index], torch.from_numpy(chunks.objects)[index]
    print(f"{len(index):,} of {len(chunks):,} scenes, {labels_of.bincount().min()} or more of each class", flush=True)

    network, head = warm_start(args.checkpoints)
    modules = {"network": network.to(device).train(), "head": head.to(device)}
    average = training.Average(modules)
    made = training.optimisers(
        list(modules.values()),
        lambda name, p: p.ndim == 2 and name.startswith("flow.blocks") and not name.endswith("table"),
        args.muon,
        args.adam,
    )
    step, samples, before = 0, 0, 0.0
    if args.resume and training.exists(args.checkpoints, "objects"):
        state = training.load(args.checkpoints, "objects")
        for key, module in modules.items():
            module.load_state_dict(state["now"][key])
        average.state = state["average"]
        training.restore_optimisers(made, training.load(args.checkpoints, "objects-optimiser"))
        step, samples, before = state["step"], state["samples"], state["seconds"]
    print(f"network: {training.parameters(network):,} parameters", flush=True)
    params = [p for m in modules.values() for p in m.parameters()]

    def losses(x0, e, sigma, labels, told):
        x = torch.lerp(x0, e, sigma.view(-1, 1, 1, 1))
        v, tapped = network(x, sigma, labels, tap=flow.TAP)
        return (v.float() - (e - x0)).square().mean(), flow.auxiliary_loss(head(tapped), told)

    if args.compile:
        losses = torch.compile(losses, dynamic=False)
    clock = training.Clock(args.minutes, before)
    generator = torch.Generator().manual_seed(args.seed * 1_000_003 + step)
    looked = saved = time.monotonic()
    recent: list[tuple[float, float]] = []

    def keep() -> None:
        state = {"now": {k: m.state_dict() for k, m in modules.items()}, "average": average.state, "shift": shift, "scale": scale}
        training.save(args.checkpoints, "objects", state | {"step": step, "samples": samples, "seconds": clock.seconds})
        training.save(args.checkpoints, "objects-optimiser", training.optimiser_state(made))

    done = clock.done
    while done < 1:
        picked = torch.randint(0, len(latents), (args.batch,), generator=generator)
        labels = labels_of[picked]
        labels[torch.rand(args.batch, generator=generator) < DROPPED] = NULL
        x0 = latents[picked].float().to(device)
        e = torch.randn(x0.shape, generator=generator).to(device)
        sigma = torch.sigmoid(0.2 + 1.1 * torch.randn(args.batch, generator=generator)).to(device)
        told = {k: t.to(device) for k, t in flow.token_labels(objects[picked]).items()}
        with training.autocast(device):
            flow_loss, side_loss = losses(x0, e, sigma, labels.to(device), told)
        (flow_loss + args.auxiliary * side_loss).backward()
        nn.utils.clip_grad_norm_(params, 1.0)
        done = clock.done
        for optimiser in made:
            for group in optimiser.param_groups:
                group["lr"] = group["base"] * training.learning_rate(done, step, warm_up=50)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        step, samples = step + 1, samples + args.batch
        average.update(step, 0.995)
        recent.append((flow_loss.item(), side_loss.item()))
        if time.monotonic() - looked > 20 or done >= 1:
            looked = time.monotonic()
            f, s = np.mean(recent, 0)
            recent.clear()
            print(f"{clock.seconds:.0f} s, step {step}, {samples} samples, flow {f:.4f}, auxiliary {s:.4f}", flush=True)
        if time.monotonic() - saved > 120:
            saved = time.monotonic()
            keep()
    keep()


# --- the pack ---------------------------------------------------------------------------------


def make_pack(checkpoints: Path, folder: Path) -> None:
    """Write the pack `objects`: denoiser and decoder, compared with torch, and pack.json."""
    image_encoder, decoder = autoencoder.load(checkpoints)
    network, shift, scale = load(checkpoints)
    channels = len(shift)
    latents = torch.randn(2, channels, 16, 16)
    inputs = {"hidden_states": latents, "timestep": torch.rand(2), "class_labels": torch.tensor([0, NULL])}
    graphs.export(network, inputs, "out_hidden_states", folder / "transformer/model.onnx", ids=NULL + 1)
    graphs.export(decoder, {"latent_sample": latents}, "sample", folder / "vae_decoder/model.onnx")
    manifest = {
        "formatVersion": 1,
        "id": "objects",
        "name": "Objects",
        "kind": "class_to_image",
        "version": "1.1.0",
        "licence": "CC0-1.0",
        "description": "One coloured shape on any of five backgrounds, 128 x 128, from one of 80 classes.",
        "image": {"width": 128, "height": 128},
        "latents": graphs.latents_entry(image_encoder, shift, scale),
        "prediction": "velocity",
        "timeConvention": "sigma_1_is_noise",
        "defaults": {"sampler": "heun", "schedule": "linear", "steps": STEPS, "guidance": 1},
        "classes": CLASSES,
        "nullClass": NULL,
        "components": {
            "denoiser": {
                "file": "transformer/model.onnx",
                "inputs": {"latents": "hidden_states", "timestep": "timestep", "classLabels": "class_labels"},
                "outputs": {"prediction": "out_hidden_states"},
                "gflopPerForward": graphs.gflop(network, inputs),
            },
            "decoder": {"file": "vae_decoder/model.onnx", "inputs": {"latents": "latent_sample"}, "outputs": {"image": "sample"}},
        },
    }
    graphs.write_manifest(folder, manifest)


def main() -> None:
    parser = training.arguments(__doc__, minutes=9)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--muon", type=float, default=0.008)
    parser.add_argument("--adam", type=float, default=1e-3)
    parser.add_argument("--auxiliary", type=float, default=0.15, help="weight of the auxiliary loss")
    parser.add_argument("--chunks", type=int, default=None, help="use only so many chunks of the data")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--check", type=int, default=0, help="train nothing: judge so many images of every class")
    parser.add_argument("--sheet", type=Path, help="train nothing: draw every class with the trained network, a row for each colour")
    args = parser.parse_args()
    if not (args.check or args.sheet):
        train(args)
        return
    training.setup(args)
    each = args.check or 1
    labels = [label for label in range(NULL) for _ in range(each)]
    images = draw(args.checkpoints, labels, args.seed)
    if args.sheet:
        flow.sheet(images[::each], len(world.SHAPES)).save(args.sheet, optimize=True)
    if args.check:
        check(args.checkpoints, labels, images)


if __name__ == "__main__":
    main()
