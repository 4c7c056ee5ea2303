"""The network that a plan speaks of: the input with the consumers' slots of all removed channels set to zero.

    python Tests/Oracle/zeroed.py in.onnx plan.json zeroed.onnx

By the plan's definition the compiled network must compute the same as this one. Nothing is shared with the
compiler: the plan names tensors, axes and positions, and those are zeroed here by NumPy. What the graph computes from
constants is multiplied with zeros and ones behind the node that computes it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator


@dataclass
class Constant:
    """A tensor with a name, wherever the model holds it, or computes it from constants."""

    values: np.ndarray
    replace: Callable[[np.ndarray], None]
    #: What counts as zero: the zero point where the values are quantized.
    zero: np.ndarray | int = 0


def zeroed(model: onnx.ModelProto, plan: dict) -> onnx.ModelProto:
    """A copy of `model`, in which no consumer reads what `plan` removes."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    constants = tensors(model, plan)
    for group in plan["groups"]:
        for member in group["members"]:
            if member["role"] != "consumer":
                continue
            positions = [p for channel in group["removed"] for p in member["slots"][channel]]
            if not positions:
                continue
            constant = constants.get(member["tensor"])
            if constant is None:
                raise KeyError(f"the plan names '{member['tensor']}', which is no constant of the model")
            place = [slice(None)] * constant.values.ndim
            place[member["axis"]] = positions
            values = constant.values.copy()
            values[tuple(place)] = np.broadcast_to(constant.zero, values.shape)[tuple(place)]
            constant.values = values
            constant.replace(values)
    return model


def tensors(model: onnx.ModelProto, plan: dict) -> dict[str, Constant]:
    """The constants of a model by name, and what it computes from constants, as far as the plan names it."""
    constants = dict(named_constants(model.graph))
    missing = {member["tensor"] for group in plan["groups"] for member in group["members"]} - constants.keys()
    if missing:
        scopes = [(model.graph, {})]
        constants.update(computed(model, missing, scopes, names_of(model.graph)))
    return constants


Scopes = list[tuple[onnx.GraphProto, dict[str, str]]]


def computed(
    model: onnx.ModelProto, wanted: set[str], scopes: Scopes, taken: set[str]
) -> Iterator[tuple[str, Constant]]:
    """What the innermost of some nested graphs computes, and the bodies in it, under the names that a plan has."""
    graph, names = scopes[-1]
    for node in list(graph.node):
        for position, output in enumerate(node.output):
            name = names.get(output, output)
            if output and name in wanted:
                values = evaluated(model, [scope for scope, _ in scopes], output)
                yield name, Constant(values, masked(graph, node, position, values))
        owner = node.name or next((names.get(name, name) for name in node.output if name), "")
        for attribute in node.attribute:
            for inner in [attribute.g] if attribute.HasField("g") else attribute.graphs:
                inside = body_names(inner, f"{owner}/{attribute.name}", taken)
                yield from computed(model, wanted, [*scopes, (inner, inside)], taken)


def evaluated(model: onnx.ModelProto, graphs: list[onnx.GraphProto], output: str) -> np.ndarray:
    """A value that depends on constants alone, computed as the file has it: by ONNX Runtime, if it can."""
    part = onnx.ModelProto()
    part.ir_version = max(model.ir_version, 4)
    part.opset_import.extend(model.opset_import)
    part.graph.name = "part"
    nodes, pending, seen = [], [(output, len(graphs) - 1)], set()
    while pending:
        name, depth = pending.pop()
        if not name or name in seen:
            continue
        seen.add(name)
        for place in range(depth, -1, -1):
            graph = graphs[place]
            if tensor := next((t for t in graph.initializer if t.name == name), None):
                part.graph.initializer.append(tensor)
                break
            if node := next((n for n in graph.node if name in n.output), None):
                nodes.append((place, list(graph.node).index(node), node))
                seen.update(node.output)
                pending += [(operand, place) for operand in node.input]
                break
        else:
            raise KeyError(f"'{output}' is computed from '{name}', which is no constant of the model")
    part.graph.node.extend(node for _, _, node in sorted(nodes, key=lambda item: item[:2]))
    part.graph.output.append(onnx.ValueInfoProto(name=output))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(
            part.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        (value,) = session.run([output], {})
    except Exception:  # it lacks kernels for some element types
        (value,) = ReferenceEvaluator(part).run([output], {})
    return value


def masked(
    graph: onnx.GraphProto, node: onnx.NodeProto, position: int, whole: np.ndarray
) -> Callable[[np.ndarray], None]:
    """Multiplies what a node gives with ones, and with zeros where the values are zero, every time with more of them."""
    name = node.output[position]
    mask = onnx.TensorProto()

    def replace(values: np.ndarray) -> None:
        numbers = np.where(values == 0, 0, 1).astype(whole.dtype)
        if not mask.name:
            node.output[position] = f"{name}/whole"
            product = onnx.helper.make_node("Mul", [f"{name}/whole", f"{name}/mask"], [name])
            mask.CopyFrom(numpy_helper.from_array(numbers, f"{name}/mask"))
            graph.initializer.append(mask)
            nodes = list(graph.node)
            place = next(i for i, other in enumerate(nodes) if f"{name}/whole" in other.output)
            graph.node.insert(place + 1, product)
        else:
            stored = next(t for t in graph.initializer if t.name == mask.name)
            stored.CopyFrom(numpy_helper.from_array(numbers, mask.name))

    return replace


def named_constants(graph: onnx.GraphProto) -> Iterator[tuple[str, Constant]]:
    """Initializers, sparse ones, and Constant nodes; those of bodies too, by the names that a plan has for them."""
    yield from constants_of(graph, {}, names_of(graph))


def names_of(graph: onnx.GraphProto) -> set[str]:
    """All that the graph itself calls by a name."""
    names = {value.name for value in [*graph.input, *graph.output, *graph.value_info]}
    names |= {tensor.name for tensor in graph.initializer}
    names |= {tensor.values.name for tensor in graph.sparse_initializer}
    return names | {name for node in graph.node for name in [*node.input, *node.output]}


def constants_of(
    graph: onnx.GraphProto, names: dict[str, str], taken: set[str]
) -> Iterator[tuple[str, Constant]]:
    """`names` has the plan's name of each value of the body that is not called as in the file."""

    def called(name: str) -> str:
        return names.get(name, name)

    zero_points = quantized_zeros(graph)
    for tensor in graph.initializer:
        yield (
            called(tensor.name),
            Constant(numpy_helper.to_array(tensor), into(tensor), zero_points.get(tensor.name, 0)),
        )
    for sparse in graph.sparse_initializer:
        yield called(sparse.values.name), Constant(dense(sparse), into_dense(graph, sparse))
    for node in graph.node:
        if node.op_type == "Constant" and node.domain in ("", "ai.onnx"):
            (attribute,) = node.attribute
            yield called(node.output[0]), Constant(constant_values(attribute), into_attribute(attribute))
        owner = node.name or called(next((name for name in node.output if name), ""))
        for attribute in node.attribute:
            for inner in [attribute.g] if attribute.HasField("g") else attribute.graphs:
                yield from constants_of(inner, body_names(inner, f"{owner}/{attribute.name}", taken), taken)


def body_names(graph: onnx.GraphProto, place: str, taken: set[str]) -> dict[str, str]:
    """A body's own names stay where no graph before it has them; else the place is put in front."""
    names = {}
    for name in sorted(own_names(graph)):
        names[name] = f"{place}/{name}" if name in taken else name
        taken.add(names[name])
    return names


def own_names(graph: onnx.GraphProto) -> set[str]:
    """What the graph defines itself."""
    names = {value.name for value in graph.input} | {tensor.name for tensor in graph.initializer}
    return names | {name for node in graph.node for name in node.output if name}


#: Per operator that reads quantized weights: their position, that of their zero points, and the axis of these.
ZERO_POINTS = {
    "ConvInteger": (1, 3, 0),
    "DynamicQuantizeMatMul": (1, 3, -1),
    "MatMulInteger": (1, 3, -1),
    "MatMulIntegerToFloat": (1, 5, -1),
    "QGemm": (3, 5, -1),
    "QLinearConv": (3, 5, 0),
    "QLinearMatMul": (3, 5, -1),
}


def zero_points(node: onnx.NodeProto) -> tuple[int, int, int] | None:
    attributes = {attribute.name: attribute.i for attribute in node.attribute}
    if node.op_type == "DequantizeLinear":
        return 0, 2, attributes.get("axis", 1)
    if node.op_type == "QGemm" and attributes.get("transB", 0):
        return 3, 5, 0
    return ZERO_POINTS.get(node.op_type)


def quantized_zeros(graph: onnx.GraphProto) -> dict[str, np.ndarray]:
    """Per quantized tensor what stands for 0 in it, shaped to broadcast against it."""
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    zeros = {}
    for node in graph.node:
        places = zero_points(node)
        if places is None or max(places[:2]) >= len(node.input):
            continue
        weight, point = node.input[places[0]], node.input[places[1]]
        if weight not in tensors or point not in tensors:
            continue
        zero = numpy_helper.to_array(tensors[point])
        rank = len(tensors[weight].dims)
        if zero.ndim == 1 and rank > 0:
            axis = places[2] % rank if zero.size > 1 else 0
            zero = zero.reshape([-1 if i == axis else 1 for i in range(rank)])
        zeros[weight] = zero
    return zeros


def into(tensor: onnx.TensorProto) -> Callable[[np.ndarray], None]:
    name = tensor.name
    return lambda values: tensor.CopyFrom(numpy_helper.from_array(values, name))


def into_attribute(attribute: onnx.AttributeProto) -> Callable[[np.ndarray], None]:
    def replace(values: np.ndarray) -> None:
        attribute.CopyFrom(onnx.helper.make_attribute("value", numpy_helper.from_array(values)))

    return replace


def into_dense(graph: onnx.GraphProto, sparse: onnx.SparseTensorProto) -> Callable[[np.ndarray], None]:
    """A dense initializer takes the sparse one's place: which values are stored does not matter here."""
    name = sparse.values.name

    def replace(values: np.ndarray) -> None:
        for i, other in enumerate(graph.sparse_initializer):
            if other.values.name == name:
                del graph.sparse_initializer[i]
                graph.initializer.append(numpy_helper.from_array(values, name))
                return
        tensor = next(t for t in graph.initializer if t.name == name)
        tensor.CopyFrom(numpy_helper.from_array(values, name))

    return replace


def dense(sparse: onnx.SparseTensorProto) -> np.ndarray:
    values, indices = numpy_helper.to_array(sparse.values), numpy_helper.to_array(sparse.indices)
    full = np.zeros(list(sparse.dims), values.dtype)
    if indices.ndim == 1:
        full.reshape(-1)[indices] = values
    else:
        full[tuple(indices.T)] = values
    return full


def constant_values(attribute: onnx.AttributeProto) -> np.ndarray:
    kind = attribute.name
    if kind == "value":
        return numpy_helper.to_array(attribute.t)
    if kind == "sparse_value":
        return dense(attribute.sparse_tensor)
    dtype = {"f": np.float32, "i": np.int64, "s": object}[kind.removeprefix("value_")[0]]
    return np.asarray(onnx.helper.get_attribute_value(attribute), dtype)


def main(source: str, plan: str, target: str) -> None:
    with open(plan, encoding="utf-8") as file:
        onnx.save(zeroed(onnx.load(source), json.load(file)), target)


if __name__ == "__main__":
    main(*sys.argv[1:])
