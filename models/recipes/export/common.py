"""What the export recipes share: reading checkpoints, writing graphs, and the comparison with torch that ends each."""

from __future__ import annotations

import argparse
import json
import pickle
import shutil
import tempfile
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

OPSET = 17
# Largest difference between a graph and torch, as a share of the largest value that torch gives.
TOLERANCE = 1e-4
# A protobuf holds at most 2 GB; larger weights lie beside the graph, in one file.
LARGEST_GRAPH = 1_900_000_000

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)

Feeds = Callable[[int], Mapping[str, torch.Tensor]]


def refuse(message: str) -> SystemExit:
    """To be raised: ends the recipe with what was expected, what was found and what to do."""
    return SystemExit(f"Not exported. {message}")


def arguments(description: str, **options: str) -> argparse.Namespace:
    """The command line of a recipe: a required path for each option, `--out` among them, with its help."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, text in options.items():
        parser.add_argument(f"--{name}", type=Path, required=not text.startswith("optional"), help=text)
    parser.add_argument("--out", type=Path, required=True, help="folder to write; it must not exist or be empty")
    args = parser.parse_args()
    for name in options:
        path = getattr(args, name)
        if path is not None and not path.exists():
            raise refuse(f"Expected a file or folder at --{name}, found nothing at {path}.")
    if args.out.exists() and any(args.out.iterdir()):
        raise refuse(f"Expected no folder or an empty one at --out, found files in {args.out}.")
    return args


def read(file: Path) -> object:
    if file.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(file)
    # Published trainings keep their command line beside the weights: plain values, and nothing that runs.
    with torch.serialization.safe_globals([argparse.Namespace]):
        return torch.load(file, map_location="cpu", weights_only=True)


def state_dict(file: Path) -> dict[str, torch.Tensor]:
    """The tensors of a .safetensors file or of a torch checkpoint, whose pickle may name nothing but tensors."""
    if file.is_dir():
        raise refuse(f"Expected a checkpoint file, found the folder {file}. Name the .safetensors, .pt or .bin inside it.")
    try:
        loaded = read(file)
    except pickle.UnpicklingError as error:
        raise refuse(
            f"Expected a checkpoint of tensors alone at {file}, found one that names Python objects or is no checkpoint; such "
            "files can run code and are not loaded. Save its state dict by itself, best as .safetensors."
        ) from error
    except Exception as error:  # a dozen kinds, each of which means a damaged or foreign file
        raise refuse(f"Expected a readable checkpoint at {file}, found {type(error).__name__}: {str(error)[:200]}") from error
    for key in ("ema", "state_dict", "model"):
        if isinstance(loaded, dict) and isinstance(loaded.get(key), dict):
            loaded = loaded[key]
    if not isinstance(loaded, dict) or not all(isinstance(v, torch.Tensor) for v in loaded.values()):
        raise refuse(f"Expected a dictionary of tensors in {file}, found {type(loaded).__name__}.")
    return loaded


def fill(module: nn.Module, state: Mapping[str, torch.Tensor], what: str) -> nn.Module:
    """Load every weight of `module` from `state`, in float32, nothing missing and nothing left over."""
    own = module.state_dict()
    missing, spare = sorted(own.keys() - state.keys()), sorted(state.keys() - own.keys())
    shapes = [
        f"{name} {tuple(state[name].shape)} instead of {tuple(own[name].shape)}"
        for name in own.keys() & state.keys()
        if state[name].shape != own[name].shape
    ]
    for problem, names in (("missing", missing), ("unknown", spare), ("of another shape", sorted(shapes))):
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            raise refuse(f"Expected the weights of {what}, found {problem}: {', '.join(names[:3])}{more}.")
    module.load_state_dict({name: tensor.float() for name, tensor in state.items()})
    return module.eval().requires_grad_(False)


@torch.no_grad()
def export(
    module: nn.Module,
    feeds: Feeds,
    outputs: tuple[str, ...],
    file: Path,
    axes: Mapping[str, Mapping[int, str]] | None = None,
    tolerance: float = TOLERANCE,
) -> float:
    """Write one graph, run it beside torch on batches of 1, 2 and 3, and print and return the largest difference.

    `feeds(batch)` gives the inputs in the order of the module's arguments; the first axis of every input and output is
    the batch unless `axes` says otherwise. The difference is relative to the largest value of the output that torch
    gives. Raises SystemExit where it reaches `tolerance`.
    """
    module = module.eval()
    file.parent.mkdir(parents=True, exist_ok=True)
    example = feeds(2)
    dynamic = {name: {0: "batch_size"} for name in [*example, *outputs]} | dict(axes or {})
    with tempfile.TemporaryDirectory(dir=file.parent) as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        draft = Path(folder) / "draft.onnx"
        torch.onnx.export(
            module,
            tuple(example.values()),
            str(draft),
            input_names=list(example),
            output_names=list(outputs),
            dynamic_axes=dynamic,
            opset_version=OPSET,
            dynamo=False,
        )
        model = onnx.load(draft)
    model.producer_name, model.producer_version = "goldpan recipes", ""
    size = sum(parameter.numel() * parameter.element_size() for parameter in module.parameters())
    if size > LARGEST_GRAPH:
        onnx.save(model, file, save_as_external_data=True, location=f"{file.name}_data", size_threshold=1024)
    else:
        onnx.save(model, file)
    worst = compare(module, feeds, outputs, file)
    print(f"{file.parent.name}/{file.name}: {size / 1e6:.1f} MB of weights, from torch {worst:.1e}", flush=True)
    if not worst < tolerance:
        raise refuse(f"Expected {file} to differ from torch by less than {tolerance}, found {worst}.")
    return worst


@torch.no_grad()
def compare(module: nn.Module, feeds: Feeds, outputs: tuple[str, ...], file: Path) -> float:
    """Largest difference of a graph's outputs from torch's, each relative to the output's largest value."""
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    worst = 0.0
    for batch in (1, 2, 3):
        feed = feeds(batch)
        made = session.run(list(outputs), {name: value.numpy() for name, value in feed.items()})
        wanted = module(*feed.values())
        for one, want in zip(made, [wanted] if torch.is_tensor(wanted) else wanted, strict=True):
            want = want.float().numpy()
            if one.shape != want.shape or not np.isfinite(one).all():
                raise refuse(f"Expected finite outputs {want.shape} of {file}, found {one.shape}.")
            apart = np.abs(one.astype(np.float32) - want).max() / max(np.abs(want).max(), 1e-6)
            worst = max(worst, float(apart))
    return worst


def random(*shape: int, seed: int = 7) -> torch.Tensor:
    """Unit normal numbers, the same at each call."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def random_ids(vocabulary: int, *shape: int, seed: int = 7) -> torch.Tensor:
    """Token ids below `vocabulary`, int64, the same at each call."""
    return torch.randint(0, vocabulary, shape, generator=torch.Generator().manual_seed(seed))


class Decoder(nn.Module):
    """latent_sample [batch, channels, height, width], as the autoencoder scales it, to sample in -1..1."""

    def __init__(self, vae: nn.Module) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return self.vae.decode(latents, return_dict=False)[0]


def export_vae_decoder(folder: Path, out: Path) -> dict:
    """vae_decoder/ of a diffusers AutoencoderKL folder, named as Optimum names it. Returns the autoencoder's config."""
    from diffusers import AutoencoderKL

    if not (folder / "config.json").is_file():
        raise refuse(f"Expected an AutoencoderKL folder with config.json at --vae, found none in {folder}.")
    vae = AutoencoderKL.from_pretrained(folder, torch_dtype=torch.float32).eval().requires_grad_(False)
    # Sides of the example leave a different number of tokens than the checks: nothing of it may be baked in.
    spatial = {2: "latent_height", 3: "latent_width"}
    axes = {"latent_sample": {0: "batch_size"} | spatial, "sample": {0: "batch_size", 2: "height", 3: "width"}}

    def feeds(batch: int) -> dict[str, torch.Tensor]:
        return {"latent_sample": random(batch, vae.config.latent_channels, 8 + batch, 12 - batch)}

    export(Decoder(vae), feeds, ("sample",), out / "vae_decoder" / "model.onnx", axes)
    shutil.copyfile(folder / "config.json", out / "vae_decoder" / "config.json")
    return json.loads((folder / "config.json").read_text())


def write_json(file: Path, content: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def copy_known(source: Path, out: Path, names: tuple[str, ...]) -> list[str]:
    """Copy those of the named files that are there; the names of the copied ones."""
    out.mkdir(parents=True, exist_ok=True)
    found = [name for name in names if (source / name).is_file()]
    for name in found:
        shutil.copyfile(source / name, out / name)
    return found


def picture(size: int, mean: tuple, std: tuple, filter: str, fit: str, resized: int, offset: str = "floor") -> dict:
    """How a picture becomes a network's input, as goldpan.json says it: square of `size` pixels, (value in 0..1 - mean) /
    std per channel; any other picture is resampled with `filter` so that its shorter side (or, with `fit` "exact", each
    side) is `resized`, then cut. `offset`: where an odd margin leaves the cut, "floor" as transformers' image processors,
    "half_even" as torchvision's CenterCrop.
    """
    resize = {"fit": fit, "filter": filter, "size": resized, "cropOffset": offset}
    return {"width": size, "height": size, "mean": list(mean), "std": list(std), "resize": resize}


def write_about(out: Path, verifiers: tuple[str, ...], image: dict, components: dict, **more: object) -> None:
    """goldpan.json: what the graphs cannot say of themselves, in the words of a verifier pack's manifest."""
    about = {"kind": "verifier", "verifiers": list(verifiers), "image": image, **more, "components": components}
    write_json(out / "goldpan.json", about)


TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.json",
    "merges.txt",
    "vocab.txt",
    "spiece.model",
    "added_tokens.json",
)


def copy_tokenizer(source: Path, out: Path) -> None:
    """The tokenizer's files, beside the graphs' folder as transformers.js has them."""
    found = copy_known(source, out, TOKENIZER_FILES)
    if not {"tokenizer.json", "vocab.json", "vocab.txt", "spiece.model"} & set(found):
        raise refuse(f"Expected a tokenizer in {source}, found none of tokenizer.json, vocab.json, vocab.txt, spiece.model.")


class Folded(nn.Module):
    """A stack of linear layers without activations as one: [batch, width] to [batch, 1].

    `state` holds the weights and biases of the layers under `<prefix><number>.weight` and `.bias`; the product is taken in
    float64.
    """

    def __init__(self, state: Mapping[str, torch.Tensor], prefix: str) -> None:
        super().__init__()
        numbers = sorted(int(name[len(prefix) :].split(".")[0]) for name in state if name.startswith(prefix))
        layers = [(state[f"{prefix}{n}.weight"].double(), state[f"{prefix}{n}.bias"].double()) for n in dict.fromkeys(numbers)]
        weight, bias = layers[0]
        for next_weight, next_bias in layers[1:]:
            weight, bias = next_weight @ weight, next_weight @ bias + next_bias
        if weight.shape[0] != 1:
            raise refuse(f"Expected layers that end in one score, found {weight.shape[0]} outputs.")
        self.register_buffer("weight", weight.float())
        self.register_buffer("bias", bias.float())

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return features @ self.weight.T + self.bias
