"""Train the text encoder and the flow transformer together.

    python flow.py --compile
    python flow.py --compile --pack scenes-mini

Flow matching with x_s = (1 - s) x0 + s e and velocity v = e - x0 (s = 1 is noise). The autoencoder's latents of
all rendered scenes are computed once and kept in memory.

Beside the velocity a linear head on the middle layer names what lies under each token (shape, colour, texture,
direction and size of the nearest object). The renderer knows these for nothing, and they do what features of a
large pretrained network do in REPA (Yu et al. 2024): the layers find the objects long before the velocity loss
alone would teach them. The head is not exported.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import distributed, multiprocessing, nn

import autoencoder
import data
import graphs
import tokenizer
import training
import transformer
import world

TAP = 4  # layers before the auxiliary head
LOOSE = 0.12  # share of the captions that leave the colour of one thing open
CHECKPOINT = {"scenes": "flow", "scenes-mini": "flow-mini"}  # by pack
MINUTES = {"scenes": 116.0, "scenes-mini": 58.0}  # what the shipped weights took
EMPTY = torch.zeros(1, tokenizer.LENGTH, dtype=torch.int64)  # the prompt of the unconditional half of guidance
GUIDANCE = 3.5  # the manifest's default
NAMES = {"scenes": "Scenes", "scenes-mini": "Scenes mini"}
ABOUT = {
    "scenes": "Compositions of coloured, textured shapes on five backgrounds, 128 x 128, from a sentence.",
    "scenes-mini": "The world of Scenes from a denoiser of a quarter of the compute, for small models with search.",
}
EXAMPLES = (
    "two red stars in night",
    "a large blue heart in paper",
    "three yellow circles in sky",
    "a striped green square in sand",
    "a purple moon above a orange diamond in night",
    "a star in night",
)
WATCHED = (
    "two red stars in night",
    "a large blue heart in paper",
    "three yellow circles in sky",
    "a striped green square in sand",
    "a purple moon above a orange diamond in night",
    "four pink rings in meadow",
    "a dotted teal triangle left of a white circle in sky",
    "two black squares in sand",
    "a large red star in meadow",
    "three dotted blue diamonds in paper",
    "a small yellow moon in night",
    "a red heart below a blue ring in sky",
    "four green triangles in paper",
    "a large striped orange circle in night",
    "two purple hearts in meadow",
    "a white square right of a black star in sand",
)


# --- the auxiliary task -----------------------------------------------------------------------


def token_labels(objects: torch.Tensor) -> dict[str, torch.Tensor]:
    """What lies under each of the 8 x 8 tokens, from objects float32 [n, 5, 8].

    shape [n, 64] (0: none, else 1 + index), colour, texture [n, 64], offset [n, 64, 3]: centre and radius in tokens.
    """
    centre = torch.arange(8) * 16 + 8.0
    x, y = centre.repeat(8), centre.repeat_interleave(8)
    dx, dy = objects[:, None, :, 1] - x[None, :, None], objects[:, None, :, 2] - y[None, :, None]
    away = (dx * dx + dy * dy).sqrt() - objects[:, None, :, 3] + 1e4 * (1 - objects[:, None, :, 0])
    nearest = away.argmin(-1)
    there = away.amin(-1) < 6
    rows = torch.gather(objects, 1, nearest[..., None].expand(-1, -1, objects.shape[-1]))
    offset = torch.stack([rows[..., 1] - x, rows[..., 2] - y, rows[..., 3]], -1) / 16
    return {"there": there, "shape": (rows[..., 5].long() + 1) * there, "colour": rows[..., 6].long(), "texture": rows[..., 7].long(), "offset": offset}


SPLIT = (len(world.SHAPES) + 1, len(world.COLOURS), len(world.TEXTURES) + 1, 3)


def auxiliary_loss(told: torch.Tensor, labels: dict[str, torch.Tensor]) -> torch.Tensor:
    """Mean error of the head [n, 64, sum(SPLIT)] over tokens; colour, texture and offset count where an object is."""
    shape, colour, texture, offset = told.float().split(SPLIT, -1)
    there = labels["there"].float()
    total = F.cross_entropy(shape.flatten(0, 1), labels["shape"].flatten(), reduction="none").view_as(there)
    total = total + there * F.cross_entropy(colour.flatten(0, 1), labels["colour"].flatten(), reduction="none").view_as(there)
    total = total + there * F.cross_entropy(texture.flatten(0, 1), labels["texture"].flatten(), reduction="none").view_as(there)
    total = total + there * F.smooth_l1_loss(offset, labels["offset"], reduction="none").sum(-1)
    return total.mean()


# --- data and sampling ------------------------------------------------------------------------


@torch.no_grad()
def encode_all(chunks: data.Chunks, encoder: nn.Module, device: torch.device) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Normalised latents float16 [n, c, 16, 16] of all chunks, with shift and scale [c] of the raw ones."""
    encoder = encoder.to(device, memory_format=torch.channels_last)
    out = []
    for start in range(0, len(chunks), 256):
        images = data.to_float(chunks[np.arange(start, min(start + 256, len(chunks)))]).to(device)
        with training.autocast(device):
            out.append(encoder(images.contiguous(memory_format=torch.channels_last)).float().cpu())
    raw = torch.cat(out)
    shift, scale = raw.mean((0, 2, 3)), raw.std((0, 2, 3))
    return ((raw - shift[:, None, None]) / scale[:, None, None]).half(), shift, scale


@torch.no_grad()
def sample(encoder, denoiser, ids, noise, steps: int = 20, guidance: float = 3.0) -> torch.Tensor:
    """Euler from noise [n, c, 16, 16] to normalised latents, as the app does it: sigma linear from 1 to 0."""
    text, empty = encoder(ids), encoder(EMPTY.to(ids.device).expand(len(ids), -1))
    x = noise
    for step in range(steps):
        sigma = torch.full((len(x),), 1 - step / steps, device=x.device)
        v = denoiser(x, sigma, text).float()
        if guidance != 1:
            free = denoiser(x, sigma, empty).float()
            v = free + guidance * (v - free)
        x = x - v / steps
    return x


def sheet(images: torch.Tensor, columns: int) -> Image.Image:
    """uint8 [n, 3, h, w] as one picture with n / columns rows."""
    n, _, h, w = images.shape
    grid = images.view(n // columns, columns, 3, h, w).permute(0, 3, 1, 4, 2).reshape(n // columns * h, columns * w, 3)
    return Image.fromarray(grid.numpy())


def networks(pack: str, channels: int) -> tuple[nn.Module, nn.Module]:
    """Text encoder and denoiser of a pack, untrained."""
    size = transformer.SIZES[pack]
    encoder = transformer.TextEncoder(size.width, hidden=2 * size.width)
    return encoder, transformer.FlowTransformer(channels, size.width, size.depth)


def load(directory, pack: str = "scenes") -> tuple[nn.Module, nn.Module, torch.Tensor, torch.Tensor]:
    """Text encoder, denoiser (averaged weights), shift and scale of the latents."""
    state = training.load(directory, CHECKPOINT[pack])
    encoder, denoiser = networks(pack, len(state["shift"]))
    encoder.load_state_dict(state["average"]["encoder"])
    denoiser.load_state_dict(state["average"]["denoiser"])
    return encoder.eval(), denoiser.eval(), state["shift"], state["scale"]


# --- training ---------------------------------------------------------------------------------


class Together:
    """Gradients averaged over the processes of one machine; with one process, nothing happens.

    Processes of one thread each meet once a step, threads of one process at every operator: where other programs
    take a core away now and then, the former lose almost nothing and the latter half of their speed.
    """

    def __init__(self, rank: int, count: int, meeting: Path) -> None:
        self.count = count
        if count > 1:
            os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
            distributed.init_process_group("gloo", init_method=f"file://{meeting.resolve()}", rank=rank, world_size=count)

    def average(self, params: list[nn.Parameter], done: float) -> float:
        """Average the gradients in place, and return the average of `done`, so that all processes share one clock."""
        if self.count == 1:
            return done
        grads = [p.grad for p in params if p.grad is not None]
        flat = torch.cat([g.flatten() for g in grads] + [torch.tensor([done])]) / self.count
        distributed.all_reduce(flat)
        for g, part in zip(grads, flat.split([g.numel() for g in grads] + [1])):
            g.copy_(part.view_as(g))
        return flat[-1].item()


def train(rank: int, args: argparse.Namespace, meeting: Path) -> None:
    """One process of the training; rank 0 also writes and prints."""
    device = training.setup(args)
    if args.processes > 1:
        torch.set_num_threads(1)
    first = rank == 0
    batch = args.batch // args.processes

    chunks = data.Chunks(args.data, args.chunks)
    _, image_decoder = autoencoder.load(args.checkpoints)
    latents, shift, scale = torch.load(args.checkpoints / "latents.pt")
    ids, objects = tokenizer.encode(chunks.captions), torch.from_numpy(chunks.objects)
    loose = tokenizer.encode(world.loosened(chunks.captions, args.seed))

    name = CHECKPOINT[args.pack]
    encoder, denoiser = (m.to(device) for m in networks(args.pack, latents.shape[1]))
    head = nn.Linear(transformer.SIZES[args.pack].width, sum(SPLIT)).to(device)
    modules = {"encoder": encoder, "denoiser": denoiser, "head": head}
    average = training.Average(modules)

    def is_matrix(name: str, p: nn.Parameter) -> bool:
        return p.ndim == 2 and name.startswith(("blocks", "attend", "think")) and not name.endswith("table")

    made = training.optimisers(list(modules.values()), is_matrix, args.muon, args.adam)
    step, samples, before = 0, 0, 0.0
    if args.resume and training.exists(args.checkpoints, name):
        state = training.load(args.checkpoints, name)
        for key, weights in state["now"].items():
            modules[key].load_state_dict(weights)
        average.state |= state["average"]
        if training.exists(args.checkpoints, f"{name}-optimiser"):
            training.restore_optimisers(made, training.load(args.checkpoints, f"{name}-optimiser"))
        step, samples, before = state["step"], state["samples"], state["seconds"]
    resumed_at = step
    if first:
        for key, module in modules.items():
            print(f"{key}: {training.parameters(module):,} parameters", flush=True)
    together = Together(rank, args.processes, meeting)
    params = [p for m in modules.values() for p in m.parameters()]

    def losses(x0, e, sigma, words, labels):
        x = torch.lerp(x0, e, sigma.view(-1, 1, 1, 1))
        made_up, tapped = denoiser(x, sigma, encoder(words), tap=TAP)
        return (made_up.float() - (e - x0)).square().mean(), auxiliary_loss(head(tapped), labels)

    if args.compile:
        losses = torch.compile(losses, dynamic=False)
    clock = training.Clock(args.minutes, before)
    generator = torch.Generator().manual_seed((args.seed * 1_000_003 + step) * 64 + rank)
    looked, saved, previewed = time.monotonic(), time.monotonic(), time.monotonic() - 200
    watched = tokenizer.encode(list(WATCHED))
    fixed = torch.randn(len(WATCHED), *latents.shape[1:], generator=torch.Generator().manual_seed(7))
    recent: list[tuple[float, float]] = []

    def keep() -> None:
        state = {"now": {k: m.state_dict() for k, m in modules.items()}, "average": average.state, "shift": shift, "scale": scale}
        training.save(args.checkpoints, name, state | {"step": step, "samples": samples, "seconds": clock.seconds})
        training.save(args.checkpoints, f"{name}-optimiser", training.optimiser_state(made))

    def preview() -> None:
        other_encoder, other, _, _ = load(args.checkpoints, args.pack)
        with training.autocast(torch.device("cpu")), torch.no_grad():
            z = sample(other_encoder, other, watched, fixed)
            images = image_decoder.cpu()(z * scale.view(-1, 1, 1) + shift.view(-1, 1, 1))
        sheet(data.to_bytes(images), 8).save(args.checkpoints / f"{args.pack}-preview.png")

    done = clock.done
    while done < 1:
        picked = torch.randint(0, len(latents), (batch,), generator=generator)
        open_colour = torch.rand(batch, 1, generator=generator) < LOOSE
        words = tokenizer.disturb(torch.where(open_colour, loose[picked], ids[picked]), generator)
        words[torch.rand(batch, generator=generator) < 0.1] = EMPTY
        x0 = latents[picked].float().to(device)
        e = torch.randn(x0.shape, generator=generator).to(device)
        sigma = torch.sigmoid(0.2 + 1.1 * torch.randn(batch, generator=generator)).to(device)
        labels = {k: t.to(device) for k, t in token_labels(objects[picked]).items()}
        with training.autocast(device):
            flow_loss, side_loss = losses(x0, e, sigma, words.to(device), labels)
        (flow_loss + args.auxiliary * side_loss).backward()
        done = together.average(params, clock.done)
        nn.utils.clip_grad_norm_(params, 1.0)
        for optimiser in made:
            for group in optimiser.param_groups:
                group["lr"] = group["base"] * training.learning_rate(done, step - resumed_at, flat=0.45)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        step, samples = step + 1, samples + batch * args.processes
        if not first:
            continue
        average.update(step, 0.998)
        recent.append((flow_loss.item(), side_loss.item()))
        if time.monotonic() - looked > 20 or done >= 1:
            looked = time.monotonic()
            f, s = np.mean(recent, 0)
            recent.clear()
            print(f"{clock.seconds:.0f} s, step {step}, {samples} samples, flow {f:.4f}, auxiliary {s:.4f}", flush=True)
        if time.monotonic() - saved > 120:
            saved = time.monotonic()
            keep()
            if time.monotonic() - previewed > 300:
                previewed = time.monotonic()
                preview()
    if first:
        keep()
        preview()


# --- the pack ---------------------------------------------------------------------------------


def make_pack(checkpoints: Path, folder: Path) -> None:
    """Export the pack whose name `folder` has (scenes or scenes-mini), checked against torch."""
    pack = folder.name
    image_encoder, decoder = autoencoder.load(checkpoints)
    encoder, denoiser, shift, scale = load(checkpoints, pack)
    channels = len(shift)
    tokenizer.write(folder / "tokenizer")
    ids = torch.zeros(2, tokenizer.LENGTH, dtype=torch.int64)
    latents = torch.randn(2, channels, 16, 16)
    with torch.no_grad():
        states = encoder(ids)
    graphs.export(encoder, {"input_ids": ids}, "last_hidden_state", folder / "text_encoder/model.onnx")
    inputs = {"hidden_states": latents, "timestep": torch.rand(2), "encoder_hidden_states": states}
    graphs.export(denoiser, inputs, "out_hidden_states", folder / "transformer/model.onnx")
    graphs.export(decoder, {"latent_sample": latents}, "sample", folder / "vae_decoder/model.onnx")
    manifest = {
        "formatVersion": 1,
        "id": pack,
        "name": NAMES[pack],
        "kind": "text_to_image",
        "version": "1.2.0",
        "licence": "CC0-1.0",
        "description": ABOUT[pack],
        "image": {"width": 128, "height": 128},
        "latents": graphs.latents_entry(image_encoder, shift, scale),
        "prediction": "velocity",
        "timeConvention": "sigma_1_is_noise",
        "defaults": {"sampler": "euler", "schedule": "linear", "steps": 20, "guidance": GUIDANCE},
        "textTokens": tokenizer.LENGTH,
        "vocabularyNote": "Counts a, two, three, four; small or large; striped or dotted; ten colours, or none; eight shapes; "
        "left of, right of, above, below; in sky, sand, night, paper or meadow. Other words are ignored.",
        "examplePrompts": list(EXAMPLES),
        "components": {
            "tokenizer": graphs.TOKENIZER,
            "textEncoder": {
                "file": "text_encoder/model.onnx",
                "inputs": {"inputIds": "input_ids"},
                "outputs": {"hiddenStates": "last_hidden_state"},
            },
            "denoiser": {
                "file": "transformer/model.onnx",
                "inputs": {"latents": "hidden_states", "timestep": "timestep", "hiddenStates": "encoder_hidden_states"},
                "outputs": {"prediction": "out_hidden_states"},
                "gflopPerForward": graphs.gflop(denoiser, inputs),
            },
            "decoder": {"file": "vae_decoder/model.onnx", "inputs": {"latents": "latent_sample"}, "outputs": {"image": "sample"}},
        },
    }
    print(f"denoiser: {graphs.gflop(denoiser, inputs)} GFLOP a forward pass")
    print(f"decoder: {graphs.gflop(decoder, {'z': latents})} GFLOP an image")
    graphs.write_manifest(folder, manifest)


def main() -> None:
    parser = training.arguments(__doc__, minutes=None)
    parser.add_argument("--pack", choices=tuple(CHECKPOINT), default="scenes")
    parser.add_argument("--batch", type=int, default=192)
    parser.add_argument("--muon", type=float, default=0.015)
    parser.add_argument("--adam", type=float, default=2e-3)
    parser.add_argument("--auxiliary", type=float, default=0.15, help="weight of the auxiliary loss")
    parser.add_argument("--chunks", type=int, default=None, help="use only so many chunks of the data")
    parser.add_argument("--processes", type=int, default=1, help="on a busy processor: as many as cores, one thread each")
    parser.add_argument("--compile", action="store_true")
    args = parser.parse_args()
    args.minutes = args.minutes or MINUTES[args.pack]
    device = training.setup(args)
    cache = args.checkpoints / "latents.pt"
    if not (args.resume and cache.exists()):
        started = time.monotonic()
        image_encoder, _ = autoencoder.load(args.checkpoints)
        found = encode_all(data.Chunks(args.data, args.chunks), image_encoder, device)
        torch.save(found, cache)
        print(f"latents {tuple(found[0].shape)} in {time.monotonic() - started:.0f} s", flush=True)
    meeting = args.checkpoints / f"meeting-{os.getpid()}"
    if args.processes == 1:
        train(0, args, meeting)
    else:
        multiprocessing.spawn(train, (args, meeting), nprocs=args.processes)
    meeting.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
