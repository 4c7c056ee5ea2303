"""A network under construction: nodes, constants, inputs with the values that they are fed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Net:
    """Names have a slash, which no node model of ONNX's has: they never meet the filling's own."""

    def __init__(self, opset: int) -> None:
        self.opset = opset
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.feeds: dict[str, np.ndarray] = {}
        self.count = 0

    def fresh(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}/{self.count}"

    def constant(self, name: str, values: np.ndarray) -> str:
        self.initializers.append(numpy_helper.from_array(np.asarray(values, order="C"), name))
        return name

    def integers(self, values: Iterable[int]) -> str:
        return self.constant(self.fresh("numbers"), np.array(list(values), np.int64))

    def input(
        self, name: str, values: np.ndarray, kind: int | None = None, open_axes: Sequence[int] = ()
    ) -> str:
        """`open_axes` get no length in the file, but a name."""
        kind = kind or helper.np_dtype_to_tensor_dtype(values.dtype)
        shape = [f"{name}.{axis}" if axis in open_axes else n for axis, n in enumerate(values.shape)]
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        self.feeds[name] = values
        return name

    def add(self, op: str, inputs: Sequence[str], **attributes: object) -> str:
        (output,) = self.add_all(op, inputs, 1, **attributes)
        return output

    def add_all(self, op: str, inputs: Sequence[str], count: int, **attributes: object) -> list[str]:
        name = self.fresh(op)
        outputs = [f"{name}:{i}" for i in range(count)]
        self.nodes.append(helper.make_node(op, inputs, outputs, name=name, **attributes))
        return outputs

    def transpose(self, x: str, order: Sequence[int]) -> str:
        return x if list(order) == sorted(order) else self.add("Transpose", [x], perm=list(order))

    def moved(self, x: str, rank: int, source: int, target: int) -> str:
        """Axis `source` goes to place `target`; the others keep their order."""
        return self.transpose(x, moving(rank, source, target))

    def reshape(self, x: str, shape: Sequence[int]) -> str:
        return self.add("Reshape", [x, self.integers(shape)])

    def cast(self, x: str, kind: int) -> str:
        return self.add("Cast", [x], to=kind)

    def model(
        self,
        outputs: Sequence[onnx.ValueInfoProto],
        opsets: dict[str, int],
        ir_version: int,
        functions: Sequence[onnx.FunctionProto] = (),
    ) -> onnx.ModelProto:
        graph = helper.make_graph(self.nodes, "sandwich", self.inputs, outputs, self.initializers)
        imports = [helper.make_opsetid(domain, version) for domain, version in opsets.items()]
        return helper.make_model(
            graph,
            opset_imports=imports,
            ir_version=ir_version,
            functions=functions,
            producer_name="sandwiches",
        )


def moving(rank: int, source: int, target: int) -> list[int]:
    """The order of axes that puts `source` at `target`."""
    order = [axis for axis in range(rank) if axis != source]
    order.insert(target, source)
    return order


def plain_output(
    name: str, shape: Sequence[int] | None = None, kind: int = TensorProto.FLOAT
) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)
