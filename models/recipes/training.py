"""What every training script shares: device, clock, learning rate, Muon, moving average, checkpoints."""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import torch
from torch import nn

CHECKPOINTS = Path(__file__).parent / "checkpoints"
SHARD_BYTES = 15 << 20  # no checkpoint file above 16 MiB, so that checkpoints travel like any other small file


def arguments(description: str, minutes: float | None) -> argparse.ArgumentParser:
    """The options that all training scripts take; `minutes` is the default, None where the script chooses it later."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="auto", help="auto (cuda if there), cpu, cuda")
    parser.add_argument("--minutes", type=float, default=minutes, help="wall clock of the whole training, resumed parts included")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=0, help="0: as torch decides")
    parser.add_argument("--data", type=Path, default=Path(__file__).parent / "data")
    parser.add_argument("--checkpoints", type=Path, default=CHECKPOINTS)
    return parser


def setup(args: argparse.Namespace) -> torch.device:
    """Seed, threads and device of a run."""
    torch.manual_seed(args.seed)
    if args.threads:
        torch.set_num_threads(args.threads)
    args.checkpoints.mkdir(parents=True, exist_ok=True)
    if args.device != "auto":
        return torch.device(args.device)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def autocast(device: torch.device) -> torch.autocast:
    """bfloat16 where it pays: four times float32 on processors with avx512_bf16 or AMX."""
    return torch.autocast(device.type, dtype=torch.bfloat16)


class Clock:
    """Training time as a fraction of a budget in minutes; `before` counts what earlier, resumed parts used.

    Schedules follow this clock rather than a number of steps, so a busy machine costs samples, never the decay.
    """

    def __init__(self, minutes: float, before: float = 0.0) -> None:
        self.budget, self.before, self.started = 60 * minutes, before, time.monotonic()

    @property
    def seconds(self) -> float:
        return self.before + time.monotonic() - self.started

    @property
    def done(self) -> float:
        return min(self.seconds / self.budget, 1.0)


def learning_rate(done: float, step: int, warm_up: int = 200, flat: float = 0.3) -> float:
    """Multiplier of the base rate: linear warm-up in steps, flat until `flat` of the time, then linearly to 0."""
    return min(1.0, (step + 1) / warm_up) * min(1.0, max(0.0, (1 - done) / (1 - flat)))


def orthogonalise(g: torch.Tensor) -> torch.Tensor:
    """Nearest semi-orthogonal matrices of a batch [n, rows, columns]: Newton-Schulz quintic of Muon (Jordan 2024)."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g.bfloat16()
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        s = x @ x.mT
        x = a * x + (b * s + c * s @ s) @ x
    return (x.mT if tall else x).to(g.dtype)


class Muon(torch.optim.Optimizer):
    """Momentum, then orthogonalised updates, for the matrices inside a transformer.

    Matrices of one shape are orthogonalised together in one batched product. A weight that stacks several
    matrices (queries, keys and values, say) names their number in its attribute `parts`.
    The update is scaled by sqrt(max(1, rows / columns)), as in Keller Jordan's reference.
    """

    def __init__(self, params, lr: float, momentum: float = 0.95, weight_decay: float = 0.0) -> None:
        super().__init__(list(params), {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            shapes: dict[tuple, list] = {}
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(p)
                state["momentum"].lerp_(p.grad, 1 - group["momentum"])
                update = p.grad.lerp(state["momentum"], group["momentum"])
                parts = getattr(p, "parts", 1)
                parted = update.view(parts, p.shape[0] // parts, p.shape[1])
                shapes.setdefault(tuple(parted.shape[1:]), []).append((p, parted))
            for (rows, columns), found in shapes.items():
                whole = orthogonalise(torch.cat([parted for _, parted in found]))
                step = group["lr"] * max(1.0, rows / columns) ** 0.5
                for (p, _), u in zip(found, whole.split([len(parted) for _, parted in found])):
                    p.mul_(1 - group["lr"] * group["weight_decay"]).sub_(u.reshape(p.shape), alpha=step)


def optimisers(modules: list[nn.Module], matrices, muon: float, adam: float) -> list[torch.optim.Optimizer]:
    """Muon for the parameters that `matrices(name, parameter)` picks, AdamW for the rest."""
    named = [(n, p) for m in modules for n, p in m.named_parameters() if p.requires_grad]
    chosen = [p for n, p in named if matrices(n, p)]
    ids = {id(p) for p in chosen}
    rest = [p for _, p in named if id(p) not in ids]
    made = [torch.optim.AdamW(rest, lr=adam, betas=(0.9, 0.97), weight_decay=0.0)]
    if chosen:
        made.append(Muon(chosen, lr=muon, weight_decay=0.02))
    for optimiser in made:
        for group in optimiser.param_groups:
            group["base"] = group["lr"]
    return made


class Average:
    """Exponential moving average of all parameters and buffers, with a window that grows with the run."""

    def __init__(self, modules: dict[str, nn.Module]) -> None:
        self.modules = modules
        self.state = {k: {n: t.detach().clone() for n, t in m.state_dict().items()} for k, m in modules.items()}

    @torch.no_grad()
    def update(self, step: int, limit: float = 0.999) -> None:
        decay = min(limit, (step + 1) / (step + 20))
        for key, module in self.modules.items():
            for name, now in module.state_dict().items():
                kept = self.state[key][name]
                if now.dtype.is_floating_point:
                    kept.lerp_(now, 1 - decay)
                else:
                    kept.copy_(now)


# --- checkpoints ------------------------------------------------------------------------------


def save(directory: Path, name: str, state: dict) -> None:
    """Write nested dicts of tensors and plain values as `name-KK.pt` shards, each replaced atomically."""
    leaves: dict[str, object] = {}

    def walk(value, path: str) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(inner, f"{path}/{type(key).__name__[0]}{key}")
        else:
            leaves[path] = value

    walk(state, "")
    shards: list[dict] = [{}]
    room = SHARD_BYTES
    for path, value in leaves.items():
        size = value.numel() * value.element_size() if torch.is_tensor(value) else 64
        if size > room and shards[-1]:
            shards.append({})
            room = SHARD_BYTES
        shards[-1][path] = value.detach().cpu().clone() if torch.is_tensor(value) else value
        room -= size
    for number, shard in enumerate(shards):
        target = directory / f"{name}-{number:02d}.pt"
        torch.save(shard | {"#shards": len(shards)}, target.with_suffix(".tmp"))
        target.with_suffix(".tmp").rename(target)


def exists(directory: Path, name: str) -> bool:
    """Whether `load` would find something."""
    return (directory / f"{name}-00.pt").exists()


def load(directory: Path, name: str) -> dict:
    """What `save` wrote; SystemExit says which file is missing."""
    state: dict = {}
    number, count = 0, 1
    while number < count:
        file = directory / f"{name}-{number:02d}.pt"
        if not file.exists():
            raise SystemExit(f"expected the checkpoint {file}, found nothing: train it first")
        shard = torch.load(file, map_location="cpu", weights_only=False)
        count = shard.pop("#shards")
        for path, value in shard.items():
            keys = [int(k[1:]) if k[0] == "i" else k[1:] for k in path.split("/")[1:]]
            at = state
            for key in keys[:-1]:
                at = at.setdefault(key, {})
            at[keys[-1]] = value
        number += 1
    return state


def optimiser_state(made: list[torch.optim.Optimizer]) -> dict:
    """Per-parameter state of several optimisers (rates come from the clock and are not stored)."""
    return {i: o.state_dict()["state"] for i, o in enumerate(made)}


def restore_optimisers(made: list[torch.optim.Optimizer], state: dict) -> None:
    for i, optimiser in enumerate(made):
        whole = optimiser.state_dict()
        whole["state"] = state.get(i, {})
        optimiser.load_state_dict(whole)


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def psnr(a: torch.Tensor, b: torch.Tensor) -> float:
    """Peak signal-to-noise ratio in dB of images in [-1, 1], mean over the batch."""
    mse = (a.float() - b.float()).clamp(-2, 2).square().flatten(1).mean(1)
    return (10 * torch.log10(4 / mse)).mean().item() if mse.min() > 0 else math.inf
