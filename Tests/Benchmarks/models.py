"""Networks of any size for the benchmark, with random weights, by onnx.helper.

python Tests/Benchmarks/models.py resnet50 OUT.onnx
python Tests/Benchmarks/models.py megabytes:10 OUT.onnx     a chain of 20 convolutions of that size
python Tests/Benchmarks/models.py nodes:5000 OUT.onnx       residual blocks of 8 channels on one trunk
"""

from __future__ import annotations

import math
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper


class Graph:
    """Nodes and weights of a network with one image input and one output."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(0)
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def weight(self, name: str, values: np.ndarray) -> str:
        data = np.ascontiguousarray(values, np.float32).tobytes()
        self.weights.append(helper.make_tensor(name, TensorProto.FLOAT, values.shape, data, raw=True))
        return name

    def op(self, op_type: str, *inputs: str, **attributes: object) -> str:
        name = f"{op_type}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op_type, inputs, [f"{name}_out"], name=name, **attributes))
        return f"{name}_out"

    def conv(self, x: str, in_channels: int, out_channels: int, kernel: int, stride: int = 1) -> str:
        """Convolution and BatchNormalization."""
        name = f"layer{len(self.nodes)}"
        shape = (out_channels, in_channels, kernel, kernel)
        values = self.random.standard_normal(shape, np.float32) / math.sqrt(in_channels * kernel * kernel)
        pads = [kernel // 2] * 4
        x = self.op(
            "Conv", x, self.weight(f"{name}.weight", values),
            kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=pads,
        )  # fmt: skip
        parts = [
            self.weight(f"{name}.{part}", self.random.uniform(0.5, 1.5, out_channels).astype(np.float32))
            for part in ("scale", "bias", "mean", "var")
        ]
        return self.op("BatchNormalization", x, *parts)

    def save(self, x: str, channels: int, path: str, classes: int = 10) -> None:
        x = self.op("Flatten", self.op("GlobalAveragePool", x))
        weight = self.weight(
            "fc.weight", self.random.standard_normal((classes, channels), np.float32) / channels
        )
        self.nodes.append(helper.make_node("Gemm", [x, weight], ["logits"], name="fc", transB=1))
        image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, 224, 224])
        logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", classes])
        graph = helper.make_graph(self.nodes, "benchmark", [image], [logits], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        onnx.save(model, path)


def resnet50(path: str) -> None:
    """Bottleneck blocks 3, 4, 6, 3; 102 MB, as the original."""
    graph = Graph()
    x = graph.op("Relu", graph.conv("image", 3, 64, 7, 2))
    x = graph.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    channels = 64
    for stage, blocks in enumerate((3, 4, 6, 3)):
        width = 64 << stage
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            shortcut = x if block else graph.conv(x, channels, 4 * width, 1, stride)
            y = graph.op("Relu", graph.conv(x, channels, width, 1))
            y = graph.op("Relu", graph.conv(y, width, width, 3, stride))
            x = graph.op("Relu", graph.op("Add", graph.conv(y, width, 4 * width, 1), shortcut))
            channels = 4 * width
    graph.save(x, channels, path, classes=1000)


def chain(megabytes: float, path: str, layers: int = 20) -> None:
    """The same graph whatever the size: only the weights grow."""
    channels = round(math.sqrt(megabytes * 1e6 / 4 / 9 / (layers - 1)))
    graph = Graph()
    x = graph.op("Relu", graph.conv("image", 3, channels, 3, 4))
    for _ in range(layers - 1):
        x = graph.op("Relu", graph.conv(x, channels, channels, 3))
    graph.save(x, channels, path)


def deep(nodes: int, path: str) -> None:
    """Seven nodes a block, all on one residual trunk: one group of channels runs through the whole graph."""
    graph = Graph()
    x = graph.op("Relu", graph.conv("image", 3, 8, 3, 4))
    while len(graph.nodes) + 8 <= nodes:
        y = graph.op("Relu", graph.conv(x, 8, 8, 3))
        x = graph.op("Relu", graph.op("Add", graph.conv(y, 8, 8, 3), x))
    graph.save(x, 8, path)


def main(spec: str, path: str) -> None:
    kind, _, size = spec.partition(":")
    if kind == "resnet50":
        resnet50(path)
    elif kind == "megabytes":
        chain(float(size), path)
    elif kind == "nodes":
        deep(int(size), path)
    else:
        raise SystemExit(f"no network is called {spec}")


if __name__ == "__main__":
    main(*sys.argv[1:])
