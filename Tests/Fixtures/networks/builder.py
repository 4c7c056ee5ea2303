"""A few lines of Python per network: nodes, random weights and the ModelProto around them, by onnx.helper."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Shape = Sequence[int | str]

#: The IR version that came with each opset. With opset 7 it was IR 3, where initializers must be inputs too;
#: one fixture, of opset 8, is about that.
IR_VERSIONS = {7: 4, 8: 3, 9: 4, 10: 5, 11: 6, 12: 7, 13: 7, 14: 7, 15: 8, 16: 8, 17: 8, 18: 8, 20: 9, 21: 10, 23: 11}


class Network:
    """A graph in the making. Methods that add a node return the name of its output."""

    def __init__(self, seed: int, *, opset: int = 17, dtype: type = np.float32) -> None:
        self.random = np.random.default_rng(seed)
        self.opset = opset
        self.dtype = dtype
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []
        self.functions: list[onnx.FunctionProto] = []
        self.domains: dict[str, int] = {}

    # Ends of the graph

    def input(self, shape: Shape, name: str = "image", dtype: type | None = None) -> str:
        self.inputs.append(helper.make_tensor_value_info(name, element_type(dtype or self.dtype), shape))
        return name

    def output(self, value: str, shape: Shape, dtype: type | None = None) -> None:
        self.outputs.append(helper.make_tensor_value_info(value, element_type(dtype or self.dtype), shape))

    # Constants

    def constant(self, name: str, value: object, dtype: type | None = None) -> str:
        """An initializer; floating-point values take the network's type, whole numbers are int64."""
        array = np.asarray(value)
        if dtype is None:
            dtype = self.dtype if array.dtype.kind == "f" else np.int64 if array.dtype.kind == "i" else None
        self.initializers.append(numpy_helper.from_array(np.array(array, dtype=dtype, order="C"), name))
        return name

    def weight(self, name: str, shape: Sequence[int], fan_in: int | None = None) -> str:
        """Normal values that keep the variance of what flows through (He)."""
        fan_in = fan_in or math.prod(shape[1:])
        return self.constant(name, self.random.standard_normal(shape) * math.sqrt(2 / fan_in))

    def uniform(self, name: str, shape: Sequence[int], low: float = 0.5, high: float = 1.5) -> str:
        return self.constant(name, self.random.uniform(low, high, shape))

    def normal(self, name: str, shape: Sequence[int], scale: float = 0.5) -> str:
        return self.constant(name, self.random.standard_normal(shape) * scale)

    # Nodes

    def op(self, op_type: str, *inputs: str, output: str = "", domain: str = "", **attributes: object) -> str:
        output = output or f"{op_type.lower()}_{len(self.nodes)}"
        self.many(op_type, inputs, [output], domain=domain, **attributes)
        return output

    def many(
        self,
        op_type: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        *,
        domain: str = "",
        **attributes: object,
    ) -> list[str]:
        name = f"{op_type}_{len(self.nodes)}"
        node = helper.make_node(op_type, list(inputs), list(outputs), name=name, domain=domain, **attributes)
        self.nodes.append(node)
        return list(outputs)

    def conv(
        self,
        x: str,
        name: str,
        in_channels: int,
        out_channels: int,
        kernel: int = 3,
        *,
        bias: bool = True,
        group: int = 1,
        rank: int = 2,
        padded: bool = True,
        **attributes: object,
    ) -> str:
        """Conv with square kernel; `padded` keeps the map's size at stride 1."""
        inputs = [x, self.weight(f"{name}.weight", [out_channels, in_channels // group] + [kernel] * rank)]
        if bias:
            inputs.append(self.normal(f"{name}.bias", [out_channels], 0.2))
        if "auto_pad" not in attributes and "pads" not in attributes:
            attributes["pads"] = [kernel // 2 if padded else 0] * (2 * rank)
        if group != 1:
            attributes["group"] = group
        return self.op("Conv", *inputs, output=name, kernel_shape=[kernel] * rank, **attributes)

    def batch_norm(self, x: str, name: str, channels: int, **attributes: object) -> str:
        """BatchNormalization whose every statistic matters."""
        scale = self.uniform(f"{name}.scale", [channels])
        bias = self.normal(f"{name}.bias", [channels])
        mean = self.normal(f"{name}.mean", [channels])
        variance = self.uniform(f"{name}.var", [channels])
        return self.op(
            "BatchNormalization", x, scale, bias, mean, variance, output=name, epsilon=1e-5, **attributes
        )

    def gemm(self, x: str, name: str, in_features: int, out_features: int, **attributes: object) -> str:
        """Gemm as PyTorch writes a linear layer: weight [out, in], transB = 1."""
        weight = self.weight(f"{name}.weight", [out_features, in_features])
        bias = self.normal(f"{name}.bias", [out_features], 0.2)
        return self.op("Gemm", x, weight, bias, output=name, transB=1, **attributes)

    def relu(self, x: str) -> str:
        return self.op("Relu", x)

    def conv_relu(
        self, x: str, name: str, in_channels: int, out_channels: int, kernel: int = 3, **kw: object
    ) -> str:
        return self.relu(self.conv(x, name, in_channels, out_channels, kernel, **kw))

    def head(self, x: str, channels: int, classes: int = 5) -> None:
        """Global average pool and a linear layer to the output `logits`."""
        pooled = self.op("Flatten", self.op("GlobalAveragePool", x), axis=1)
        self.output(self.gemm(pooled, "logits", channels, classes), ["batch", classes])

    def model(self) -> onnx.ModelProto:
        graph = helper.make_graph(self.nodes, "fixture", self.inputs, self.outputs, self.initializers)
        opsets = [helper.make_opsetid("", self.opset)]
        opsets += [helper.make_opsetid(domain, version) for domain, version in self.domains.items()]
        model = helper.make_model(
            graph, opset_imports=opsets, producer_name="onnx.helper", functions=self.functions
        )
        model.ir_version = IR_VERSIONS[self.opset]
        return model


def element_type(dtype: type) -> int:
    return TensorProto.STRING if dtype is str else helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
