"""The networks of the text-to-image pack: a text encoder and a flow transformer over latents.

No masks, no loops over data, no operators outside the common ONNX set: what trains here is what is exported.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

import tokenizer
from autoencoder import CHANNELS

HEAD = 64
SIDE = 16  # latents are SIDE x SIDE, tokens are patches of 2 x 2 of them
LOCAL = 32  # channels of the local path around the transformer


@dataclass(frozen=True)
class Size:
    """Width and depth of a flow transformer; its text encoder has the same width and two layers."""

    width: int
    depth: int


# By pack. The small one costs less than a quarter of the other's compute for each evaluation.
SIZES = {"scenes": Size(256, 6), "scenes-mini": Size(128, 5)}
WIDTH, DEPTH = SIZES["scenes"].width, SIZES["scenes"].depth


class Norm(nn.Module):
    """Root mean square normalisation over the last axis, with a learned scale unless `scale` is False."""

    def __init__(self, width: int, scale: bool = True) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(width)) if scale else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x * torch.rsqrt(x.float().square().mean(-1, keepdim=True) + 1e-6).to(x.dtype)
        return y if self.scale is None else y * self.scale.to(x.dtype)


class Gated(nn.Module):
    """SwiGLU: [..., width] -> the same."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.up = nn.Linear(width, 2 * hidden, bias=False)
        self.up.weight.parts = 2
        self.down = nn.Linear(hidden, width, bias=False)
        nn.init.zeros_(self.down.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gate, value = self.up(x).chunk(2, -1)
        return self.down(F.silu(gate) * value)


class Attention(nn.Module):
    """Tokens [n, t, width] attend to each other and, if given, to a text [n, l, width], in one softmax.

    Queries and keys are normalised per head, which keeps high learning rates stable.
    """

    def __init__(self, width: int, text: bool) -> None:
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.qkv.weight.parts = 3
        self.text = nn.Linear(width, 2 * width, bias=False) if text else None
        if text:
            self.text.weight.parts = 2
        self.query_norm, self.key_norm = Norm(HEAD), Norm(HEAD)
        self.out = nn.Linear(width, width, bias=False)
        nn.init.zeros_(self.out.weight)

    def forward(self, x: torch.Tensor, text: torch.Tensor | None = None) -> torch.Tensor:
        n, t, width = x.shape
        q, k, v = self.qkv(x).chunk(3, -1)
        if text is not None:
            text_k, text_v = self.text(text).chunk(2, -1)
            k, v = torch.cat([k, text_k], 1), torch.cat([v, text_v], 1)
        q, k, v = (u.unflatten(-1, (width // HEAD, HEAD)).transpose(1, 2) for u in (q, k, v))
        y = F.scaled_dot_product_attention(self.query_norm(q), self.key_norm(k), v)
        return self.out(y.transpose(1, 2).flatten(2))


class TextEncoder(nn.Module):
    """Token ids int64 [n, LENGTH] -> one state per token, float [n, LENGTH, width]. `hidden` is that of the MLPs."""

    def __init__(self, width: int = WIDTH, depth: int = 2, hidden: int = 512) -> None:
        super().__init__()
        self.words = nn.Embedding(len(tokenizer.IDS), width)
        self.places = nn.Parameter(0.3 * torch.randn(tokenizer.LENGTH, width))
        nn.init.normal_(self.words.weight, std=0.7)
        self.attend = nn.ModuleList(Attention(width, text=False) for _ in range(depth))
        self.think = nn.ModuleList(Gated(width, hidden) for _ in range(depth))
        self.norms = nn.ModuleList(Norm(width) for _ in range(2 * depth + 1))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self.words(ids) + self.places
        for i, (attend, think) in enumerate(zip(self.attend, self.think)):
            x = x + attend(self.norms[2 * i](x))
            x = x + think(self.norms[2 * i + 1](x))
        return self.norms[-1](x)


class Block(nn.Module):
    """One layer; `steer` [n, 6, width] holds shift, scale and gate for attention and for the MLP."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attention = Attention(width, text=True)
        self.mlp = Gated(width, 2 * width)
        self.norm = Norm(width, scale=False)
        # adaLN-single (PixArt-alpha): one shared projection of the noise level, an offset of its own per layer.
        self.table = nn.Parameter(torch.zeros(6, width))

    def forward(self, x: torch.Tensor, text: torch.Tensor, steer: torch.Tensor) -> torch.Tensor:
        shift, scale, gate, shift2, scale2, gate2 = (steer + self.table).to(x.dtype).unsqueeze(2).unbind(1)
        x = x + (1 + gate) * self.attention(self.norm(x) * (1 + scale) + shift, text)
        return x + (1 + gate2) * self.mlp(self.norm(x) * (1 + scale2) + shift2)


def _places(width: int) -> torch.Tensor:
    """Sine-cosine positions [64, width] of the 8 x 8 tokens, the start of the learned ones."""
    side = SIDE // 2
    rates = math.pi * 2.0 ** torch.linspace(-1, 2, width // 4)
    angle = (torch.arange(side) + 0.5)[:, None] / side * rates
    axis = torch.cat([angle.sin(), angle.cos()], -1)
    down, across = axis[:, None].expand(side, side, -1), axis[None].expand(side, side, -1)
    return torch.cat([down, across], -1).flatten(0, 1)


class FlowTransformer(nn.Module):
    """Velocity e - x0 of noisy latents: [n, c, 16, 16], sigma [n], text [n, l, width] -> [n, c, 16, 16].

    The transformer works on 64 patches of 2 x 2. A thin convolutional path around it carries the noise itself,
    which the velocity contains, so that the layers are free to think about the picture.
    """

    def __init__(self, channels: int = CHANNELS, width: int = WIDTH, depth: int = DEPTH) -> None:
        super().__init__()
        self.patch = nn.Conv2d(channels, width, 4, stride=2, padding=1)
        self.places = nn.Parameter(0.5 * _places(width))
        self.register_buffer("rates", torch.exp(torch.linspace(0.0, math.log(600.0), width // 2)), persistent=False)
        self.register_buffer("mean", torch.full((2, tokenizer.LENGTH), 1 / tokenizer.LENGTH), persistent=False)
        self.time = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.gist = nn.Linear(width, width)
        self.steer = nn.Linear(width, 6 * width)
        nn.init.zeros_(self.steer.weight)
        nn.init.zeros_(self.steer.bias)
        self.blocks = nn.ModuleList(Block(width) for _ in range(depth))
        self.norm = Norm(width)
        self.unpatch = nn.Linear(width, 4 * LOCAL)
        self.local_in = nn.Conv2d(channels, LOCAL, 3, padding=1)
        self.local_mix = nn.Conv2d(2 * LOCAL, 2 * LOCAL, 3, padding=1)
        self.local_out = nn.Conv2d(2 * LOCAL, channels, 3, padding=1)
        nn.init.zeros_(self.local_out.weight)
        nn.init.zeros_(self.local_out.bias)

    def forward(self, x, sigma, text, tap: int | None = None):
        """With `tap`, also the tokens [n, 64, width] after that many layers (for the auxiliary loss)."""
        tokens = self.patch(x).flatten(2).transpose(1, 2) + self.places
        # What is known once per image goes through the projections as two equal rows, and the mean of the text is a
        # product: onnxruntime sums single rows and means in another order when the batch is larger, and the bits
        # of an image would depend on its neighbours.
        angle = sigma[:, None, None] * self.rates.expand(2, -1)
        noise = self.time(torch.cat([angle.sin(), angle.cos()], -1)) + self.gist(self.mean @ text)
        steer = self.steer(F.silu(noise))[:, 0].unflatten(-1, (6, -1))
        tapped = None
        for number, block in enumerate(self.blocks, 1):
            tokens = block(tokens, text, steer)
            if number == tap:
                tapped = tokens
        wide = self.unpatch(self.norm(tokens)).transpose(1, 2).unflatten(2, (SIDE // 2, SIDE // 2))
        local = torch.cat([F.pixel_shuffle(wide, 2), self.local_in(x)], 1)
        out = self.local_out(F.silu(self.local_mix(F.silu(local))))
        return out if tap is None else (out, tapped)
