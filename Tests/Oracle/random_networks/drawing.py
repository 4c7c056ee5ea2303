"""A whole network from one number, with the command line that compiles it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import onnx

from . import activations, channels, convolutions, heads, joins, linear, maps
from .assembly import Assembly
from .blocks import draw_some
from .values import Value

__all__ = ["Drawn", "draw", "activations", "channels", "convolutions", "joins", "linear", "maps"]

#: Blocks that meet a known defect in nearly every network, and would hide all others. Empty when all is well.
SKIPPED: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Drawn:
    """A network, how to compile it, and what is known beforehand."""

    seed: int
    model: onnx.ModelProto
    rate: float
    criterion: str
    flags: tuple[str, ...]
    #: Weights that must be prunable.
    expected: tuple[str, ...]
    #: Weights of layers that were told to keep everything.
    ignored: tuple[str, ...]
    #: Shapes of the inputs, once for each run.
    shapes: tuple[dict[str, list[int]], ...]
    coarse: float
    log: tuple[str, ...]

    @property
    def plain(self) -> bool:
        """Every group loses what the rate says."""
        return not self.flags


def draw(seed: int) -> Drawn:
    net = Assembly(seed, SKIPPED)
    x, shapes = start(net)
    for _ in range(net.between(2, 5)):
        x = draw_some(net, x, 1)
        if net.chance(0.08):
            heads.publish(net, x)
        elif net.chance(0.08):
            heads.logits(net, x)
    heads.logits(net, x)
    if net.chance(0.05):
        net.activated(net.to_width(x, 5))  # read by nobody
    model = finished(net)
    flags, ignored = options(net)
    rate = round(net.between(10, 90) / 100, 2)
    criterion = str(net.pick(["l1", "l2", "gm"]))
    expected = tuple(dict.fromkeys(net.expected))
    head = (f"opset {net.opset}, batch {net.batch or 'open'}, dressing {net.dressing}",)
    return Drawn(seed, model, rate, criterion, flags, expected, ignored, shapes, net.coarse, head + tuple(net.log))


def start(net: Assembly) -> tuple[Value, tuple[dict[str, list[int]], ...]]:
    """The input, mostly with a layer behind it, and its shape in both runs."""
    rank = int(net.pick([2, 2, 2, 2, 2, 1, 3]))
    shortest, longest = {1: (8, 20), 2: (7, 12), 3: (4, 6)}[rank]
    first = tuple(net.between(shortest, longest) for _ in range(rank))
    opened = net.chance(0.4)
    second = tuple(e + net.between(1, 4) for e in first) if opened else first
    x = Value("input", 3, (first, second))
    names = {1: ["time"], 2: ["height", "width"], 3: ["depth", "height", "width"]}[rank]
    net.input([net.batch or "batch", x.width, *(names if opened else first)], x.name)
    shapes = tuple(
        {x.name: [net.batch or batch, x.width, *extents]} for batch, extents in zip((2, 3), x.extents, strict=True)
    )
    if net.chance(0.85):
        x = net.convolution(x, net.new_width(), 3, name="stem")
        x = net.activated(net.normalised(x) if net.chance(0.6) else x)
    return x, shapes


def finished(net: Assembly) -> onnx.ModelProto:
    """At times with the shapes of all values written down."""
    model = net.model()
    if net.chance(0.2):
        model = onnx.shape_inference.infer_shapes(model)
    return model


def options(net: Assembly) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Flags, and the weights of layers that they ignore."""
    flags: list[str] = []
    ignored: list[str] = []
    if net.chance(0.15):
        flags.append("--global")
    if net.chance(0.12):
        flags += ["--round-to", str(net.pick([2, 4, 8]))]
    if net.chance(0.12):
        flags += ["--min-channels", str(net.between(2, 6))]
    layers = layers_of(net)
    if layers and net.chance(0.12):
        node = net.pick(layers)
        flags += ["--ignore-layers", node.name]
        ignored.append(node.input[1])
    return tuple(flags), tuple(ignored)


def layers_of(net: Assembly) -> list[onnx.NodeProto]:
    """Layers that the command surely knows by the node's name: with a weight of their own, not depthwise."""
    readers = Counter(name for node in net.nodes for name in node.input)
    constants = {f"{name}.weight" for node in net.nodes for name in node.output} - net.dressed
    return [
        node
        for node in net.nodes
        if node.op_type in ("Conv", "Gemm", "ConvTranspose")
        and node.input[1] in constants
        and readers[node.input[1]] == 1
        and all(a.i == 1 for a in node.attribute if a.name == "group")
    ]
