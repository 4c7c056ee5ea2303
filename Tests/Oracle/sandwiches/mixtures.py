"""Networks of several node models, from an integer alone: one feeds the other, directly or through layers.

What is drawn: which node models, which of their operands other results feed, where layers stand in between, where
results are added or concatenated. Operands come in the range that the node model was written for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper

from . import readers
from .cases import Case, Operand
from .draws import random
from .engine import Runtime, Untried
from .net import Net
from .recipes import Recipe, Sandwich, constant, is_made, mixed

OPSET = 21
IR_VERSION = 10
LARGEST = 2048
NUMBERS = {TensorProto.FLOAT, TensorProto.DOUBLE}
#: What comes out jumps where what goes in moves a little, or is drawn anew each time.
JUMPING = frozenset(
    "ArgMax ArgMin TopK Hardmax Round Ceil Floor Sign Unique NonZero NonMaxSuppression Bernoulli Multinomial"
    " RandomNormalLike RandomUniformLike QuantizeLinear DynamicQuantizeLinear Mod Dropout Compress MaxUnpool"
    " BitCast TfIdfVectorizer If Loop Scan SequenceMap".split()
)
#: How much of a small change of the inputs may be seen in what comes out, so that rounding is not.
NOISE, LARGEST_ECHO = 1e-6, 2e-4


@dataclass(frozen=True)
class Tensor:
    name: str
    values: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape


fillings: list[Case] = []


def prepare(cases: Sequence[Case]) -> None:
    """Before the first is drawn: keeps what can be part of a network."""
    fillings[:] = [case for case in cases if fits(case)]


def fits(case: Case) -> bool:
    operators = {node.op_type for node in case.nodes}
    if operators & JUMPING or case.functions or case.initializers or len(case.nodes) > 40:
        return False
    if not any(info.type.tensor_type.elem_type in NUMBERS for info in case.outputs):
        return False
    if any(operand.value.size > LARGEST for operand in case.operands) or not fed(case):
        return False
    return all(is_same_today(node, case.opsets) for node in case.nodes)


def fed(case: Case) -> list[int]:
    """Operands that other results can feed."""
    return [
        place for place, operand in enumerate(case.operands) if operand.kind in NUMBERS and is_made(operand)
    ]


def is_same_today(node: onnx.NodeProto, opsets: dict[str, int]) -> bool:
    if any(attribute.HasField("g") for attribute in node.attribute):
        return False
    if node.domain:
        return node.domain == "com.microsoft"
    try:
        then = onnx.defs.get_schema(node.op_type, opsets[""], "")
        now = onnx.defs.get_schema(node.op_type, OPSET, "")
    except onnx.defs.SchemaError:
        return False
    return then.since_version == now.since_version


class Mixture:
    def __init__(self, seed: int) -> None:
        self.draw = random("mixture", seed)
        self.net = Net(OPSET)
        self.pool: list[Tensor] = []
        self.read: set[str] = set()
        self.names: list[str] = []

    def chance(self, probability: float) -> bool:
        return bool(self.draw.random() < probability)

    def pick(self, choices: Sequence) -> object:
        return choices[int(self.draw.integers(len(choices)))]

    def tensor(self) -> Tensor:
        """The later, the likelier."""
        weights = np.arange(1, len(self.pool) + 1)
        chosen = self.pool[int(self.draw.choice(len(self.pool), p=weights / weights.sum()))]
        self.read.add(chosen.name)
        return chosen

    def evaluate(self, names: Sequence[tuple[str, int]]) -> list[np.ndarray]:
        outputs = [helper.make_tensor_value_info(name, kind, None) for name, kind in names]
        try:
            return Runtime.run(self.model(outputs), [self.net.feeds])[0]
        except Exception as error:
            raise Untried(f"it does not run: {' '.join(str(error).split())[:160]}") from error

    def model(self, outputs: Sequence[onnx.ValueInfoProto]) -> onnx.ModelProto:
        return self.net.model(outputs, {"": OPSET, "com.microsoft": 1}, IR_VERSION)

    def publish(self, names: Sequence[tuple[str, int]]) -> None:
        """Results join the pool, as floats."""
        names = [
            (name if kind == TensorProto.FLOAT else self.net.cast(name, TensorProto.FLOAT), TensorProto.FLOAT)
            for name, kind in names
        ]
        for (name, _), values in zip(names, self.evaluate(names), strict=True):
            if not np.isfinite(values).all():
                raise Untried("what comes out is no number")
            if values.size:
                self.pool.append(Tensor(name, values))

    def start(self) -> None:
        shape = [int(n) for n in self.draw.integers(2, 7, self.draw.integers(2, 5))]
        values = self.draw.standard_normal(shape).astype(np.float32)
        x = self.net.input(f"x/{len(self.pool)}", values)
        for axis, length in enumerate(shape):
            x = self.layer(x, shape, axis, length)
        self.publish([(x, TensorProto.FLOAT)])

    def layer(self, x: str, shape: list[int], axis: int, length: int) -> str:
        """A product along an axis, which gets another length."""
        net, rank, before = self.net, len(shape), shape[axis]
        weight = self.draw.standard_normal((before, length)).astype(np.float32) / np.float32(np.sqrt(before))
        y = net.moved(x, rank, axis, rank - 1)
        y = net.add("MatMul", [y, net.constant(net.fresh("weight"), weight)])
        if self.chance(0.3):
            bias = self.draw.standard_normal(length).astype(np.float32) * np.float32(0.3)
            y = net.add("Add", [y, net.constant(net.fresh("bias"), bias)])
        return net.moved(y, rank, rank - 1, axis)

    def fitted(self, tensor: Tensor, target: Sequence[int], layers: float) -> str:
        """The tensor in another shape: layers where lengths differ, and now and then where they do not."""
        net, x, shape = self.net, tensor.name, list(tensor.shape)
        while len(shape) > len(target):
            axis = int(self.draw.integers(len(shape)))
            vector = self.draw.standard_normal(shape[axis]).astype(np.float32)
            y = net.moved(x, len(shape), axis, len(shape) - 1)
            x = net.add("MatMul", [y, net.constant(net.fresh("weight"), vector)])
            del shape[axis]
        while len(shape) < len(target):
            axis = int(self.draw.integers(len(shape) + 1))
            x = net.add("Unsqueeze", [x, net.integers([axis])])
            shape.insert(axis, 1)
        for axis in self.draw.permutation(len(target)):
            if shape[axis] != target[axis] or (target[axis] > 1 and self.chance(layers)):
                x = self.layer(x, shape, int(axis), target[axis])
                shape[axis] = target[axis]
        return x

    def ranged(self, x: str, operand: Operand) -> str:
        """In the range of the numbers that the node model comes with."""
        net = self.net
        values = operand.value.astype(np.float64)
        low, high = np.float32(values.min()), np.float32(values.max())
        y = net.add("Sigmoid", [x])
        y = net.add("Mul", [y, net.constant(net.fresh("range"), np.float32(high - low))])
        y = net.add("Add", [y, net.constant(net.fresh("low"), low)])
        return y if operand.kind == TensorProto.FLOAT else net.cast(y, operand.kind)

    def insert(self) -> None:
        """A node model."""
        net = self.net
        case: Case = self.pick(fillings)
        prefix = f"{len(self.names)}/"
        self.names.append(case.name)
        places = fed(case)
        first = self.pick(places)
        for place, operand in enumerate(case.operands):
            named = Operand(prefix + operand.name, operand.value, operand.kind, operand.is_parameter)
            if place == first or (place in places and self.chance(0.5)):
                x = self.fitted(self.tensor(), operand.value.shape, 0.4)
                y = self.ranged(x, operand)
                net.nodes[-1].output[0] = named.name
                assert y != x
            else:
                constant(net, named)
        for node in case.nodes:
            copy = onnx.NodeProto.FromString(node.SerializeToString())
            copy.name = net.fresh(prefix + node.op_type)
            for names in (copy.input, copy.output):
                names[:] = [prefix + name if name else name for name in names]
            net.nodes.append(copy)
        self.publish(
            [
                (prefix + info.name, info.type.tensor_type.elem_type)
                for info in case.outputs
                if info.type.tensor_type.elem_type in NUMBERS
            ]
        )

    def join(self) -> None:
        """Two results added, multiplied or concatenated."""
        first, second = self.tensor(), self.tensor()
        if not first.shape:
            return
        target = list(first.shape)
        kind = self.pick(["Add", "Mul", "Concat", "Concat"])
        axis = int(self.draw.integers(len(target)))
        if kind == "Concat":
            target[axis] = int(self.draw.integers(1, 5))
        x = self.fitted(second, target, 0.2)
        more = {"axis": axis} if kind == "Concat" else {}
        self.publish([(self.net.add(kind, [first.name, x], **more), TensorProto.FLOAT)])

    def finish(self, seed: int) -> Sandwich:
        ends = [t for t in self.pool if t.name not in self.read or self.chance(0.1)]
        outputs = [
            readers.read(self.net, t.name, t.values, TensorProto.FLOAT, f"{i}", self.draw)
            for i, t in enumerate(ends)
        ]
        model = self.model(outputs)
        feeds = self.net.feeds
        noisy = {
            name: values + NOISE * self.draw.standard_normal(values.shape).astype(np.float32)
            for name, values in feeds.items()
        }
        try:
            plain, moved = Runtime.run(model, [feeds, noisy])
        except Exception as error:
            raise Untried(f"it does not run: {' '.join(str(error).split())[:160]}") from error
        if echo(plain, moved) > LARGEST_ECHO:
            raise Untried("what comes out jumps")
        name = f"graph {seed}"
        case = Case(name, "several", (), (), (), {"": OPSET})
        return Sandwich(name, case, Recipe("graph"), model, (feeds, mixed(feeds)), Runtime, frozenset())


def echo(first: list, second: list) -> float:
    return max(
        float(np.abs(a - b).max() / max(np.abs(a).max(), 1e-2)) for a, b in zip(first, second, strict=True)
    )


def draw(seed: int) -> Sandwich:
    mixture = Mixture(seed)
    mixture.start()
    for _ in range(int(mixture.draw.integers(2, 6))):
        if mixture.chance(0.1):
            mixture.start()
        if mixture.chance(0.3):
            mixture.join()
        mixture.insert()
    return mixture.finish(seed)
