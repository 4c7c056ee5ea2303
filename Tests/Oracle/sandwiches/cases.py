"""The fillings: one node, or a few, with operands for which the results are sensible."""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper
from onnx.backend.test.case.node import collect_testcases

#: Inputs that say what is to be done, by their names in ONNX's schemas: they stay as they are.
PARAMETERS = frozenset(
    "shape axes axis K k pads sizes scales roi repeats starts ends steps split depth size image_shape block_shape"
    " output_shape M cond trip_count max_output_boxes_per_class position frame_step frame_length dft_length"
    " num_mel_bins sample_rate start limit delta ratio training_mode T max_trip_count".split()
)


#: Larger integers are not exact behind two layers.
LARGEST_INTEGER = 1 << 14
SMALL_PRIME = 97


@dataclass(frozen=True)
class Operand:
    """An input of the filling with its value."""

    name: str
    value: np.ndarray
    #: Of `onnx.TensorProto`.
    kind: int
    is_parameter: bool


@dataclass(frozen=True)
class Case:
    name: str
    #: The operator that it tries, with its domain where that is not ONNX's own.
    operator: str
    nodes: tuple[onnx.NodeProto, ...]
    operands: tuple[Operand, ...]
    outputs: tuple[onnx.ValueInfoProto, ...]
    opsets: dict[str, int]
    ir_version: int = 10
    functions: tuple[onnx.FunctionProto, ...] = ()
    initializers: tuple[onnx.TensorProto, ...] = ()

    @property
    def opset(self) -> int:
        return self.opsets[""]


@dataclass(frozen=True)
class Left:
    """A node model that is not tried, and why."""

    name: str
    reason: str


@functools.cache
def backend() -> tuple[list[Case], list[Left]]:
    """ONNX's own node models, by name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # their reference results overflow on purpose
        tests = collect_testcases(None)
    cases, left = [], []
    for test in sorted(tests, key=lambda test: test.name):
        made = convert(test)
        (cases if isinstance(made, Case) else left).append(made)
    return cases, left


def convert(test: object) -> Case | Left:
    graph = test.model.graph
    opsets = {o.domain: o.version for o in test.model.opset_import}
    # Before opset 7 nothing is broadcast as it is today; no node model of so old a set has changed until then.
    opsets[""] = max(opsets.get("", 13), 7)
    values = test.data_sets[0][0]
    parameters = {
        name
        for node in graph.node
        for name, formal in zip(node.input, formal_inputs(node, opsets), strict=False)
        if formal in PARAMETERS
    }
    operands = []
    for info, value in zip(graph.input, values, strict=False):
        if isinstance(value, onnx.TensorProto):
            value = onnx.numpy_helper.to_array(value)
        if info.type.WhichOneof("value") != "tensor_type" or not isinstance(value, np.ndarray | np.generic):
            return Left(test.name, "operands that are no tensors")
        kind = info.type.tensor_type.elem_type
        if kind == onnx.TensorProto.STRING:
            return Left(test.name, "operands that are text")
        is_parameter = info.name in parameters | PARAMETERS
        operands.append(Operand(info.name, within_reach(np.asarray(value)), kind, is_parameter))
    if len(operands) != len(graph.input):
        return Left(test.name, "operands without a value")
    outputs = []
    for info in graph.output:
        bare = onnx.ValueInfoProto.FromString(info.SerializeToString())
        if bare.type.HasField("tensor_type"):
            bare.type.tensor_type.ClearField("shape")
        outputs.append(bare)
    return Case(
        test.name,
        operator(test.name, graph),
        tuple(graph.node),
        tuple(operands),
        tuple(outputs),
        opsets,
        test.model.ir_version,
        tuple(test.model.functions),
        tuple(graph.initializer),
    )


def within_reach(value: np.ndarray) -> np.ndarray:
    """Integers of all their bits, of which single precision holds few, become smaller ones."""
    if (
        value.dtype.kind in "iu"
        and value.size
        and max(abs(int(value.max())), abs(int(value.min()))) > LARGEST_INTEGER
    ):
        return (value % np.array(SMALL_PRIME, value.dtype)).astype(value.dtype)
    return value


def formal_inputs(node: onnx.NodeProto, opsets: dict[str, int]) -> Sequence[str]:
    try:
        schema = onnx.defs.get_schema(node.op_type, opsets.get(node.domain, 1), node.domain)
    except onnx.defs.SchemaError:
        return ()
    names = [formal.name for formal in schema.inputs]
    if schema.inputs and schema.inputs[-1].option == onnx.defs.OpSchema.FormalParameterOption.Variadic:
        names += names[-1:] * len(node.input)
    return names


def operator(name: str, graph: onnx.GraphProto) -> str:
    """The node model's operator; of one that is written out as others, the words that it is called by."""
    if re.search(r"_expanded(_ver\d+)?$", name):
        return "written out as others"
    first, *others = graph.node
    operators = [
        n for n in (first, *others) if n.op_type not in ("Constant", "SequenceConstruct", "Optional")
    ]
    chosen = operators[-1] if operators else first
    return qualified(chosen.op_type, chosen.domain)


def qualified(name: str, domain: str) -> str:
    return name if domain in ("", "ai.onnx") else f"{domain}.{name}"


def single(
    name: str,
    op: str,
    inputs: dict[str, np.ndarray],
    outputs: Sequence[int],
    *,
    domain: str = "",
    opset: int = 17,
    parameters: Sequence[str] = (),
    omitted: Sequence[int] = (),
    **attributes: object,
) -> Case:
    """A case of one node that is written down here; `outputs` has their element types, 0 for one left out.

    `omitted` has the places of inputs that are left out.
    """
    operands = tuple(
        Operand(
            key, value, helper.np_dtype_to_tensor_dtype(value.dtype), key in parameters or key in PARAMETERS
        )
        for key, value in inputs.items()
    )
    names = list(inputs)
    for place in omitted:
        names.insert(place, "")
    results = [f"result{i}" if kind else "" for i, kind in enumerate(outputs)]
    node = helper.make_node(op, names, results, domain=domain, **attributes)
    infos = tuple(
        helper.make_tensor_value_info(result, kind, None)
        for result, kind in zip(results, outputs, strict=True)
        if kind
    )
    opsets = {"": opset} | ({domain: 1} if domain else {})
    return Case(name, qualified(op, domain), (node,), operands, infos, opsets, 8 if opset >= 13 else 7)
