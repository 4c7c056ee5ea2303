"""Layers that make channels along an axis and give nearly the values that a filling was written for.

Each number that a layer gives is an average of two numbers of the operand, or of one and its bias: positive operands
stay positive, indices in range. Operands are rounded and weights are eighths, so that every layer is exact: an index
that is chosen by comparing numbers is the same whatever else is removed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import TensorProto

from .cases import LARGEST_INTEGER
from .net import Net

#: Longer axes are no channels, and would only cost time.
LONGEST_AXIS = 600
#: Bits that are left of an operand's mantissa.
BITS = 8

NO_NUMBERS = {TensorProto.STRING, TensorProto.COMPLEX64, TensorProto.COMPLEX128}


@dataclass
class Silence:
    """Slots that a layer fills with one number only, by length of the axis: the same of every operand."""

    random: np.random.Generator
    slots: dict[int, np.ndarray] = field(default_factory=dict)

    def of(self, length: int) -> np.ndarray:
        if length not in self.slots:
            count = int(self.random.integers(1, length)) if length > 1 else 0
            self.slots[length] = np.sort(self.random.permutation(length)[:count])
        return self.slots[length]


def can_make(values: np.ndarray, kind: int) -> bool:
    """Whether layers can give these values, on some axis."""
    if kind in NO_NUMBERS or values.ndim == 0 or values.size == 0 or max(values.shape) < 2:
        return False
    numbers = values.astype(np.float64)
    if not np.isfinite(numbers).all():
        return False
    return kind in FLOATS or np.abs(numbers).max() <= LARGEST_INTEGER


FLOATS = {
    TensorProto.FLOAT,
    TensorProto.DOUBLE,
    TensorProto.FLOAT16,
    TensorProto.BFLOAT16,
}


def makes(length: int) -> bool:
    return 2 <= length <= LONGEST_AXIS


def rounded(values: np.ndarray, kind: int) -> np.ndarray:
    """With few enough bits for all layers to be exact; what is positive stays so."""
    numbers = values.astype(np.float64)
    if kind not in FLOATS:
        return numbers.astype(np.float32)
    largest = np.abs(numbers).max()
    if largest == 0:
        return numbers.astype(np.float32)
    step = 2.0 ** (np.ceil(np.log2(largest)) - BITS)
    result = np.round(numbers / step) * step
    result = np.where((numbers > 0) & (result <= 0), step, result)
    result = np.where((numbers < 0) & (result >= 0), -step, result)
    low, high = np.floor(numbers.min() / step) * step, np.ceil(numbers.max() / step) * step
    if numbers.max() <= 1 and numbers.min() >= -1:
        low, high = max(low, -1.0), min(high, 1.0)
    return np.clip(result, low, high).astype(np.float32)


@dataclass
class Maker:
    """Builds the layers in front of one operand."""

    net: Net
    #: Of the operand, for names.
    label: str
    random: np.random.Generator
    low: float
    high: float
    silence: Silence | None = None

    def weight(self, length: int, *, biased: bool) -> tuple[np.ndarray, np.ndarray | None]:
        """[inputs, outputs] and a bias: each output is 3/4 of its input, and 1/4 of another or of a number."""
        weight = np.eye(length, dtype=np.float32) * np.float32(0.75)
        bias = np.zeros(length, np.float32) if biased else None
        for output in range(length):
            if biased and self.random.random() < 0.5:
                bias[output] = np.float32(0.25) * self.random.choice([self.low, self.high])
            else:
                other = (output + 1 + self.random.integers(length - 1)) % length
                weight[other, output] += np.float32(0.25)
        if self.silence:
            silent = self.silence.of(length)
            weight[:, silent] = 0
            if bias is not None:
                bias[silent] = self.random.choice([self.low, self.high, 0], len(silent))
        return weight, bias

    def name(self, axis: int, what: str = "weight") -> str:
        return self.net.fresh(f"make/{self.label}/{axis}/{what}")

    # Each of these takes the operand's values under the name `x`, of shape `shape`, and makes `axis`.

    def product(self, x: str, shape: tuple[int, ...], axis: int) -> str:
        """MatMul along the last axis, whatever the rank."""
        net, rank = self.net, len(shape)
        weight, bias = self.weight(shape[axis], biased=self.random.random() < 0.3)
        y = net.moved(x, rank, axis, rank - 1)
        y = net.add("MatMul", [y, net.constant(self.name(axis), weight)])
        if bias is not None:
            y = net.add("Add", [y, net.constant(self.name(axis, "bias"), bias)])
        return net.moved(y, rank, rank - 1, axis)

    def left_product(self, x: str, shape: tuple[int, ...], axis: int) -> str:
        """MatMul with the constant at the left."""
        net, rank = self.net, len(shape)
        if rank < 2:
            return self.product(x, shape, axis)
        weight, _ = self.weight(shape[axis], biased=False)
        y = net.moved(x, rank, axis, rank - 2)
        y = net.add("MatMul", [net.constant(self.name(axis), weight.T), y])
        return net.moved(y, rank, rank - 2, axis)

    def gemm(self, x: str, shape: tuple[int, ...], axis: int) -> str:
        """Gemm on rows of all other axes."""
        net, rank = self.net, len(shape)
        weight, bias = self.weight(shape[axis], biased=True)
        others = [n for other, n in enumerate(shape) if other != axis]
        y = net.moved(x, rank, axis, rank - 1)
        if rank != 2:
            y = net.reshape(y, [-1, shape[axis]])
        transposed = bool(self.random.random() < 0.5)
        matrix = net.constant(self.name(axis), weight.T if transposed else weight)
        inputs = [y, matrix, net.constant(self.name(axis, "bias"), bias)]
        y = net.add("Gemm", inputs, transB=int(transposed))
        if rank != 2:
            y = net.reshape(y, [*others, shape[axis]])
        return net.moved(y, rank, rank - 1, axis)

    def convolution(self, x: str, shape: tuple[int, ...], axis: int) -> str:
        return self.convolved(x, shape, axis, transposed=False, depthwise=False)

    def transposed_convolution(self, x: str, shape: tuple[int, ...], axis: int) -> str:
        return self.convolved(x, shape, axis, transposed=True, depthwise=False)

    def depthwise_convolution(self, x: str, shape: tuple[int, ...], axis: int) -> str:
        return self.convolved(x, shape, axis, transposed=False, depthwise=True)

    def convolved(
        self, x: str, shape: tuple[int, ...], axis: int, *, transposed: bool, depthwise: bool
    ) -> str:
        """Convolutions of kernel 1; operands of fewer than three axes get some for the while."""
        net, rank, length = self.net, len(shape), shape[axis]
        weight, bias = self.weight(length, biased=self.random.random() < 0.7)
        if rank < 3:
            others = [n for other, n in enumerate(shape) if other != axis]
            y = net.moved(x, rank, axis, rank - 1)
            y = net.reshape(y, [*others, length, 1] if others else [1, length, 1])
            spatial = 1
        elif rank > 5:
            return self.product(x, shape, axis)
        else:
            y = net.moved(x, rank, axis, 1)
            spatial = rank - 2
        ones = (1,) * spatial
        kernel = weight if transposed else weight.T
        inputs = [y, net.constant(self.name(axis), kernel.reshape(length, length, *ones))]
        if bias is not None:
            inputs.append(net.constant(self.name(axis, "bias"), bias))
        y = net.add("ConvTranspose" if transposed else "Conv", inputs, kernel_shape=list(ones))
        if depthwise:
            scales = np.ones((length, 1, *ones), np.float32)
            y = net.add("Conv", [y, net.constant(self.name(axis, "each"), scales)], group=length)
        if rank < 3:
            y = net.reshape(y, [*[n for other, n in enumerate(shape) if other != axis], length])
            return net.moved(y, rank, rank - 1, axis)
        return net.moved(y, rank, 1, axis)

    def every_axis(self, x: str, shape: tuple[int, ...]) -> tuple[str, list[int]]:
        """Products along all axes, one after the other."""
        axes = [axis for axis, length in enumerate(shape) if makes(length)]
        for axis in axes:
            x = self.product(x, shape, axis)
        return x, axes


def embedding(net: Net, label: str, values: np.ndarray, axis: int) -> str:
    """The values as rows of a table, which are looked up one after the other."""
    rank = values.ndim
    last = np.moveaxis(values, axis, -1)
    places = np.arange(last[..., 0].size).reshape(last.shape[:-1])
    table = net.constant(net.fresh(f"make/{label}/{axis}/weight"), last.reshape(-1, last.shape[-1]))
    rows = net.input(f"rows/{label}", places.astype(np.int64))
    return net.moved(net.add("Gather", [table, rows]), rank, rank - 1, axis)


def as_kind(net: Net, x: str, kind: int) -> str:
    """What the layers give, in the operand's element type."""
    if kind == TensorProto.FLOAT:
        return x
    if kind == TensorProto.BOOL:
        threshold = net.constant(net.fresh("half"), np.float32(0.5))
        return net.add("Greater", [x, threshold])
    return net.cast(x, kind)


def is_exact(model: onnx.ModelProto) -> bool:
    """Whether no number of the model has fewer bits than a float."""
    small = {TensorProto.FLOAT16, TensorProto.BFLOAT16}
    types = {tensor.data_type for tensor in model.graph.initializer}
    types |= {
        attribute.i for node in model.graph.node for attribute in node.attribute if attribute.name == "to"
    }
    types |= {value.type.tensor_type.elem_type for value in model.graph.input}
    return not types & small
