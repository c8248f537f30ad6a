"""The autoencoder: 128 x 128 RGB to 16 x 16 latents of few channels, and back.

    python autoencoder.py

Two choices serve the flow transformer that has to produce these latents:

- few channels, kept at zero mean and unit variance by a batch normalisation without parameters, so no balance
  between a reconstruction and a KL term has to be found;
- noise on the latents during training, of a random strength, so that the code is smooth and the decoder turns an
  almost right latent into a clean picture.
"""

from __future__ import annotations

import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import data
import training

CHANNELS = 4
NOISE = 0.3  # largest standard deviation of the noise on unit-variance latents


class Residual(nn.Module):
    """Two 3 x 3 convolutions around a skip: [n, c, h, w] -> the same."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, channels)
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.second(F.silu(self.first(F.silu(self.norm(x)))))


class Upsample(nn.Module):
    """Nearest neighbour, then a convolution: twice the side without a checkerboard."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(before, after, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.convolution(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class Encoder(nn.Module):
    """Images [n, 3, 128, 128] in [-1, 1] -> latents [n, CHANNELS, 16, 16], unit variance per channel."""

    def __init__(self, channels: int = CHANNELS) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.PixelUnshuffle(4),
            nn.Conv2d(48, 96, 3, padding=1),
            Residual(96),
            Residual(96),
            nn.Conv2d(96, 160, 4, stride=2, padding=1),
            Residual(160),
            Residual(160),
            Residual(160),
            nn.GroupNorm(8, 160),
            nn.SiLU(),
            nn.Conv2d(160, channels, 3, padding=1),
        )
        self.norm = nn.BatchNorm2d(channels, affine=False, momentum=0.02)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(self.body(x).float())


class Decoder(nn.Module):
    """Latents [n, CHANNELS, 16, 16] -> images [n, 3, 128, 128] in [-1, 1] (clamped outside training)."""

    def __init__(self, channels: int = CHANNELS) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, 128, 3, padding=1),
            Residual(128),
            Residual(128),
            Residual(128),
            Upsample(128, 64),
            Residual(64),
            Residual(64),
            Upsample(64, 32),
            Residual(32),
            nn.Conv2d(32, 16, 3, padding=1),
            nn.SiLU(),
            Upsample(16, 3),
        )

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        x = self.body(z)
        return x if self.training else x.clamp(-1, 1)


def loss_of(made: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    """Absolute error of the pixels, of their differences (edges), and of a quarter-size copy (areas)."""
    made = made.float()
    error = made - real
    edges = (error[..., 1:] - error[..., :-1]).abs().mean() + (error[..., 1:, :] - error[..., :-1, :]).abs().mean()
    return error.abs().mean() + 0.5 * edges + 0.5 * F.avg_pool2d(error, 4).abs().mean() + error.square().mean()


def load(directory) -> tuple[Encoder, Decoder]:
    """The trained pair (averaged weights) in evaluation mode."""
    state = training.load(directory, "autoencoder")["average"]
    channels = state["decoder"]["body.0.weight"].shape[1]
    encoder, decoder = Encoder(channels), Decoder(channels)
    encoder.load_state_dict(state["encoder"])
    decoder.load_state_dict(state["decoder"])
    return encoder.eval(), decoder.eval()


def main() -> None:
    parser = training.arguments(__doc__, minutes=18)
    parser.add_argument("--channels", type=int, default=CHANNELS)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--rate", type=float, default=2e-3)
    args = parser.parse_args()
    device = training.setup(args)
    encoder = Encoder(args.channels).to(device, memory_format=torch.channels_last)
    decoder = Decoder(args.channels).to(device, memory_format=torch.channels_last)
    both = {"encoder": encoder, "decoder": decoder}
    average = training.Average(both)
    made = training.optimisers(list(both.values()), lambda n, p: False, 0.0, args.rate)
    step, samples, before = 0, 0, 0.0
    if args.resume and training.exists(args.checkpoints, "autoencoder"):
        state = training.load(args.checkpoints, "autoencoder")
        for key, module in both.items():
            module.load_state_dict(state["now"][key])
        average.state = state["average"]
        if training.exists(args.checkpoints, "autoencoder-optimiser"):
            training.restore_optimisers(made, training.load(args.checkpoints, "autoencoder-optimiser"))
        step, samples, before = state["step"], state["samples"], state["seconds"]
    held_out = data.to_float(data.world.sample_batch(64, data.EVAL_SEED)[0])
    clock = training.Clock(args.minutes, before)
    rng = np.random.default_rng((args.seed, step))
    chunks, looked, saved = data.Chunks(args.data), time.monotonic(), time.monotonic()
    print(f"encoder {training.parameters(encoder):,}, decoder {training.parameters(decoder):,} parameters", flush=True)

    def keep() -> None:
        state = {"now": {k: m.state_dict() for k, m in both.items()}, "average": average.state}
        training.save(args.checkpoints, "autoencoder", state | {"step": step, "samples": samples, "seconds": clock.seconds})
        training.save(args.checkpoints, "autoencoder-optimiser", training.optimiser_state(made))

    while clock.done < 1:
        real = data.to_float(chunks[rng.integers(0, len(chunks), args.batch)])
        real = real.to(device, memory_format=torch.channels_last)
        with training.autocast(device):
            latent = encoder(real)
            strength = NOISE * torch.rand(len(real), 1, 1, 1, device=device)
            loss = loss_of(decoder(latent + strength * torch.randn_like(latent)), real)
        loss.backward()
        nn.utils.clip_grad_norm_([p for m in both.values() for p in m.parameters()], 1.0)
        for optimiser in made:
            for group in optimiser.param_groups:
                group["lr"] = group["base"] * training.learning_rate(clock.done, step, flat=0.2)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        average.update(step, 0.997)
        step, samples = step + 1, samples + args.batch
        if time.monotonic() - looked > 20 or clock.done >= 1:
            looked = time.monotonic()
            encoder.eval(), decoder.eval()
            with torch.no_grad(), training.autocast(device):
                batch = held_out.to(device)
                quality = training.psnr(decoder(encoder(batch)), batch)
            encoder.train(), decoder.train()
            print(f"{clock.seconds:.0f} s, step {step}, {samples} samples, loss {loss.item():.4f}, PSNR {quality:.2f}", flush=True)
        if time.monotonic() - saved > 60:
            saved = time.monotonic()
            keep()
    keep()


if __name__ == "__main__":
    main()
