"""Gradient graphs: from a pack's graph to the graph of its vector-Jacobian product, for first_order_search.

    python vjp.py                       the gradient graphs of all packs that have them, checked against torch
    python vjp.py --only scenes

Reverse-mode differentiation of the shipped ONNX file itself: what is differentiated is what runs. The made graph takes
the inputs of the first and a cotangent of its output, evaluates anew what the rules need, and gives the gradient with
respect to one input. It lies beside the first graph and has no large weights of its own: they are external data that
point into that file, so that both always have the same numbers and the pack grows by kilobytes.

The check is independent of the rules: torch's autograd on a module filled with the graph's weights, and central
differences of the graph itself.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

import aesthetic
import autoencoder
import classifier
import clip
import dino
import flow
import graphs
import image_reward
import objects
import restore
import tower
import transformer
from graphs import PACKS, SMALL

TOLERANCE = 1e-4  # largest relative difference from torch, in the norm of the gradient
DIFFERENCE = 0.01  # and from central differences, along the gradient
BATCH = -1  # in a shape: the axis of samples


# --- a graph whose shapes are known --------------------------------------------------------------


class Traced:
    """A graph with everything resolved that does not depend on its inputs' values.

    Exported graphs compute shapes from shapes. Two evaluations, with two and with three samples, tell them apart:
    small tensors that came out equal are constants (`fixed`), axes that differ are the samples (BATCH in `shapes`).
    What is left in `nodes` computes float tensors from float tensors.
    """

    def __init__(self, file: Path) -> None:
        model = onnx.load(file)
        self.graph = model.graph
        self.weights = {t.name: t for t in model.graph.initializer}
        first, second = self._evaluate(model, 2), self._evaluate(model, 3)
        self.fixed = {name: numpy_helper.to_array(t) for name, t in self.weights.items() if math.prod(t.dims) < SMALL}
        self.shapes = {name: tuple(t.dims) for name, t in self.weights.items()}
        self.nodes: list[onnx.NodeProto] = []
        for name, value in first.items():
            other = second[name]
            self.shapes[name] = tuple(a if a == b else BATCH for a, b in zip(value.shape, other.shape, strict=True))
            if value.size < SMALL and np.array_equal(value, other):
                self.fixed[name] = value
        for node in self.graph.node:
            if all(name in self.fixed or first[name].dtype == np.int64 for name in node.output):
                continue
            self.nodes.append(node)

    def _evaluate(self, model: onnx.ModelProto, samples: int) -> dict[str, np.ndarray]:
        """Every tensor of the graph for so many random samples."""
        names = [name for node in model.graph.node for name in node.output]
        probe = onnx.ModelProto()
        probe.CopyFrom(model)
        del probe.graph.output[:]
        probe.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
        options = ort.SessionOptions()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = ort.InferenceSession(probe.SerializeToString(), options, providers=["CPUExecutionProvider"])
        feed = {
            i.name: drawn(i.type.tensor_type.elem_type, [d.dim_value or samples for d in i.type.tensor_type.shape.dim], samples)
            for i in model.graph.input
        }
        return feed | dict(zip(names, session.run(names, feed), strict=True))


def drawn(kind: int, shape: list[int], seed: int) -> np.ndarray:
    """Random numbers for an input: labels below ten, noise levels in 0..1 where a sample has one number, or standard normal."""
    rng = np.random.default_rng(seed)
    if kind == TensorProto.INT64:
        return rng.integers(0, 10, shape)
    return rng.random(shape, dtype=np.float32) if len(shape) == 1 else rng.standard_normal(shape, dtype=np.float32)


def attributes(node: onnx.NodeProto) -> dict:
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


# --- reverse mode ---------------------------------------------------------------------------------


@dataclass
class Part:
    """A gradient of the entries `start` to `start` + its size along `axis` of a tensor; of all where `axis` is None."""

    gradient: str
    axis: int | None = None
    start: int = 0


class Reverse:
    """Writes the nodes of a vector-Jacobian product behind those of `traced`."""

    def __init__(self, traced: Traced, wrt: str, output: str) -> None:
        self.traced = traced
        self.shapes = dict(traced.shapes)
        self.constants: dict[str, np.ndarray] = {}
        self.nodes: list[onnx.NodeProto] = []
        self.active = {wrt}
        for node in traced.nodes:
            if self.active.intersection(node.input):
                self.active.update(node.output)
        parts: dict[str, list[Part]] = defaultdict(list, {output: [Part("cotangent")]})
        self.shapes["cotangent"] = self.shapes[output]
        for node in reversed(traced.nodes):
            if not self.active.intersection(node.input) or not any(parts[name] for name in node.output):
                continue
            if len(node.output) != 1:
                raise SystemExit(f"expected nodes of one output, found {node.op_type} with {len(node.output)}")
            y = node.output[0]
            for name, part in RULES[node.op_type](self, node, self.whole(parts.pop(y), self.shapes[y])):
                if name in self.active:
                    parts[name].append(part if isinstance(part, Part) else Part(part))
        self.gradient = self.whole(parts[wrt], self.shapes[wrt])

    def emit(self, op: str, *inputs: str | np.ndarray | float, shape: tuple[int, ...] | None = None, **options) -> str:
        """A new node; `shape` is that of its output, of its first input unless told."""
        name = f"v{len(self.nodes)}"
        names = [self.constant(i) if not isinstance(i, str) else i for i in inputs]
        self.nodes.append(helper.make_node(op, names, [name], **options))
        self.shapes[name] = self.shapes[names[0]] if shape is None else shape
        return name

    def constant(self, value: np.ndarray | float) -> str:
        array = np.asarray(value, np.float32) if isinstance(value, float) else value
        for name, known in self.constants.items():
            if known.dtype == array.dtype and np.array_equal(known, array):
                return name
        name = f"c{len(self.constants)}"
        self.constants[name] = array
        return name

    def reshape(self, x: str, shape: tuple[int, ...]) -> str:
        return x if self.shapes[x] == shape else self.emit("Reshape", x, np.array(shape, np.int64), shape=shape)

    def reduced(self, g: str, shape: tuple[int, ...]) -> str:
        """Undo a broadcast from `shape`: sums over what was repeated."""
        whole = self.shapes[g]
        lead = len(whole) - len(shape)
        axes = [*range(lead), *(i + lead for i, d in enumerate(shape) if d == 1 and whole[i + lead] != 1)]
        if not axes:
            return g
        kept = tuple(1 if i in axes else d for i, d in enumerate(whole))
        return self.reshape(self.emit("ReduceSum", g, np.array(axes, np.int64), shape=kept, keepdims=1), shape)

    def whole(self, parts: list[Part], shape: tuple[int, ...]) -> str:
        """The sum of the gradients of one tensor; slices that tile it are joined."""
        sliced = sorted((p for p in parts if p.axis is not None), key=lambda p: p.start)
        if sliced and all(p.axis == sliced[0].axis for p in sliced):
            axis, ends = sliced[0].axis, [p.start + self.shapes[p.gradient][p.axis] for p in sliced]
            if [p.start for p in sliced] == [0, *ends[:-1]] and ends[-1] == shape[axis]:
                joined = self.emit("Concat", *(p.gradient for p in sliced), shape=shape, axis=axis)
                parts = [Part(joined), *(p for p in parts if p.axis is None)]
        total = None
        for part in parts:
            g = part.gradient
            if part.axis is not None:
                pads = np.zeros((2, len(shape)), np.int64)
                pads[:, part.axis] = part.start, shape[part.axis] - part.start - self.shapes[g][part.axis]
                g = self.emit("Pad", g, pads.ravel(), shape=shape)
            total = g if total is None else self.emit("Add", total, g, shape=shape)
        return total


Rule = Callable[[Reverse, onnx.NodeProto, str], list[tuple[str, "str | Part"]]]
RULES: dict[str, Rule] = {}


def rule(*operators: str) -> Callable[[Rule], Rule]:
    """Registers the gradient of operators: the node and the gradient of its output to gradients of its inputs."""

    def register(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(operators, function))
        return function

    return register


@rule("Add", "Sub")
def _(r: Reverse, node: onnx.NodeProto, g: str):
    a, b = node.input
    of_b = (lambda: r.emit("Neg", g)) if node.op_type == "Sub" else (lambda: g)
    return [(a, r.reduced(g, r.shapes[a]))] * (a in r.active) + (
        [(b, r.reduced(of_b(), r.shapes[b]))] if b in r.active else []
    )


@rule("Mul")
def _(r: Reverse, node: onnx.NodeProto, g: str):
    a, b = node.input
    return [
        (one, r.reduced(r.emit("Mul", g, other), r.shapes[one])) for one, other in ((a, b), (b, a)) if one in r.active
    ]


@rule("Div")
def _(r: Reverse, node: onnx.NodeProto, g: str):
    a, b = node.input
    of_a = r.emit("Div", g, b)
    made = [(a, r.reduced(of_a, r.shapes[a]))] if a in r.active else []
    if b in r.active:
        made.append((b, r.reduced(r.emit("Neg", r.emit("Mul", of_a, node.output[0])), r.shapes[b])))
    return made


@rule("MatMul")
def _(r: Reverse, node: onnx.NodeProto, g: str):
    a, b = node.input

    def turned(x: str) -> str:
        axes = list(range(len(r.shapes[x])))
        axes[-2:] = axes[:-3:-1]
        return r.emit("Transpose", x, shape=tuple(r.shapes[x][i] for i in axes), perm=axes)

    made = []
    if a in r.active:
        made.append((a, r.reduced(r.emit("MatMul", g, turned(b), shape=r.shapes[g][:-1] + r.shapes[a][-1:]), r.shapes[a])))
    if b in r.active:
        left = turned(a)
        shape = r.shapes[g][:-2] + (r.shapes[left][-2], r.shapes[g][-1])
        made.append((b, r.reduced(r.emit("MatMul", left, g, shape=shape), r.shapes[b])))
    return made


@rule("Gemm")
def _(r: Reverse, node: onnx.NodeProto, g: str):
    options = attributes(node)
    if options.get("alpha", 1) != 1 or options.get("transA", 0) or not options.get("transB", 0):
        raise SystemExit(f"expected Gemm as a linear layer, found {options}")
    return [(node.input[0], r.emit("MatMul", g, node.input[1], shape=r.shapes[node.input[0]]))]


@rule("Conv")
def _(r: Reverse, node: onnx.NodeProto, g: str):
    x, w = node.input[:2]
    options = attributes(node)
    strides, pads, kernel = options["strides"], options["pads"], r.shapes[w][2:]
    if options.get("group", 1) != 1 or any(d != 1 for d in options["dilations"]):
        raise SystemExit(f"expected a plain convolution, found {options}")
    if all(s == 1 for s in strides):
        # The same convolution from the other side, which runtimes compute several times faster than ConvTranspose.
        far = np.array([np.iinfo(np.int64).min] * 2)
        flipped = r.emit("Slice", w, np.array([-1, -1]), far, np.array([2, 3]), np.array([-1, -1]))
        back = r.emit("Transpose", flipped, shape=r.shapes[w][1::-1] + kernel, perm=[1, 0, 2, 3])
        rest = [k - 1 - pad for k, pad in zip([*kernel, *kernel], pads)]
        return [(x, r.emit("Conv", g, back, shape=r.shapes[x], kernel_shape=kernel, pads=rest))]
    sides = zip(r.shapes[x][2:], r.shapes[g][2:], strides, kernel, pads[:2], pads[2:])
    rest = [side - ((out - 1) * s + k - before - after) for side, out, s, k, before, after in sides]
    options = {"strides": strides, "pads": pads, "output_padding": rest}
    return [(x, r.emit("ConvTranspose", g, w, shape=r.shapes[x], **options))]


@rule("Sigmoid")
def _(r: Reverse, node: onnx.NodeProto, g: str):
    y = node.output[0]
    return [(node.input[0], r.emit("Mul", g, r.emit("Mul", y, r.emit("Sub", r.constant(1.0), y, shape=r.shapes[y]))))]


@rule("Softmax")
def _(r: Reverse, node: onnx.NodeProto, g: str):
    y, shape = node.output[0], r.shapes[node.output[0]]
    axis = attributes(node)["axis"] % len(shape)
    summed = tuple(1 if i == axis else d for i, d in enumerate(shape))
    mean = r.emit("ReduceSum", r.emit("Mul", g, y), np.array([axis]), shape=summed, keepdims=1)
    return [(node.input[0], r.emit("Mul", y, r.emit("Sub", g, mean)))]


@rule("Sqrt")
def _(r: Reverse, node: onnx.NodeProto, g: str):
    return [(node.input[0], r.emit("Div", r.emit("Mul", g, 0.5), node.output[0]))]


@rule("Reshape", "Flatten", "Unsqueeze", "Squeeze")
def _(r: Reverse, node: onnx.NodeProto, g: str):
    return [(node.input[0], r.reshape(g, r.shapes[node.input[0]]))]


@rule("Cast", "Identity")
def _(r: Reverse, node: onnx.NodeProto, g: str):
    return [(node.input[0], g)]


@rule("Transpose")
def _(r: Reverse, node: onnx.NodeProto, g: str):
    back = np.argsort(attributes(node)["perm"]).tolist()
    return [(node.input[0], r.emit("Transpose", g, shape=r.shapes[node.input[0]], perm=back))]


@rule("Concat")
def _(r: Reverse, node: onnx.NodeProto, g: str):
    axis = attributes(node)["axis"] % len(r.shapes[g])
    made, start = [], 0
    for x in node.input:
        end = start + r.shapes[x][axis]
        if x in r.active:
            ends = (np.array([v]) for v in (start, end, axis))
            made.append((x, r.emit("Slice", g, *ends, shape=r.shapes[x])))
        start = end
    return made


@rule("Slice")
def _(r: Reverse, node: onnx.NodeProto, g: str):
    x = node.input[0]
    starts, _, axes, *steps = (r.traced.fixed[name].tolist() for name in node.input[1:])
    if len(axes) != 1 or steps not in ([], [[1]]):
        raise SystemExit(f"expected slices of one axis, found axes {axes} in steps {steps}")
    axis = axes[0] % len(r.shapes[x])
    return [(x, Part(g, axis, starts[0] % r.shapes[x][axis]))]


@rule("Gather")
def _(r: Reverse, node: onnx.NodeProto, g: str):
    x, index = node.input[0], r.traced.fixed[node.input[1]]
    if index.ndim:
        raise SystemExit(f"expected one entry to be gathered, found {index.tolist()}")
    axis = attributes(node).get("axis", 0) % len(r.shapes[x])
    shape = tuple(1 if i == axis else d for i, d in enumerate(r.shapes[x]))
    return [(x, Part(r.reshape(g, shape), axis, int(index) % r.shapes[x][axis]))]


@rule("ReduceMean")
def _(r: Reverse, node: onnx.NodeProto, g: str):
    x = node.input[0]
    shape = r.shapes[x]
    axes = [axis % len(shape) for axis in attributes(node)["axes"]]
    kept = r.reshape(g, tuple(1 if i in axes else d for i, d in enumerate(shape)))
    each = r.emit("Mul", kept, 1 / math.prod(shape[i] for i in axes))
    return [(x, r.emit("Expand", each, np.array([d if i in axes else 1 for i, d in enumerate(shape)]), shape=shape))]


@rule("ReduceL2")
def _(r: Reverse, node: onnx.NodeProto, g: str):
    x = node.input[0]
    return [(x, r.emit("Mul", x, r.emit("Div", g, node.output[0])))]


@rule("Expand")
def _(r: Reverse, node: onnx.NodeProto, g: str):
    return [(node.input[0], r.reduced(g, r.shapes[node.input[0]]))]


@rule("DepthToSpace")
def _(r: Reverse, node: onnx.NodeProto, g: str):
    options, x = attributes(node), node.input[0]
    if options["mode"] != b"CRD":
        raise SystemExit(f"expected a pixel shuffle, found {options}")
    b, (n, c, h, w) = options["blocksize"], r.shapes[x]
    split = r.reshape(g, (n, c // b**2, h, b, w, b))
    turned = r.emit("Transpose", split, shape=(n, c // b**2, b, b, h, w), perm=[0, 1, 3, 5, 2, 4])
    return [(x, r.reshape(turned, r.shapes[x]))]


@rule("Resize")
def _(r: Reverse, node: onnx.NodeProto, g: str):
    scales, x = r.traced.fixed[node.input[2]].tolist(), node.input[0]
    if attributes(node)["mode"] != b"nearest" or scales != [1, 1, 2, 2]:
        raise SystemExit(f"expected the doubled nearest neighbour, found {attributes(node)} by {scales}")
    mean = r.emit("AveragePool", g, shape=r.shapes[x], kernel_shape=[2, 2], strides=[2, 2])
    return [(x, r.emit("Mul", mean, 4.0))]


@rule("Clip")
def _(r: Reverse, node: onnx.NodeProto, g: str):
    x, inside = node.input[0], None
    for bound, operator in zip(node.input[1:], ("GreaterOrEqual", "LessOrEqual")):
        if bound:
            kept = r.emit("Cast", r.emit(operator, x, bound), to=TensorProto.FLOAT)
            inside = kept if inside is None else r.emit("Mul", inside, kept)
    return [(x, r.emit("Mul", g, inside))]


@rule("InstanceNormalization")
def _(r: Reverse, node: onnx.NodeProto, g: str):
    x, scale, _ = node.input
    shape = r.shapes[x]
    axes, summed = list(range(2, len(shape))), shape[:2] + (1,) * (len(shape) - 2)

    def mean(t: str) -> str:
        return r.emit("ReduceMean", t, shape=summed, axes=axes, keepdims=1)

    centred = r.emit("Sub", x, mean(x))
    variance = r.emit("Add", mean(r.emit("Mul", centred, centred)), float(attributes(node)["epsilon"]))
    spread = r.emit("Sqrt", variance)
    unit = r.emit("Div", centred, spread)
    g = r.emit("Mul", g, r.traced.fixed[scale].reshape(1, -1, *(1 for _ in axes)))
    inner = r.emit("Sub", r.emit("Sub", g, mean(g)), r.emit("Mul", unit, mean(r.emit("Mul", g, unit))))
    return [(x, r.emit("Div", inner, spread))]


@rule("BatchNormalization")
def _(r: Reverse, node: onnx.NodeProto, g: str):
    x, (scale, _, _, variance) = node.input[0], (r.traced.fixed[name] for name in node.input[1:])
    gain = scale / np.sqrt(variance + np.float32(attributes(node)["epsilon"]))
    return [(x, r.emit("Mul", g, gain.reshape(1, -1, *(1 for _ in r.shapes[x][2:]))))]


# --- files ----------------------------------------------------------------------------------------


def differentiate(file: Path, wrt: str, output: str, to: Path) -> tuple[float, float]:
    """Write the gradient graph of `file` with respect to its input `wrt`: inputs of `file` and `cotangent` [as the
    output `output`] -> `gradient` [as `wrt`], any batch. Returns the GFLOP of one sample: of `file`, and of the
    gradient graph, which is what it evaluates anew and the way back.
    """
    traced = Traced(file)
    reverse = Reverse(traced, wrt, output)
    needed, nodes = {reverse.gradient}, []
    for node in reversed([*traced.nodes, *reverse.nodes]):
        if needed.intersection(node.output):
            kept = onnx.NodeProto()
            kept.CopyFrom(node)
            if node.op_type in ("Reshape", "Expand", "Flatten"):
                kept = helper.make_node("Reshape", [node.input[0], ""], node.output) if node.op_type != "Expand" else kept
                shape = reverse.shapes[node.output[0]]
                if node.op_type == "Expand":  # 1 leaves the axis of samples as it is
                    shape = tuple(1 if d == BATCH else d for d in shape)
                kept.input[1] = reverse.constant(np.array(shape, np.int64))
            nodes.append(kept)
            needed.update(name for name in kept.input if name)
    nodes.append(helper.make_node("Identity", [reverse.gradient], ["gradient"]))
    nodes = [*nodes[-2::-1], nodes[-1]]
    content = file.read_bytes()
    initialisers = []
    for name in sorted(needed):
        if name in reverse.constants:
            initialisers.append(numpy_helper.from_array(reverse.constants[name], name))
        elif name in traced.weights and name not in traced.fixed:
            initialisers.append(shared(traced.weights[name], content, file.name))
        elif name in traced.fixed:
            initialisers.append(numpy_helper.from_array(traced.fixed[name], name))
    inputs = [i for i in traced.graph.input if i.name in needed]
    if len(inputs) != len(traced.graph.input):
        raise SystemExit(f"{file}: expected all inputs to matter to the gradient, found {[i.name for i in inputs]}")

    def info(name: str, of: str) -> onnx.ValueInfoProto:
        dims = ["batch" if d == BATCH else d for d in reverse.shapes[of]]
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)

    graph = helper.make_graph(nodes, "vjp", [*inputs, info("cotangent", output)], [info("gradient", wrt)], initialisers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    there, back = (round(sum(gflop(node, reverse.shapes) for node in some), 3) for some in (traced.nodes, nodes))
    model = graphs.shorten(model)
    model.producer_name = "goldpan recipes"
    to.write_bytes(model.SerializeToString(deterministic=True))
    onnx.checker.check_model(to, full_check=True)
    return there, back


def shared(weight: onnx.TensorProto, content: bytes, name: str) -> onnx.TensorProto:
    """The tensor as external data: the place of its bytes in the file `name`, whose bytes are `content`."""
    at = content.find(weight.raw_data)
    if at < 0:
        raise SystemExit(f"{name}: expected the raw bytes of {weight.name}, found none")
    made = TensorProto(name=weight.name, data_type=weight.data_type, dims=weight.dims, data_location=TensorProto.EXTERNAL)
    for key, value in (("location", name), ("offset", at), ("length", len(weight.raw_data))):
        made.external_data.add(key=key, value=str(value))
    return made


def gflop(node: onnx.NodeProto, shapes: dict[str, tuple[int, ...]]) -> float:
    """Billions of floating point operations of a node for one sample; matrix products and convolutions count."""
    if node.op_type not in ("MatMul", "Gemm", "Conv", "ConvTranspose"):
        return 0.0
    a, b, y = (tuple(abs(d) for d in shapes[name]) for name in (*node.input[:2], node.output[0]))
    if node.op_type == "Conv":
        return 2e-9 * math.prod(y) * math.prod(b[1:])
    if node.op_type == "ConvTranspose":
        return 2e-9 * math.prod(a) * math.prod(b[1:])
    return 2e-9 * math.prod(y) * a[-1]


# --- packs ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Target:
    """A component of a manifest that gets a gradient graph beside it."""

    component: str  # its name there; the gradient's is this one with "Gradient" behind it
    wrt: str  # the manifest's name of the input
    output: str  # and of the output
    module: Callable[[dict], nn.Module]  # untrained torch module of the same graph, from the manifest


DENOISER = Target("denoiser", "latents", "prediction", lambda m: flow.networks(m["id"], m["latents"]["channels"])[1])
DECODER = Target("decoder", "latents", "image", lambda m: autoencoder.Decoder(m["latents"]["channels"]))


def untrained_objects(manifest: dict) -> nn.Module:
    return objects.ClassTransformer(transformer.FlowTransformer(manifest["latents"]["channels"]))


def untrained_eye() -> tower.Eye:
    return tower.Eye(autoencoder.Encoder(), torch.zeros(autoencoder.CHANNELS), torch.ones(autoencoder.CHANNELS))


def untrained_dino(manifest: dict) -> nn.Module:
    net, classes = tower.Tower(dino.WIDTH, dino.DEPTH, mark=True), len(manifest["classes"])
    return dino.Linear(untrained_eye(), net, torch.zeros(dino.FEATURES), torch.zeros(classes, dino.FEATURES), torch.zeros(classes))


def untrained_aesthetic(manifest: dict) -> nn.Module:
    """The tower with its head, without the projection that the head does not read."""
    image = clip.ImageTower()
    image.out = nn.Identity()
    return aesthetic.Aesthetic(image)


TARGETS = {
    "scenes": (DENOISER, DECODER),
    "scenes-mini": (DENOISER, DECODER),
    "objects": (Target("denoiser", "latents", "prediction", untrained_objects), DECODER),
    "scenes-clip": (Target("imageTower", "pixels", "embedding", lambda m: clip.ImageTower()),),
    "scenes-pick": (Target("imageTower", "pixels", "embedding", lambda m: clip.ImageTower()),),
    "scenes-aesthetic": (Target("imageTower", "pixels", "score", untrained_aesthetic),),
    "scenes-image-reward": (
        Target("pairTower", "pixels", "score", lambda m: image_reward.Graph(untrained_eye(), image_reward.PairTower())),
    ),
    "scenes-dino": (Target("imageTower", "pixels", "logits", untrained_dino),),
    "scenes-classifier": (
        Target("imageTower", "pixels", "logits", lambda m: classifier.Seen(untrained_eye(), classifier.Classifier())),
    ),
}


def add(pack: Path) -> None:
    """Write the gradient graphs of a pack and name them in its manifest. SystemExit where one is wrong."""
    manifest = json.loads((pack / "pack.json").read_text())
    components: dict[str, dict] = {}
    for name, component in manifest["components"].items():
        if name.endswith("Gradient"):
            continue
        components[name] = component
        for target in TARGETS[pack.name]:
            if target.component == name:
                components[f"{name}Gradient"] = gradient_component(pack, manifest, target)
    del manifest["files"]
    graphs.write_manifest(pack, manifest | {"components": components})


def gradient_component(pack: Path, manifest: dict, target: Target) -> dict:
    """Write and check one gradient graph; its entry in the manifest."""
    forward = manifest["components"][target.component]
    file = pack / forward["file"]
    wrt, output = forward["inputs"][target.wrt], forward["outputs"][target.output]
    to = file.with_name(f"{file.stem}_vjp.onnx")
    there, back = differentiate(file, wrt, output, to)
    check(file, to, target.module(manifest), wrt, output)
    print(f"{pack.name}/{to.relative_to(pack)}: {to.stat().st_size / 1e3:.0f} kB, {there:.3f} GFLOP there, {back:.3f} there and back")
    entry = {
        "file": to.relative_to(pack).as_posix(),
        "inputs": forward["inputs"] | {"cotangent": "cotangent"},
        "outputs": {"gradient": "gradient"},
    }
    if target.component == "denoiser":
        # torch's counter, which the manifest's figure is from, leaves out the two products of each attention.
        if not 0.9 * there <= forward["gflopPerForward"] <= there:
            raise SystemExit(f"{file}: expected {forward['gflopPerForward']} GFLOP as the manifest says, found {there}")
        entry["gflopPerBackward"] = back
    if target.component == "imageTower":
        entry["of"] = target.output
    return entry


def check(file: Path, vjp: Path, module: nn.Module, wrt: str, output: str) -> None:
    """Hold a gradient graph against torch's autograd and against central differences. SystemExit if it fails."""
    sessions = [ort.InferenceSession(str(f), providers=["CPUExecutionProvider"]) for f in (file, vjp)]
    kinds = {"tensor(float)": TensorProto.FLOAT, "tensor(int64)": TensorProto.INT64}

    def draw(session: ort.InferenceSession, samples: int) -> dict[str, torch.Tensor]:
        return {
            i.name: torch.from_numpy(drawn(kinds[i.type], [samples, *i.shape[1:]], 100 * samples + seed))
            for seed, i in enumerate(session.get_inputs())
        }

    module = restore.restore(module, draw(sessions[0], 2), file).requires_grad_(False)
    place = [o.name for o in sessions[0].get_outputs()].index(output)
    worst = off = 0.0
    for samples in (1, 2, 3, 8):
        feed = draw(sessions[1], samples)
        plain = {k: v.numpy() for k, v in feed.items()}
        found = torch.from_numpy(sessions[1].run(["gradient"], plain)[0])
        cotangent = feed.pop("cotangent")
        x = feed[wrt].requires_grad_()
        y = module(*feed.values())
        (wanted,) = torch.autograd.grad(y if torch.is_tensor(y) else y[place], x, cotangent)
        apart = (found - wanted).flatten(1).norm(dim=1) / wanted.flatten(1).norm(dim=1)
        worst = max(worst, float(apart.max()))
        # Along the gradient itself, where its norm is the slope; 1e-2 is small for x and large for float32's rounding.
        step = 1e-2 * wanted / wanted.flatten(1).norm(dim=1).view(-1, *[1] * (wanted.ndim - 1)) * math.sqrt(wanted[0].numel()) / 10
        plain.pop("cotangent")
        up, down = (
            torch.from_numpy(sessions[0].run([output], plain | {wrt: (x.detach() + s * step).numpy()})[0]).double() for s in (1, -1)
        )
        rise = ((up - down) / 2 * cotangent).view(samples, -1).sum(1)
        slope = (found * step).double().view(samples, -1).sum(1)
        off = max(off, float(((rise - slope) / slope).abs().max()))
    print(f"{vjp.parent.name}/{vjp.name}: from torch {worst:.1e}, from central differences {off:.1e}, relative", flush=True)
    if not worst < TOLERANCE or not off < DIFFERENCE:
        raise SystemExit(f"{vjp}: expected less than {TOLERANCE} and {DIFFERENCE}, found {worst} and {off}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packs", type=Path, default=PACKS)
    parser.add_argument("--only", choices=tuple(TARGETS), nargs="+", default=tuple(TARGETS))
    args = parser.parse_args()
    for pack in args.only:
        add(args.packs / pack)


if __name__ == "__main__":
    main()
