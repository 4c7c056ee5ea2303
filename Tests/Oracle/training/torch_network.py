"""An ONNX graph, node by node, in PyTorch: what training is compared with.

Written from ONNX's operator pages and nothing of ours. BatchNormalization normalises by the batch and brings its
running statistics forward as `torch.nn.BatchNorm2d` does, whatever the node says. An operator that is not known is an
error, never skipped.
"""

from __future__ import annotations

from typing import Callable

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper


class TorchNetwork:
    """Runs a graph with one input. `parameters` are those initializers that are named as trained."""

    def __init__(self, path: str, trained: set[str], dtype: torch.dtype = torch.float32, channels_last: bool = False):
        model = onnx.load(path)
        self.graph = model.graph
        self.dtype = dtype
        self.channels_last = channels_last
        self.constants: dict[str, torch.Tensor] = {}
        self.parameters: dict[str, torch.Tensor] = {}
        for initializer in self.graph.initializer:
            tensor = self._tensor(numpy_helper.to_array(initializer))
            if initializer.name in trained:
                self.parameters[initializer.name] = tensor.requires_grad_()
            else:
                self.constants[initializer.name] = tensor
        missing = trained - self.parameters.keys()
        if missing:
            raise ValueError(f"no initializers: {sorted(missing)}")
        known = {i.name for i in self.graph.initializer}
        (self.input,) = [i.name for i in self.graph.input if i.name not in known]
        self.output = self.graph.output[0].name
        self.steps = [(n, getattr(Operators, n.op_type), attributes(n)) for n in self.graph.node]
        self._fold()

    def _tensor(self, array: np.ndarray) -> torch.Tensor:
        tensor = torch.from_numpy(np.array(array))
        if not tensor.is_floating_point():
            return tensor
        tensor = tensor.to(self.dtype)
        if self.channels_last and tensor.dim() == 4:
            tensor = tensor.contiguous(memory_format=torch.channels_last)
        return tensor

    def _fold(self) -> None:
        """What depends on constants alone is computed once, as an exporter would have done."""
        open_steps = []
        for step in self.steps:
            node = step[0]
            if all(not name or name in self.constants for name in node.input) and node.op_type != "BatchNormalization":
                with torch.no_grad():
                    self._run(step, self.constants)
            else:
                open_steps.append(step)
        self.steps = open_steps

    def _run(self, step: tuple, values: dict[str, torch.Tensor]) -> None:
        node, function, attrs = step
        try:
            result = function(attrs, *(values[name] if name else None for name in node.input))
        except Exception as error:
            raise RuntimeError(f"{node.op_type} '{node.name}': {error}") from error
        if isinstance(result, np.ndarray):
            result = self._tensor(result)
        for name, value in zip(node.output, result if isinstance(result, (tuple, list)) else [result]):
            values[name] = value

    def __call__(self, samples: torch.Tensor) -> torch.Tensor:
        values = {**self.constants, **self.parameters}
        samples = samples.to(self.dtype)
        if self.channels_last:
            samples = samples.contiguous(memory_format=torch.channels_last)
        values[self.input] = samples
        for step in self.steps:
            self._run(step, values)
        return values[self.output]


def attributes(node: onnx.NodeProto) -> dict:
    result = {}
    for attribute in node.attribute:
        value = onnx.helper.get_attribute_value(attribute)
        result[attribute.name] = value.decode() if isinstance(value, bytes) else value
    return result


def padded(x: torch.Tensor, pads: list[int], value: float = 0.0) -> torch.Tensor:
    """ONNX's order is all begins, then all ends, first axis first; PyTorch's is pairs, last axis first."""
    axes = len(pads) // 2
    pairs = [p for axis in reversed(range(axes)) for p in (pads[axis], pads[axis + axes])]
    return F.pad(x, pairs, value=value) if any(pairs) else x


def window_pads(attrs: dict, axes: int) -> tuple[int | list[int], list[int]]:
    """What the operation pads itself (where both ends are alike), and what has to be padded before."""
    if attrs.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise NotImplementedError("auto_pad")
    pads = list(attrs.get("pads", [0] * 2 * axes))
    return (pads[:axes], []) if pads[:axes] == pads[axes:] else ([0] * axes, pads)


def unary(function: Callable) -> staticmethod:
    return staticmethod(lambda attrs, x: function(x))


def binary(function: Callable) -> staticmethod:
    return staticmethod(lambda attrs, a, b: function(a, b))


class Operators:
    """One function an operator: attributes, then the operands."""

    Relu = unary(torch.relu)
    Sigmoid = unary(torch.sigmoid)
    Tanh = unary(torch.tanh)
    Identity = unary(lambda x: x)
    HardSwish = unary(F.hardswish)
    Add = binary(torch.add)
    Sub = binary(torch.sub)
    Mul = binary(torch.mul)
    Div = binary(lambda a, b: torch.div(a, b, rounding_mode=None if a.is_floating_point() else "trunc"))
    Pow = binary(torch.pow)
    Sqrt = unary(torch.sqrt)
    Erf = unary(torch.erf)
    MatMul = binary(torch.matmul)

    def Constant(attrs):
        return np.array(numpy_helper.to_array(attrs["value"]))

    def Conv(attrs, x, w, b=None):
        axes = w.dim() - 2
        pads, before = window_pads(attrs, axes)
        convolve = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[axes]
        strides, dilations = attrs.get("strides", [1] * axes), attrs.get("dilations", [1] * axes)
        return convolve(padded(x, before), w, b, strides, pads, dilations, attrs.get("group", 1))

    def ConvTranspose(attrs, x, w, b=None):
        axes = w.dim() - 2
        if "output_shape" in attrs or attrs.get("auto_pad", "NOTSET") != "NOTSET":
            raise NotImplementedError("a form of ConvTranspose")
        pads = attrs.get("pads", [0] * 2 * axes)
        if pads[:axes] != pads[axes:]:
            raise NotImplementedError("ConvTranspose with pads that differ")
        convolve = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}[axes]
        strides, dilations = attrs.get("strides", [1] * axes), attrs.get("dilations", [1] * axes)
        extra = attrs.get("output_padding", [0] * axes)
        return convolve(x, w, b, strides, pads[:axes], extra, attrs.get("group", 1), dilations)

    def LayerNormalization(attrs, x, scale, shift=None):
        axis = attrs.get("axis", -1) % x.dim()
        return F.layer_norm(x, x.shape[axis:], scale, shift, attrs.get("epsilon", 1e-5))

    def BatchNormalization(attrs, x, scale, shift, mean, variance):
        # PyTorch's momentum is the share of what is new.
        return F.batch_norm(
            x, mean, variance, scale, shift, True, 1 - attrs.get("momentum", 0.9), attrs.get("epsilon", 1e-5)
        )

    def Gemm(attrs, a, b, c=None):
        a = a.T if attrs.get("transA") else a
        b = b.T if attrs.get("transB") else b
        y = attrs.get("alpha", 1.0) * (a @ b)
        return y if c is None else y + attrs.get("beta", 1.0) * c

    def AveragePool(attrs, x):
        axes = x.dim() - 2
        pads, before = window_pads(attrs, axes)
        if before or attrs.get("ceil_mode") or any(d != 1 for d in attrs.get("dilations", [])):
            raise NotImplementedError("a form of AveragePool")
        counts = bool(attrs.get("count_include_pad", 0))
        strides = attrs.get("strides", [1] * axes)
        return F.avg_pool2d(x, attrs["kernel_shape"], strides, pads, count_include_pad=counts)

    def MaxPool(attrs, x):
        axes = x.dim() - 2
        pads, before = window_pads(attrs, axes)
        x = padded(x, before, float("-inf"))
        dilations = attrs.get("dilations", [1] * axes)
        strides = attrs.get("strides", [1] * axes)
        return F.max_pool2d(x, attrs["kernel_shape"], strides, pads, dilations, bool(attrs.get("ceil_mode")))

    def GlobalAveragePool(attrs, x):
        return x.mean(dim=tuple(range(2, x.dim())), keepdim=True)

    def ReduceMean(attrs, x, axes=None):
        axes = attrs.get("axes") if axes is None else axes.tolist()
        return x.mean(dim=tuple(axes), keepdim=bool(attrs.get("keepdims", 1)))

    def Clip(attrs, x, low=None, high=None):
        low = attrs.get("min") if low is None else low.item()
        high = attrs.get("max") if high is None else high.item()
        return torch.clamp(x, low, high)

    def HardSigmoid(attrs, x):
        return torch.clamp(attrs.get("alpha", 0.2) * x + attrs.get("beta", 0.5), 0, 1)

    def Concat(attrs, *operands):
        return torch.cat(operands, attrs["axis"])

    def Flatten(attrs, x):
        axis = attrs.get("axis", 1) % (x.dim() + 1)
        return x.reshape(int(np.prod(x.shape[:axis])), -1)

    def Reshape(attrs, x, shape):
        lengths = [x.shape[i] if n == 0 else n for i, n in enumerate(shape.tolist())]
        return x.reshape(lengths)

    def Transpose(attrs, x):
        return x.permute(attrs.get("perm", list(reversed(range(x.dim())))))

    def Unsqueeze(attrs, x, axes=None):
        axes = attrs["axes"] if axes is None else axes.tolist()
        for axis in sorted(a % (x.dim() + len(axes)) for a in axes):
            x = x.unsqueeze(axis)
        return x

    def Squeeze(attrs, x, axes=None):
        axes = attrs.get("axes") if axes is None else axes.tolist()
        return x.squeeze(tuple(axes)) if axes is not None else x.squeeze()

    def Expand(attrs, x, shape):
        return x * torch.ones(shape.tolist(), dtype=x.dtype)

    def Shape(attrs, x):
        return torch.tensor(list(x.shape)[attrs.get("start", 0) : attrs.get("end")])

    def Gather(attrs, x, indices):
        axis = attrs.get("axis", 0)
        picked = x.index_select(axis, indices.reshape(-1) % x.shape[axis])
        return picked.reshape(list(x.shape[:axis]) + list(indices.shape) + list(x.shape[axis + 1 :]))

    def Cast(attrs, x):
        if x.is_floating_point():
            raise NotImplementedError("a cast of floats")
        return x.to({onnx.TensorProto.INT64: torch.int64, onnx.TensorProto.INT32: torch.int32}[attrs["to"]])

    def ConstantOfShape(attrs, shape):
        value = numpy_helper.to_array(attrs["value"]) if "value" in attrs else np.zeros(1, np.float32)
        return np.full(shape.tolist(), value.reshape(-1)[0])

    def Pad(attrs, x, pads=None, value=None, axes=None):
        if attrs.get("mode", "constant") != "constant" or axes is not None:
            raise NotImplementedError("a form of Pad")
        pads = attrs["pads"] if pads is None else pads.tolist()
        return padded(x, pads, 0.0 if value is None else value.item())

    def Slice(attrs, x, starts, ends, axes=None, steps=None):
        starts, ends = starts.tolist(), ends.tolist()
        axes = list(range(len(starts))) if axes is None else axes.tolist()
        steps = [1] * len(starts) if steps is None else steps.tolist()
        for axis, start, end, step in zip(axes, starts, ends, steps):
            # ONNX's rule is Python's, once the ends are brought into range.
            chosen = range(x.shape[axis])[slice(start, None if step < 0 and end < -x.shape[axis] else end, step)]
            if step > 0:
                bounds = [slice(None)] * x.dim()
                bounds[axis] = slice(chosen.start, chosen.stop, chosen.step)
                x = x[tuple(bounds)]
            else:
                x = x.index_select(axis, torch.tensor(list(chosen), dtype=torch.int64))
        return x
