"""Train image_reward: one number for an image and a caption, from ranked pairs.

    python image_reward.py --minutes 21 --compile

The form is ImageReward's (Xu et al. 2023): the words of the caption attend to the image, as in BLIP, and an MLP makes one
number of what they found; trained so that the better of two has the higher number (Bradley-Terry). The pairs come from the
scene graph instead of from people: preference.py. As ImageReward starts from BLIP, the image side starts from the tower
that clip.py trained; so clip.py comes first. The words' side starts from nothing.

Two more things are asked for, which the renderer knows and which make a small budget do: what lies under each token of
the image (the auxiliary task of flow.py), and which fields of the caption hold. Their heads are not exported.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import data
import flow
import graphs
import preference
import tokenizer
import tower
import training
import world
from preference import HEAVY, IMAGE_PAIRS, LIGHT, NEAR, NEGATIVES, RIGHT
from transformer import Attention, Gated, Norm, TextEncoder

NAME = "image-reward"
WIDTH = 192
FIELDS = len(preference.FIELDS) + 1  # the caption's, and whether the image is undamaged


class PairTower(nn.Module):
    """Normalised latents [n, c, 16, 16] and token ids int64 [n, LENGTH] -> reward [n], not yet normalised."""

    def __init__(self, depth: int = 3, meetings: int = 2) -> None:
        super().__init__()
        self.image = tower.Tower(WIDTH, depth)
        self.text = TextEncoder(WIDTH, depth=1, hidden=WIDTH)
        self.attend = nn.ModuleList(Attention(WIDTH, text=True) for _ in range(meetings))
        self.think = nn.ModuleList(Gated(WIDTH, WIDTH) for _ in range(meetings))
        self.norms = nn.ModuleList(Norm(WIDTH) for _ in range(2 * meetings + 1))
        self.gather = tower.Pool(WIDTH, WIDTH)
        self.reward = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.SiLU(), nn.Linear(WIDTH, 1))

    def compare(self, seen: torch.Tensor, said: torch.Tensor) -> torch.Tensor:
        """Tokens of images [n, 64, WIDTH] and of captions [n, LENGTH, WIDTH] -> what the words found [n, WIDTH]."""
        for i, (attend, think) in enumerate(zip(self.attend, self.think)):
            said = said + attend(self.norms[2 * i](said), seen)
            said = said + think(self.norms[2 * i + 1](said))
        return self.gather(self.norms[-1](said))

    def forward(self, z: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        return self.reward(self.compare(self.image(z)[-1], self.text(ids)))[:, 0]


class Graph(nn.Module):
    """What is exported: pixels [n, 3, 128, 128] in [-1, 1] and token ids -> reward [n]."""

    def __init__(self, eye: tower.Eye, net: PairTower) -> None:
        super().__init__()
        self.eye, self.net = eye, net

    def forward(self, pixels: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        return self.net(self.eye(pixels), ids)


def losses_of(net: PairTower, places: nn.Module, holds: nn.Module, images, ids, labels, truth, known):
    """Losses of n ranked sets: of the order, of the tokens, of the fields; then shares of pairs in the right order.

    images [n, 4, c, 16, 16]; ids [n, 2 + NEGATIVES, LENGTH], the right caption first; truth, known [n, pairs, FIELDS] for
    the pairs of `rewards` below: what holds, and whether that is known.
    """
    n = len(images)
    tokens = net.image(images.flatten(0, 1))[-1]
    told = places(tokens.unflatten(0, (n, 4))[:, RIGHT])
    tokens = tokens.unflatten(0, (n, 4)).unbind(1)
    words = net.text(ids.flatten(0, 1)).unflatten(0, (n, -1)).unbind(1)
    # Five images of one caption (the last is another scene's), then one image with its wrong captions.
    pairs = [(t, words[0]) for t in (*tokens, tokens[RIGHT].roll(1, 0))] + [(tokens[RIGHT], w) for w in words[1:]]
    found = net.compare(torch.cat([t for t, _ in pairs]), torch.cat([w for _, w in pairs]))
    rewards = net.reward(found).float().view(len(pairs), n)
    # The gaps by which the better one leads: images, captions wrong in one attribute, the one that is wrong in several.
    images_lead = torch.stack([rewards[a] - rewards[b] for a, b in IMAGE_PAIRS])
    one, several = rewards[5:-1], rewards[-1:]
    captions_lead = torch.cat([rewards[:1] - one, rewards[:1] - several, one - several])
    order = F.softplus(-images_lead).mean() + F.softplus(-captions_lead).mean()
    fields = holds(found).float().view(len(pairs), n, FIELDS)
    field = (known * F.binary_cross_entropy_with_logits(fields, truth, reduction="none")).sum() / known.sum()
    right = ((images_lead[0] > 0).float().mean(), (images_lead[1] > 0).float().mean(), (captions_lead[:NEGATIVES] > 0).float().mean())
    return order, flow.auxiliary_loss(told, labels), field, *right


def truths(sets: preference.Sets, wrong: list[list[world.Scene]]) -> tuple[torch.Tensor, torch.Tensor]:
    """What holds in each pair of `losses_of`, and whether that is known: float32 [pairs, n, FIELDS]."""
    said, captions = preference.codes(sets.said), [preference.codes([row[k] for row in wrong]) for k in range(NEGATIVES + 1)]
    right, near = sets.seen.unbind(1)
    agree = preference.agreement
    holds = [agree(said, s) for s in (right, near, right, right, right.roll(1, 0))] + [agree(c, right) for c in captions]
    truth = F.pad(torch.stack(holds).float(), (0, 1), value=1.0)
    known = torch.ones_like(truth)
    truth[[LIGHT, HEAVY], :, -1] = 0
    known[NEAR] = (near[:, :1] >= 0).float()
    return truth, known


def start(net: PairTower, places: nn.Module, checkpoints: Path) -> None:
    """Give the image side and the head of its tokens the weights that clip.py trained.

    A checkpoint restored from a pack has no head; a fresh one learns within a few hundred steps.
    """
    state = training.load(checkpoints, "clip")["average"]
    net.image.load_state_dict({key: state["image"][key] for key in net.image.state_dict()})
    if "head" in state:
        places.load_state_dict(state["head"])


def load(checkpoints: Path) -> PairTower:
    """The trained network (averaged weights) in evaluation mode."""
    net = PairTower()
    net.load_state_dict(training.load(checkpoints, NAME)["average"]["net"])
    return net.eval()


def rate(net: PairTower) -> preference.Rate:
    """The network as preference.measure asks for it."""

    @torch.no_grad()
    def rewards(z: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        return torch.cat([net(a, b) for a, b in zip(z.split(256), ids.split(256))])

    return rewards


def measure(checkpoints: Path) -> None:
    """Print the pair accuracies on fresh renders; measure and keep the mean and the spread of the reward."""
    state = training.load(checkpoints, NAME)
    eyes, net = preference.Eyes(checkpoints, state["shift"], state["scale"]), load(checkpoints)
    print(f"fresh renders:\n{preference.report(preference.measure(rate(net), eyes))}", flush=True)
    # Right pairs, pairs wrong in one attribute and pairs wrong in several, equally many.
    rng = np.random.default_rng(data.EVAL_SEED + 6)
    pixels, scenes, _ = tower.fresh(512, 6)
    z, wrong = eyes.encode(pixels), preference.wrong_captions(scenes, rng)
    columns = (scenes, [row[0] for row in wrong], [row[-1] for row in wrong])
    rewards = [rate(net)(z, preference.encode(column)) for column in columns]
    spread = {"mean": torch.cat(rewards).mean().item(), "std": torch.cat(rewards).std().item()}
    training.save(checkpoints, f"{NAME}-scale", spread)
    told = ", ".join(f"{name} {(r.mean().item() - spread['mean']) / spread['std']:.2f}" for name, r in zip(("right", "one wrong", "several"), rewards))
    print(f"reward: mean {spread['mean']:.4f}, standard deviation {spread['std']:.4f}; normalised means: {told}", flush=True)


def make_pack(checkpoints: Path, folder: Path) -> None:
    """Write the pack scenes-image-reward: one graph, checked against torch, and the manifest."""
    state, spread = training.load(checkpoints, NAME), training.load(checkpoints, f"{NAME}-scale")
    net = Graph(tower.eye(checkpoints, state), load(checkpoints)).eval()
    tokenizer.write(folder / "tokenizer")
    inputs = {"pixel_values": torch.zeros(2, 3, 128, 128), "input_ids": torch.zeros(2, tokenizer.LENGTH, dtype=torch.int64)}
    graphs.export(net, inputs, "reward", folder / "pair_model.onnx")
    print(f"pair tower: {graphs.gflop(net, inputs)} GFLOP an image")
    graphs.write_manifest(
        folder,
        {
            "formatVersion": 1,
            "id": "scenes-image-reward",
            "name": "Scenes ImageReward",
            "kind": "verifier",
            "version": "1.1.0",
            "licence": "CC0-1.0",
            "description": "Which of two images of the scenes world is the better one for a sentence: right before nearly right "
            "before wrong, clean before damaged.",
            "verifiers": [{"id": "image_reward"}],
            "image": tower.IMAGE,
            "textTokens": tokenizer.LENGTH,
            "reward": {key: round(value, 6) for key, value in spread.items()},
            "components": {
                "tokenizer": graphs.TOKENIZER,
                "pairTower": {
                    "file": "pair_model.onnx",
                    "inputs": {"pixels": "pixel_values", "inputIds": "input_ids"},
                    "outputs": {"score": "reward"},
                },
            },
        },
    )


def main() -> None:
    parser = tower.arguments(__doc__, minutes=21, batch=24)
    parser.add_argument("--auxiliary", type=float, default=0.3, help="weight of the loss of the tokens")
    parser.add_argument("--fields", type=float, default=1.0, help="weight of the loss of the caption's fields")
    parser.add_argument("--pool", type=int, default=1024, help="sets that are decoded and encoded again, before the clock starts")
    args = parser.parse_args()
    device = training.setup(args)
    if args.measure:
        return measure(args.checkpoints)
    ranked = preference.Ranked(data.Chunks(args.data), args.checkpoints)
    rng = np.random.default_rng(args.seed)
    ranked.fill_pool(args.pool, rng, torch.Generator().manual_seed(args.seed))
    net = PairTower().to(device)
    places, holds = nn.Linear(WIDTH, sum(flow.SPLIT)).to(device), nn.Linear(WIDTH, FIELDS).to(device)
    if not (args.resume and training.exists(args.checkpoints, NAME)):
        start(net, places, args.checkpoints)
    compute = torch.compile(losses_of, dynamic=False) if args.compile else losses_of

    def losses(picked, generator):
        sets = ranked.batch(picked, rng, generator)
        wrong = preference.wrong_captions(sets.said, rng)
        right = tokenizer.disturb(preference.encode(sets.said), generator, share=0.03)
        ids = torch.cat([right[:, None], preference.encode([s for row in wrong for s in row]).unflatten(0, (len(wrong), -1))], 1)
        labels = {k: t.to(device) for k, t in flow.token_labels(ranked.objects[sets.picked]).items()}
        truth, known = (t.to(device) for t in truths(sets, wrong))
        order, side, field, *right = compute(net, places, holds, sets.images.to(device), ids.to(device), labels, truth, known)
        figures = {"order": order, "auxiliary": side, "fields": field} | dict(zip(("near", "light", "captions"), right))
        return order + args.auxiliary * side + args.fields * field, figures

    modules = {"net": net, "places": places, "holds": holds}
    tower.fit(args, NAME, modules, len(ranked.scenes), losses, extra={"shift": ranked.shift, "scale": ranked.scale})
    measure(args.checkpoints)


if __name__ == "__main__":
    main()
