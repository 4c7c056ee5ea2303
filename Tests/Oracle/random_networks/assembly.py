"""A random network in the making: what was drawn for all of it, and the layers that most blocks use."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from . import weights
from .forms import Forms
from .values import Extents, Value

OPSETS = (7, 26)


class Assembly(Forms):
    """The state that blocks share: random numbers, the graph so far, what must be prunable."""

    def __init__(self, seed: int, skipped: frozenset[str] = frozenset()) -> None:
        draw = np.random.default_rng([seed, 1])
        super().__init__(seed, opset=int(draw.integers(OPSETS[0], OPSETS[1] + 1)))
        self.skipped = skipped
        #: Of these alone, where given.
        self.allowed: frozenset[str] | None = None
        #: A fixed batch size, or None where the axis is open.
        self.batch: int | None = int(draw.integers(1, 3)) if draw.random() < 0.25 else None
        self.constant_nodes = bool(draw.random() < 0.15)
        #: How often a weight is computed from its constant instead of being one.
        self.dressing = float(draw.choice([0.0, 0.0, 0.0, 0.15, 0.5]))
        self.depth, self.deepest = 0, int(draw.integers(1, 4))
        self.log: list[str] = []
        #: Weights that any compiler worth its name finds prunable.
        self.expected: list[str] = []
        #: The shapes of weights that may be computed.
        self.computed: dict[str, list[int]] = {}
        #: Some weight's input channels depend on each other: whatever feeds it may have to stay.
        self.mixing = False
        #: Values pass through fewer bits than the weights have: outputs may differ by that much.
        self.coarse = 0.0
        #: The network holds an If, Loop, Scan or function.
        #: What a Loop carries on has no known shape, so that products behind it are not found prunable.
        self.opaque = False
        #: Nodes are inside an If, Loop or Scan.
        self.inside = False

    @property
    def double(self) -> bool:
        return self.dtype == np.float64

    # Dice

    def chance(self, probability: float) -> bool:
        return bool(self.random.random() < probability)

    def between(self, low: int, high: int) -> int:
        return int(self.random.integers(low, high + 1))

    def pick(self, choices: Sequence) -> object:
        return choices[int(self.random.integers(len(choices)))]

    def new_width(self) -> int:
        return int(self.pick([4, 5, 6, 7, 8, 8, 9, 10, 12, 12, 15, 16, 18, 20, 24]))

    # Constants

    def weight(self, name: str, shape: Sequence[int], fan_in: int | None = None) -> str:
        """Normal values that keep the variance of what flows through; at times behind other nodes."""
        fan_in = fan_in or math.prod(shape[1:])
        values = self.random.standard_normal(shape) * math.sqrt(1.6 / fan_in)
        if not self.chance(self.dressing):
            return self.constant(name, values)
        return weights.dress(self, name, values.astype(np.float32))

    def expect(self, *names: str, product: bool = False) -> None:
        """Layers that make channels together, with plain layers around them: they must shrink."""
        if not self.inside and not (product and self.opaque):
            self.expected += [f"{name}.weight" for name in names]

    # Layers

    def convolution(
        self,
        x: Value,
        width: int,
        kernel: int = 3,
        *,
        stride: int = 1,
        dilation: int = 1,
        group: int = 1,
        padded: bool = True,
        bias: bool | None = None,
        name: str = "",
    ) -> Value:
        """A plain convolution over all axes; `padded` keeps the extents at stride 1."""
        name = name or self.fresh("conv")
        margin = dilation * (kernel - 1)
        pads = [margin // 2] * x.rank + [margin - margin // 2] * x.rank if padded else [0] * (2 * x.rank)
        made = self.conv(
            x.name,
            name,
            x.width,
            width,
            kernel,
            bias=self.chance(0.6) if bias is None else bias,
            group=group,
            rank=x.rank,
            pads=pads,
            strides=[stride] * x.rank,
            dilations=[dilation] * x.rank,
        )
        left = 0 if padded else margin
        return x.named(made, width, each(x.extents, lambda e: (e - left - 1) // stride + 1))

    def normalised(self, x: Value) -> Value:
        return x.named(self.batch_norm(x.name, self.fresh("bn"), x.width))

    def activated(self, x: Value) -> Value:
        """Relu or one of its relatives that leaves a zero zero."""
        # ONNX Runtime has the others in single precision alone.
        choice = self.pick(["Relu", "Relu", "Tanh", "LeakyRelu", "Elu"][: 3 if self.double else 5])
        return x.named(self.op(choice, x.name))

    def per_channel(self, x: Value, *, batched: bool | None = None) -> list[int]:
        """The shape of a constant that has one number a channel."""
        shape = [x.width] if x.last else [x.width] + [1] * x.rank
        batched = self.chance(0.4) if batched is None else batched
        return [1] * (x.rank + 2 - len(shape)) + shape if batched else shape

    def linear(self, x: Value, width: int, name: str = "", *, bias: bool | None = None) -> Value:
        """MatMul over the last axis, with an Add for the bias."""
        name = name or self.fresh("linear")
        y = self.op("MatMul", x.name, self.weight(f"{name}.weight", [x.width, width], x.width))
        if self.chance(0.7) if bias is None else bias:
            pair = [y, self.normal(f"{name}.bias", [width], 0.2)]
            y = self.op("Add", *(pair if self.chance(0.7) else pair[::-1]))
        return x.named(y, width)

    def to_width(self, x: Value, width: int) -> Value:
        """The same extents with another number of channels, by a 1x1 convolution or a linear layer."""
        if x.width == width:
            return x
        return self.linear(x, width) if x.last or x.rank == 0 else self.convolution(x, width, 1)

    # Shapes

    @property
    def batch_or_copy(self) -> int:
        """The batch axis in the target of a Reshape."""
        return self.batch if self.batch and self.chance(0.5) else 0

    def dimension(self, x: str, axis: int) -> str:
        """One dimension of `x` as a vector of one element, computed in the graph."""
        if self.opset >= 15 and self.chance(0.2):
            return self.op("Shape", x, start=axis, end=axis + 1)
        shape = self.op("Shape", x)
        if self.chance(0.5):
            return self.slice(shape, 0, axis, axis + 1)
        if self.chance(0.5):
            return self.op("Gather", shape, self.shape_constant([axis]), axis=0)
        return self.unsqueeze(self.op("Gather", shape, self.shape_constant(axis), axis=0), [0])

    def reshape_to(self, x: str, dimensions: Sequence[int | str]) -> str:
        """Reshape to literals and computed dimensions, the latter being names of one-element vectors."""
        if all(isinstance(d, int) for d in dimensions):
            return self.reshape(x, dimensions)
        parts = [self.shape_constant([d]) if isinstance(d, int) else d for d in dimensions]
        return self.op("Reshape", x, self.op("Concat", *parts, axis=0))

    @contextmanager
    def elsewhere(self) -> Iterator[tuple[list, list]]:
        """Nodes and initializers made meanwhile go into the two lists: the body of an If, Loop or Scan."""
        kept = self.nodes, self.initializers, self.inside
        self.nodes, self.initializers, self.inside, self.opaque = [], [], True, True
        yield self.nodes, self.initializers
        self.nodes, self.initializers, self.inside = kept


def each(extents: Extents, length: object) -> Extents:
    """Every extent of every run through `length`."""
    return tuple(tuple(length(e) for e in run) for run in extents)
