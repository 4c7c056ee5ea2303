"""A whole network from one number, with the command line that compiles it."""

from __future__ import annotations

from dataclasses import dataclass

import onnx

from . import (
    activations,
    channels,
    compositions,
    control,
    convolutions,
    heads,
    joins,
    linear,
    maps,
    sequences,
)
from .assembly import Assembly
from .blocks import draw_some
from .inputs import Shapes, start
from .zeros import zero_filters

#: Importing these declares their blocks.
MODULES = (
    activations,
    channels,
    compositions,
    control,
    convolutions,
    heads,
    joins,
    linear,
    maps,
    sequences,
)

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
    #: Shapes of weights that the network computes from constants, by name.
    computed: dict[str, list[int]]
    #: Weights of layers that were told to keep everything.
    ignored: tuple[str, ...]
    #: Shapes of the inputs, once for each run.
    shapes: Shapes
    coarse: float
    log: tuple[str, ...]

    @property
    def plain(self) -> bool:
        """Every group loses what the rate says."""
        return not self.flags


def draw(seed: int) -> Drawn:
    net = Assembly(seed, SKIPPED)
    x, shapes = start(net)
    for _ in range(net.between(8, 12) if net.chance(0.05) else net.between(2, 5)):
        x = draw_some(net, x, 1)
        if net.chance(0.08):
            heads.publish(net, x)
        elif net.chance(0.08):
            heads.logits(net, x)
    heads.logits(net, x)
    if net.chance(0.05):
        net.activated(net.to_width(x, 5))  # read by nobody
    rate = round(net.between(10, 90) / 100, 2)
    if net.chance(0.12):
        zero_filters(net)
        rate = rate if net.chance(0.4) else 0.0
    flags, ignored = options(net)
    if not ignored and net.chance(0.05):
        for node in net.nodes:
            node.name = ""
    model = finished(net)
    criterion = str(net.pick(["l1", "l2", "gm"]))
    expected = () if net.mixing else tuple(dict.fromkeys(net.expected))
    head = (f"opset {net.opset}, batch {net.batch or 'open'}, {net.dtype.__name__}, dressing {net.dressing}",)
    return Drawn(
        seed,
        model,
        rate,
        criterion,
        flags,
        expected,
        net.computed,
        ignored,
        shapes,
        net.coarse,
        head + tuple(net.log),
    )


def finished(net: Assembly) -> onnx.ModelProto:
    """The model, at times with the shapes of all values written down."""
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
    if net.chance(0.08):
        flags += ["--layer-rate", f"*={net.between(0, 9) / 10}"]
        # With rates of their own there is nothing to rank all groups for.
        flags = [flag for flag in flags if flag != "--global"]
    layers = [n for n in net.nodes if n.op_type in ("Conv", "Gemm", "ConvTranspose")]
    if layers and net.chance(0.12):
        node = net.pick(layers)
        flags += ["--ignore-layers", node.name]
        # The constant of a weight that is computed is called after the layer.
        ignored += [node.input[1], f"{node.output[0]}.weight"]
    return tuple(flags), tuple(ignored)
