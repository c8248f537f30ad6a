"""Train a self-supervised tower without labels, then a linear head on its frozen features.

    python dino.py --minutes 8 --compile

DINO (Caron et al. 2021) with the masked tokens of iBOT (Zhou et al. 2021): a teacher, the moving average of the student,
sees a whole picture and says which of PROTOTYPES it resembles. The student has to say the same

- from the same picture with a blob of tokens hidden, and for each hidden token too;
- from the tokens around one place of the picture, moved by up to two latents.

The teacher is kept from one answer for all by sharpening (a low temperature) and centring; the centring is DINOv2's
(Sinkhorn-Knopp over the batch), which is right from the first step, where a moving average needs thousands. No caption and no
object of the renderer takes part. The head is trained afterwards, with labels, on features that no longer change.
"""

from __future__ import annotations

import copy
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

import data
import graphs
import tower
import training

WIDTH, DEPTH = 128, 4
PROTOTYPES = 256
HIDDEN, LOCAL = 28, 24  # tokens hidden in the whole view, tokens of the local view
SHARP, SOFT = 0.05, 0.1  # temperatures of teacher and student
FEATURES = (DEPTH + 1) * WIDTH


class Dino(nn.Module):
    """Tower, mask token and the two heads whose answers student and teacher compare."""

    def __init__(self) -> None:
        super().__init__()
        self.tower = tower.Tower(WIDTH, DEPTH, mark=True)
        self.hidden = nn.Parameter(0.1 * torch.randn(WIDTH))
        self.whole, self.part = (
            nn.Sequential(nn.Linear(WIDTH, 256), nn.GELU(), nn.Linear(256, 64)) for _ in range(2)
        )
        self.whole_prototypes, self.part_prototypes = (nn.Parameter(torch.randn(PROTOTYPES, 64)) for _ in range(2))

    def answer(self, t: torch.Tensor, whole: bool) -> torch.Tensor:
        """Tokens [..., WIDTH] -> cosines with the prototypes [..., PROTOTYPES]."""
        head, prototypes = (self.whole, self.whole_prototypes) if whole else (self.part, self.part_prototypes)
        return F.normalize(head(t).float(), dim=-1) @ F.normalize(prototypes, dim=-1).T


def features(net: tower.Tower, z: torch.Tensor) -> torch.Tensor:
    """Latents -> [n, FEATURES]: the cls token of each of the last four layers, and the mean of the last patch tokens."""
    layers = net(z)
    return torch.cat([*(t[:, 0] for t in layers[-4:]), layers[-1][:, 1:].mean(1)], 1)


@torch.no_grad()
def centred(cosines: torch.Tensor) -> torch.Tensor:
    """Sharpened answers [rows, PROTOTYPES] in which all prototypes have the same weight: Sinkhorn-Knopp, three rounds."""
    q = torch.exp((cosines - cosines.max()) / SHARP)
    for _ in range(3):
        q = q / (q.sum(0, keepdim=True) + 1e-12)
        q = q / q.sum(1, keepdim=True)
    return q


def cross_entropy(wanted: torch.Tensor, cosines: torch.Tensor) -> torch.Tensor:
    return -(wanted * F.log_softmax(cosines / SOFT, -1)).sum(-1).mean()


def losses_of(student: Dino, teacher: Dino, plain, masked, moved, hidden, local):
    """Loss of a batch, from the views [n, c, 16, 16] and the indices of hidden and local tokens [n, k]; figures to watch."""
    with torch.no_grad():
        t = teacher.tower(plain)[-1]
        whole = centred(teacher.answer(t[:, 0], True))
        part = centred(teacher.answer(tower.pick(t[:, 1:], hidden), False).flatten(0, 1))
    net = student.tower
    patches = net.tokens(masked)
    blank = student.hidden.to(patches.dtype).expand(len(patches), hidden.shape[1], -1)
    patches = patches.scatter(1, hidden[..., None].expand(-1, -1, WIDTH), blank)
    seen = net.layers(patches + net.places)[-1]
    near = net.layers(tower.pick(net.tokens(moved) + net.places, local))[-1]
    same = cross_entropy(whole, student.answer(seen[:, 0], True))
    across = cross_entropy(whole, student.answer(near[:, 0], True))
    inside = cross_entropy(part, student.answer(tower.pick(seen[:, 1:], hidden), False).flatten(0, 1))
    with torch.no_grad():
        sure = -(whole * (whole + 1e-9).log()).sum(1).mean()
        spread = F.normalize(t[:, 0].float(), dim=-1).std(0).mean() * WIDTH**0.5
    return same + across + inside, same, across, inside, sure, spread


class Linear(nn.Module):
    """What is exported: pixels -> features around their mean [n, FEATURES], and the logits of the classes [n, 80].

    The mean over the training scenes is taken off because cosines are compared: with it, any two pictures look alike.
    """

    def __init__(self, eye: tower.Eye, net: tower.Tower, mean: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> None:
        super().__init__()
        self.eye, self.net = eye, net
        self.register_buffer("mean", mean)
        self.head = nn.Linear(FEATURES, len(tower.CLASSES))
        self.head.load_state_dict({"weight": weight, "bias": bias})

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        found = features(self.net, self.eye(pixels)) - self.mean
        return found, self.head(found)


@torch.no_grad()
def look(net: tower.Tower, z: torch.Tensor) -> torch.Tensor:
    """Features float32 of latents, in batches."""
    with training.autocast(torch.device("cpu")):
        return torch.cat([features(net, part.float()).float() for part in z.split(256)])


def train_head(checkpoints: Path, folder: Path, scenes: int = 32768, seconds: float = 40) -> None:
    """Logistic regression on the frozen features of the first `scenes` scenes; writes the checkpoint dino-head."""
    state = training.load(checkpoints, "dino")
    net = load_tower(state)
    z, _, _ = tower.latents(checkpoints)
    targets = tower.class_targets(torch.from_numpy(data.Chunks(folder).objects))[:scenes]
    found = look(net, z[:scenes])
    mean, spread = found.mean(0), found.std(0) + 1e-4
    found = (found - mean) / spread
    kept = len(found) - 2048
    head = nn.Linear(FEATURES, len(tower.CLASSES))
    optimiser = torch.optim.AdamW(head.parameters(), lr=3e-3, weight_decay=0.02)
    clock = training.Clock(seconds / 60)
    generator = torch.Generator().manual_seed(0)
    while clock.done < 1:
        rows = torch.randint(0, kept, (1024,), generator=generator)
        F.cross_entropy(head(found[rows]), targets[rows]).backward()
        for group in optimiser.param_groups:
            group["lr"] = 3e-3 * (1 - clock.done)
        optimiser.step()
        optimiser.zero_grad()
    with torch.no_grad():
        print("head, scenes kept back:", tower.top_1(head(found[kept:]), targets[kept:]), flush=True)
        weight = head.weight / spread
    training.save(checkpoints, "dino-head", {"mean": mean, "weight": weight, "bias": head.bias})


def load_tower(state: dict) -> tower.Tower:
    """The teacher's tower, in evaluation mode: the features that DINO uses are the teacher's."""
    teacher = Dino()
    teacher.load_state_dict(state["now"]["teacher"])
    return teacher.tower.eval()


def load(checkpoints: Path) -> Linear:
    """The network that is exported, in evaluation mode."""
    state, head = training.load(checkpoints, "dino"), training.load(checkpoints, "dino-head")
    return Linear(tower.eye(checkpoints, state), load_tower(state), head["mean"], head["weight"], head["bias"]).eval()


@torch.no_grad()
def measure(checkpoints: Path) -> None:
    """Print the head's accuracy and the features' self-consistency on fresh renders."""
    net = load(checkpoints)
    pixels, _, objects = tower.fresh(1024, 2)
    with training.autocast(torch.device("cpu")):
        logits = torch.cat([net(part)[1].float() for part in pixels.split(64)])
    print("head, fresh renders:", tower.top_1(logits, tower.class_targets(objects)), flush=True)
    tower.self_consistency(lambda x: net(x)[0])


def make_pack(checkpoints: Path, folder: Path) -> None:
    """Write the pack scenes-dino: one graph, checked against torch, and the manifest."""
    net = load(checkpoints)
    pixels = {"pixel_values": torch.zeros(2, 3, 128, 128)}
    graphs.export(net, pixels, ["features", "logits"], folder / "vision_model.onnx")
    print(f"image tower: {graphs.gflop(net, pixels)} GFLOP an image")
    graphs.write_manifest(
        folder,
        {
            "formatVersion": 1,
            "id": "scenes-dino",
            "name": "Scenes DINO",
            "kind": "verifier",
            "version": "1.1.0",
            "licence": "CC0-1.0",
            "description": "What a network that saw pictures without labels makes of an image, and which colour and shape it shows.",
            "verifiers": [{"id": "dino_linear"}, {"id": "dino_self"}],
            "image": tower.IMAGE,
            "classes": tower.CLASSES,
            "components": {
                "imageTower": {
                    "file": "vision_model.onnx",
                    "inputs": {"pixels": "pixel_values"},
                    "outputs": {"embedding": "features", "logits": "logits"},
                }
            },
        },
    )


def main() -> None:
    parser = tower.arguments(__doc__, minutes=8, batch=96)
    parser.add_argument("--noise", type=float, default=0.4, help="largest standard deviation of the noise on latents")
    parser.add_argument("--head", action="store_true", help="train only the linear head, on the tower that is there")
    args = parser.parse_args()
    device = training.setup(args)
    if args.measure:
        return measure(args.checkpoints)
    if not args.head:
        z, shift, scale = tower.latents(args.checkpoints)
        student = Dino().to(device)
        teacher = copy.deepcopy(student).requires_grad_(False)
        compute = torch.compile(losses_of, dynamic=False) if args.compile else losses_of

        def losses(picked, generator):
            x = tower.shifted(z[picked].float(), 2, generator)
            moved = tower.shifted(z[picked].float(), 2, generator)
            hidden, local = (tower.blob(len(x), k, generator).to(device) for k in (HIDDEN, LOCAL))
            views = (x, tower.noisy(x, args.noise, generator), tower.noisy(moved, args.noise, generator))
            loss, *figures = compute(student, teacher, *(v.to(device) for v in views), hidden, local)
            names = ("same", "across", "inside", "teacher's entropy", "spread of features")
            return loss, dict(zip(names, figures))

        @torch.no_grad()
        def follow(done: float) -> None:
            for mine, theirs in zip(teacher.parameters(), student.parameters()):
                mine.lerp_(theirs, 1 - (0.98 + 0.016 * done))

        tower.fit(args, "dino", {"student": student, "teacher": teacher}, len(z), losses, follow, {"shift": shift, "scale": scale})
    train_head(args.checkpoints, args.data)
    measure(args.checkpoints)


if __name__ == "__main__":
    main()
