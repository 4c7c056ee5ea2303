"""Runs networks in double precision, in ONNX's reference implementation: slow, and free of rounding that matters.

Deep networks of trained weights can make 1e-4 of a last bit, so that two orders of summation are that far apart. In
double precision the same two networks agree to 1e-10, or one of them is wrong.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper
from onnx.reference import ReferenceEvaluator

import equality


def in_double(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy with every float32 of the network, stored or computed, made a double."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    widen_graph(model.graph)
    for value in [*model.graph.input, *model.graph.output]:
        if value.type.tensor_type.elem_type == TensorProto.FLOAT:
            value.type.tensor_type.elem_type = TensorProto.DOUBLE
    return model


def widen_graph(graph: onnx.GraphProto) -> None:
    for tensor in graph.initializer:
        widen(tensor)
    del graph.value_info[:]
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                widen(attribute.t)
            if attribute.HasField("g"):
                widen_graph(attribute.g)
            if node.op_type == "Cast" and attribute.name == "to" and attribute.i == TensorProto.FLOAT:
                attribute.i = TensorProto.DOUBLE


def widen(tensor: onnx.TensorProto) -> None:
    if tensor.data_type == TensorProto.FLOAT:
        values = numpy_helper.to_array(tensor).astype(np.float64)
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))


def distance(first: onnx.ModelProto, second: onnx.ModelProto, feeds: dict) -> float:
    """The largest over all outputs, relative to an output's largest magnitude."""
    feeds = {k: v.astype(np.float64) if v.dtype == np.float32 else v for k, v in feeds.items()}
    results = [ReferenceEvaluator(in_double(model)).run(None, feeds) for model in (first, second)]
    return max((equality.distance(x, y) for x, y in zip(*results, strict=True)), default=0.0)
