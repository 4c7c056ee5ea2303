"""Operators whose form changed from opset to opset, written as the network's opset wants them."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

import numpy as np
import onnx
from onnx import helper

from networks import FIXTURES


def fixtures_builder() -> type:
    """The fixtures' Network; its package is called `networks` as well, so it is loaded by its path."""
    path = FIXTURES / "networks" / "builder.py"
    spec = importlib.util.spec_from_file_location("fixtures_builder", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Network


class Forms(fixtures_builder()):
    """A graph in the making whose methods hide the opset."""

    def __init__(self, seed: int, *, opset: int = 17, dtype: type = np.float32) -> None:
        super().__init__(seed, opset=opset, dtype=dtype)
        self.count = 0
        #: Constants become Constant nodes instead of initializers.
        self.constant_nodes = False

    def fresh(self, stem: str) -> str:
        self.count += 1
        return f"{stem}_{self.count}"

    def constant(self, name: str, value: object, dtype: type | None = None) -> str:
        super().constant(name, value, dtype)
        if self.constant_nodes:
            tensor = self.initializers.pop()
            self.nodes.append(helper.make_node("Constant", [], [name], name=f"{name}/Constant", value=tensor))
        return name

    def shape_constant(self, values: object) -> str:
        """Whole numbers: axes, sizes, indices."""
        return self.constant(self.fresh("const"), np.asarray(values, np.int64))

    def op(self, op_type: str, *inputs: str, output: str = "", domain: str = "", **attributes: object) -> str:
        output = output or self.fresh(op_type.lower())
        return self.many(op_type, inputs, [output], domain=domain, **attributes)[0]

    def many(
        self,
        op_type: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        *,
        domain: str = "",
        **attributes: object,
    ) -> list[str]:
        name = f"{op_type}.{outputs[0]}"
        node = helper.make_node(op_type, list(inputs), list(outputs), name=name, domain=domain, **attributes)
        self.nodes.append(node)
        return list(outputs)

    # Shapes

    def reshape(self, x: str, shape: Sequence[int]) -> str:
        return self.op("Reshape", x, self.shape_constant(shape))

    def squeeze(self, x: str, axes: Sequence[int]) -> str:
        return self.with_axes("Squeeze", x, axes, since=13)

    def unsqueeze(self, x: str, axes: Sequence[int]) -> str:
        return self.with_axes("Unsqueeze", x, axes, since=13)

    def reduce(self, op_type: str, x: str, axes: Sequence[int], keepdims: int = 1) -> str:
        since = 13 if op_type == "ReduceSum" else 18
        return self.with_axes(op_type, x, axes, since=since, keepdims=keepdims)

    def with_axes(self, op_type: str, x: str, axes: Sequence[int], since: int, **attributes: object) -> str:
        """Axes are an input since some opset, and an attribute before."""
        if self.opset >= since:
            return self.op(op_type, x, self.shape_constant(list(axes)), **attributes)
        return self.op(op_type, x, axes=list(axes), **attributes)

    def slice(self, x: str, axis: int, start: int, end: int, step: int = 1) -> str:
        if self.opset < 10:
            return self.op("Slice", x, axes=[axis], starts=[start], ends=[end])
        inputs = [x, *(self.shape_constant([v]) for v in (start, end, axis))]
        if step != 1:
            inputs.append(self.shape_constant([step]))
        return self.op("Slice", *inputs)

    def split(self, x: str, axis: int, sizes: Sequence[int]) -> list[str]:
        outputs = [self.fresh("split") for _ in sizes]
        equal = len(set(sizes)) == 1
        largest = -(-sum(sizes) // len(sizes))
        uneven = self.opset >= 18 and all(s == largest for s in sizes[:-1])
        if (equal or uneven) and self.random.random() < 0.4:
            extra = {"num_outputs": len(sizes)} if self.opset >= 18 else {}
            return self.many("Split", [x], outputs, axis=axis, **extra)
        if self.opset < 13:
            return self.many("Split", [x], outputs, axis=axis, split=list(sizes))
        return self.many("Split", [x, self.shape_constant(list(sizes))], outputs, axis=axis)

    def pad(self, x: str, pads: Sequence[int], mode: str = "constant", value: float = 0.0) -> str:
        if self.opset < 11:
            return self.op("Pad", x, pads=list(pads), mode=mode, value=value)
        inputs = [x, self.shape_constant(list(pads))]
        if value:
            inputs.append(self.constant(self.fresh("fill"), value))
        return self.op("Pad", *inputs, mode=mode)

    def clip(self, x: str, low: float, high: float) -> str:
        if self.opset < 11:
            return self.op("Clip", x, min=float(low), max=float(high))
        bounds = (self.constant(self.fresh("bound"), float(v)) for v in (low, high))
        return self.op("Clip", x, *bounds)

    def dropout(self, x: str) -> str:
        if self.opset < 12:
            return self.op("Dropout", x, ratio=0.3)
        return self.op("Dropout", x, self.constant(self.fresh("ratio"), 0.3))

    def upsample(self, x: str, scales: Sequence[float], mode: str = "nearest") -> str:
        """Upsample of 7 and 9, Resize of 10, 11 and later."""
        if self.opset < 9:
            return self.op("Upsample", x, scales=[float(s) for s in scales], mode=mode)
        factors = self.constant(self.fresh("scales"), np.asarray(scales, np.float32))
        if self.opset < 11:
            return self.op("Upsample" if self.opset == 9 else "Resize", x, factors, mode=mode)
        roi = "" if self.opset >= 13 else self.constant(self.fresh("roi"), np.zeros(0, np.float32))
        extra = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        return self.op("Resize", x, roi, factors, mode=mode, **(extra if mode == "nearest" else {}))

    def model(self) -> onnx.ModelProto:
        graph = helper.make_graph(self.nodes, "random", self.inputs, self.outputs, self.initializers)
        opsets = [helper.make_opsetid("", self.opset)]
        opsets += [helper.make_opsetid(domain, version) for domain, version in self.domains.items()]
        model = helper.make_model(
            graph, opset_imports=opsets, producer_name="random networks", functions=self.functions
        )
        released = helper.OP_SET_ID_VERSION_MAP["ai.onnx", self.opset]
        # Before IR 4 every initializer has to be an input too, and functions came with IR 8.
        model.ir_version = max(released, 8 if self.functions else 4)
        return model
