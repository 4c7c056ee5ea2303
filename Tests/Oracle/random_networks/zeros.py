"""Filters that somebody trained to zero before, so that they go at rate 0 without a change of any output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import numpy_helper

if TYPE_CHECKING:
    from .assembly import Assembly


def zero_filters(net: Assembly) -> None:
    """Some filters of some layers; with or without what follows them, and sometimes what reads them."""
    tensors = {
        t.name: t
        for t in net.initializers
        if t.data_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE)
    }
    norms = {n.input[0]: n for n in net.nodes if n.op_type == "BatchNormalization"}
    for node in net.nodes:
        if node.op_type not in ("Conv", "Gemm") or node.input[1] not in tensors or net.chance(0.4):
            continue
        weight = tensors[node.input[1]]
        if node.op_type == "Gemm" and not any(a.name == "transB" and a.i for a in node.attribute):
            continue
        rows = np.flatnonzero(net.random.random(weight.dims[0]) < 0.3)
        zero(weight, rows)
        if net.chance(0.2):
            zero(weight, net.between(0, weight.dims[1] - 1), axis=1)
        following = list(node.input[2:3]) if net.chance(0.7) else []
        if node.output[0] in norms and net.chance(0.7):
            following += norms[node.output[0]].input[1:3]
        for name in following:
            if name in tensors and list(tensors[name].dims) == [weight.dims[0]]:
                zero(tensors[name], rows)


def zero(tensor: onnx.TensorProto, rows: object, axis: int = 0) -> None:
    values = numpy_helper.to_array(tensor).copy()
    values[(slice(None),) * axis + (rows,)] = 0
    tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
