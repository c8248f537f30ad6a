"""Train pick_score: CLIP's two towers, tuned until the better of two images is the nearer one to the caption.

    python pick.py --minutes 7 --compile

The form is PickScore's (Kirstain et al. 2023): it is a CLIP, exp(logit_scale) times the cosine of image and caption, and
the loss is that of choosing between the two images of a pair by the softmax of their scores. It starts from the towers
that clip.py trained, as PickScore starts from CLIP-H; so clip.py comes first. Captions keep CLIP's prefix. The pairs come
from the scene graph instead of from people: preference.py.

Pairs of images alone would let the captions drift, so each image also chooses its caption among those of the batch and its
own wrong ones, as in clip.py, and the auxiliary tasks of clip.py go on.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import clip
import data
import flow
import graphs
import preference
import tokenizer
import tower
import training
from preference import IMAGE_PAIRS, NEGATIVES, RIGHT

NAME = "pick"
SHARPEST = 100.0  # largest exp(logit_scale), as in CLIP and PickScore


class Pick(nn.Module):
    """The two towers of clip.py, and the logarithm of the number that multiplies their cosine."""

    def __init__(self) -> None:
        super().__init__()
        self.image, self.text = clip.ImageTower(), clip.TextTower()
        self.image.encoder.requires_grad_(False).eval()
        self.logit_scale = nn.Parameter(torch.tensor(math.log(30.0)))

    def sharp(self) -> torch.Tensor:
        """exp(logit_scale), limited."""
        return self.logit_scale.exp().clamp(max=SHARPEST)


def losses_of(net: Pick, places: nn.Module, sides: nn.Module, images, ids, labels, where):
    """Losses of n ranked sets: of images, of captions, of the tokens, of the sides; then shares of pairs in the right order.

    images [n, 4, c, 16, 16]; ids [n, 2 + NEGATIVES, LENGTH], the right caption first; where [n, 4, 2] as clip.side_labels.
    """
    n = len(images)
    found, tokens = net.image.judge(images.flatten(0, 1))
    found, read = found.unflatten(0, (n, 4)), net.text(ids.flatten(0, 1)).unflatten(0, (n, -1))
    side = flow.auxiliary_loss(places(tokens.unflatten(0, (n, 4))[:, RIGHT]), labels)
    bound = clip.side_loss(sides(found[:, RIGHT]), where)
    seen, said = F.normalize(found.float(), dim=-1), F.normalize(read.float(), dim=-1)
    caption, right = said[:, 0], seen[:, RIGHT]
    # Five images of one caption, the last of them another scene's: [5, n].
    scores = net.sharp() * torch.stack([(s * caption).sum(-1) for s in (*seen.unbind(1), right.roll(1, 0))])
    lead = torch.stack([scores[a] - scores[b] for a, b in IMAGE_PAIRS])
    chosen = F.softplus(-lead).mean()
    across = net.sharp() * right @ caption.T
    wrong = net.sharp() * torch.einsum("be,bke->bk", right, said[:, 1:])
    # The wrong captions of an image are hard, those of other images easy: the place is part of the loss for both.
    named = F.cross_entropy(torch.cat([across, wrong], 1), torch.arange(n, device=images.device))
    ordered = (lead[:2] > 0).float().mean(1).unbind(0)
    return chosen, named, side, bound, *ordered, (wrong[:, :NEGATIVES] < scores[RIGHT][:, None]).float().mean()


def start(net: Pick, places: nn.Module, sides: nn.Module, checkpoints: Path) -> None:
    """Give the networks the weights that clip.py trained.

    A checkpoint restored from a pack has the towers alone; fresh heads learn within a few hundred steps.
    """
    state = training.load(checkpoints, "clip")["average"]
    net.image.load_state_dict(state["image"])
    net.text.load_state_dict(state["text"])
    if "tune" in state:
        places.load_state_dict(state["head"])
        sides.load_state_dict(state["sides"])
        with torch.no_grad():
            net.logit_scale.copy_(state["tune"]["scale"])


def load(checkpoints: Path) -> Pick:
    """The trained network (averaged weights) in evaluation mode."""
    net = Pick()
    net.load_state_dict(training.load(checkpoints, NAME)["average"]["net"])
    return net.eval()


def rate(net: Pick) -> preference.Rate:
    """The network as preference.measure asks for it."""

    @torch.no_grad()
    def scores(z: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        seen = torch.cat([net.image.judge(part)[0] for part in z.split(256)])
        said = torch.cat([net.text(part) for part in ids.split(256)])
        return net.sharp() * F.cosine_similarity(seen, said)

    return scores


def measure(net: Pick, checkpoints: Path) -> None:
    """Print the pair accuracies on fresh renders."""
    eyes = preference.Eyes(checkpoints, net.image.shift, net.image.scale)
    found = preference.measure(rate(net), eyes, tokenizer.PREFIX)
    print(f"exp(logit_scale) {net.sharp():.2f}; fresh renders:\n{preference.report(found)}", flush=True)


def make_pack(checkpoints: Path, folder: Path) -> None:
    """Write the pack scenes-pick: both towers, checked against torch, and the manifest."""
    net = load(checkpoints)
    tokenizer.write(folder / "tokenizer")
    pixels = {"pixel_values": torch.zeros(2, 3, 128, 128)}
    graphs.export(net.image, pixels, "image_embeds", folder / "vision_model.onnx")
    graphs.export(net.text, {"input_ids": torch.zeros(2, tokenizer.LENGTH, dtype=torch.int64)}, "text_embeds", folder / "text_model.onnx")
    print(f"image tower: {graphs.gflop(net.image, pixels)} GFLOP an image")
    graphs.write_manifest(
        folder,
        {
            "formatVersion": 1,
            "id": "scenes-pick",
            "name": "Scenes PickScore",
            "kind": "verifier",
            "version": "1.1.0",
            "licence": "CC0-1.0",
            "description": "Which of two images of the scenes world one would pick for a sentence: a CLIP tuned on ranked pairs.",
            "verifiers": [{"id": "pick_score"}],
            "image": tower.IMAGE,
            "textTokens": tokenizer.LENGTH,
            "promptPrefix": "A photo depicts ",
            "logitScale": round(net.sharp().item(), 6),
            "components": {
                "tokenizer": graphs.TOKENIZER,
                "imageTower": {"file": "vision_model.onnx", "inputs": {"pixels": "pixel_values"}, "outputs": {"embedding": "image_embeds"}},
                "textTower": {"file": "text_model.onnx", "inputs": {"inputIds": "input_ids"}, "outputs": {"embedding": "text_embeds"}},
            },
        },
    )


def main() -> None:
    parser = tower.arguments(__doc__, minutes=7, batch=16)
    parser.set_defaults(muon=0.005, adam=7e-4)
    parser.add_argument("--auxiliary", type=float, default=0.2, help="weight of the loss of the tokens")
    parser.add_argument("--sides", type=float, default=0.5, help="weight of the loss that binds things to sides")
    parser.add_argument("--pool", type=int, default=1024, help="sets that are decoded and encoded again, before the clock starts")
    args = parser.parse_args()
    device = training.setup(args)
    if args.measure:
        return measure(load(args.checkpoints), args.checkpoints)
    ranked = preference.Ranked(data.Chunks(args.data), args.checkpoints)
    rng = np.random.default_rng(args.seed)
    ranked.fill_pool(args.pool, rng, torch.Generator().manual_seed(args.seed))
    net = Pick()
    places, sides = nn.Linear(clip.WIDTH, sum(flow.SPLIT)), nn.Linear(clip.EMBEDDING, 4 * sum(clip.KINDS))
    if not (args.resume and training.exists(args.checkpoints, NAME)):
        start(net, places, sides, args.checkpoints)
        measure(net, args.checkpoints)
    modules = {"net": net.to(device), "places": places.to(device), "sides": sides.to(device)}
    compute = torch.compile(losses_of, dynamic=False) if args.compile else losses_of

    def losses(picked, generator):
        sets = ranked.batch(picked, rng, generator)
        wrong = preference.wrong_captions(sets.said, rng)
        right = tokenizer.disturb(clip.describe(sets.said), generator, share=0.03)
        ids = torch.cat([right[:, None], clip.describe([s for row in wrong for s in row]).unflatten(0, (len(wrong), -1))], 1)
        labels = {k: t.to(device) for k, t in flow.token_labels(ranked.objects[sets.picked]).items()}
        where = clip.side_labels([ranked.scenes[i] for i in sets.picked]).to(device)
        chosen, named, side, bound, *ordered = compute(net, places, sides, sets.images.to(device), ids.to(device), labels, where)
        figures = {"chosen": chosen, "named": named, "auxiliary": side, "sides": bound} | dict(zip(("near", "light", "captions"), ordered))
        return chosen + named + args.auxiliary * side + args.sides * bound, figures

    tower.fit(args, NAME, modules, len(ranked.scenes), losses)
    measure(load(args.checkpoints), args.checkpoints)


if __name__ == "__main__":
    main()
