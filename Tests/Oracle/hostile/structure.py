"""Well-formed protobuf that is no network, or one that must be handled with care."""

from __future__ import annotations

import copy

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .case import COMPILE, Case
from .networks import changed, integers, model, saved, weight


def function(name: str, calls: list[str]) -> onnx.FunctionProto:
    nodes = [helper.make_node(callee, [f"t{i}"], [f"t{i + 1}"], domain="d") for i, callee in enumerate(calls)]
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("d", 1)]
    return helper.make_function("d", name, ["t0"], [f"t{len(calls)}"], nodes, opsets)


def with_functions(*functions: onnx.FunctionProto) -> onnx.ModelProto:
    proto = model([helper.make_node(functions[0].name, ["c"], ["y"], domain="d")])
    proto.functions.extend(functions)
    proto.opset_import.append(helper.make_opsetid("d", 1))
    return proto


def dims(*lengths: int) -> object:
    """w1 with other dims and no data."""

    def change(proto: onnx.ModelProto) -> None:
        tensor = proto.graph.initializer[0]
        del tensor.dims[:]
        tensor.dims.extend(lengths)

    return changed(change)


def attribute(index: int, name: str, value: object) -> object:
    def change(proto: onnx.ModelProto) -> None:
        node = proto.graph.node[index]
        kept = [a for a in node.attribute if a.name != name]
        del node.attribute[:]
        node.attribute.extend([*kept, helper.make_attribute(name, value)])

    return changed(change)


def swapped(proto: onnx.ModelProto) -> None:
    nodes = [copy.deepcopy(node) for node in proto.graph.node]
    del proto.graph.node[:]
    proto.graph.node.extend([nodes[1], nodes[0], nodes[2]])


def poisoned(value: float) -> object:
    def change(proto: onnx.ModelProto) -> None:
        numbers = numpy_helper.to_array(proto.graph.initializer[0]).copy()
        numbers[3, 1, 1, 1] = value
        proto.graph.initializer[0].raw_data = numbers.tobytes()

    return changed(change)


def text_weights(proto: onnx.ModelProto) -> None:
    tensor = proto.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_type = TensorProto.STRING
    tensor.string_data.extend([b"a"] * 216)


def equal_scores(proto: onnx.ModelProto) -> None:
    proto.graph.initializer[0].raw_data = np.ones((8, 3, 3, 3), np.float32).tobytes()


def tied(proto: onnx.ModelProto) -> None:
    """Both layers behind the first read one tensor."""
    proto.graph.node.append(helper.make_node("Conv", ["b", "w2"], ["d"], pads=[1] * 4))
    proto.graph.node.append(helper.make_node("Add", ["c", "d"], ["y"]))
    proto.graph.output[0].name = "y"


def cases() -> list[Case]:
    def case(name: str, change, says: str, code: int = 1, *more: str) -> Case:
        made = change if getattr(change, "__name__", "") == "make" else changed(change)
        return Case("model", name, made, code, says, (*COMPILE, *more))

    unknown = [helper.make_node("Mystery", ["c"], ["m"], domain="org.example"), helper.make_node("Relu", ["m"], ["y"])]
    return [
        case("no graph", lambda p: p.ClearField("graph"), "graph"),
        case("no opset_import", lambda p: p.ClearField("opset_import"), "opset"),
        case("no ir_version", lambda p: p.ClearField("ir_version"), "ir_version"),
        case("IR version 999", lambda p: setattr(p, "ir_version", 999), r"ir_version.* to \d+|999"),
        case("opset 999", lambda p: setattr(p.opset_import[0], "version", 999), r"999"),
        Case("model", "an operator that nobody knows", changed(lambda p: p.opset_import.append(helper.make_opsetid("org.example", 1)), unknown), 0),
        Case("model", "the same, with --strict", changed(lambda p: p.opset_import.append(helper.make_opsetid("org.example", 1)), unknown), 1, "Mystery", (*COMPILE, "--strict")),
        Case("model", "a function that calls itself", saved(with_functions(function("F", ["F"]))), 1, "calls itself|recurs"),
        Case("model", "functions that call each other", saved(with_functions(function("F", ["G"]), function("G", ["F"]))), 1, "calls itself|recurs"),
        case("an output twice", lambda p: p.graph.node[1].output.__setitem__(0, "a"), "'a'"),
        case("an initializer twice", lambda p: p.graph.initializer.append(p.graph.initializer[0]), "'w1'"),
        case("an operator set twice", lambda p: p.opset_import.append(helper.make_opsetid("", 13)), "opset"),
        case("a cycle", lambda p: p.graph.node[0].input.__setitem__(0, "b"), "cycle|order|before"),
        case("nodes in another order", swapped, "further down"),
        case("an input from nowhere", lambda p: p.graph.node[1].input.__setitem__(0, "gone"), "'gone'"),
        case("an output from nowhere", lambda p: setattr(p.graph.output[0], "name", "gone"), "'gone'"),
        case("weights that are too short", lambda p: setattr(p.graph.initializer[0], "raw_data", bytes(100)), "'w1'.*bytes"),
        case("weights that are too long", lambda p: setattr(p.graph.initializer[0], "raw_data", bytes(1000)), "'w1'.*bytes"),
        case("weights twice, raw and typed", lambda p: p.graph.initializer[0].float_data.extend([0.0] * 216), "'w1'"),
        case("a negative length", dims(-8, 3, 3, 3), "'w1'.*-8"),
        case("lengths whose product overflows", dims(1 << 32, 1 << 32, 1, 1), "'w1'"),
        case("a tensor of rank 65", dims(*[1] * 65), "'w1'.*65"),
        case("a weight of length 0", dims(0, 3, 3, 3), "'w1'"),
        case("weights of no type", lambda p: setattr(p.graph.initializer[0], "data_type", 0), "'w1'"),
        case("weights of text", text_weights, "w1"),
        case("groups that do not divide", attribute(2, "group", 3), "'second'.*group"),
        case("no groups", attribute(2, "group", 0), "'second'.*group"),
        case("weights of another rank", dims(8, 3, 9), "'first'.*rank"),
        case("a kernel_shape that is not W's", attribute(0, "kernel_shape", [5, 5]), "'first'.*kernel_shape"),
        case("stride 0", attribute(0, "strides", [0, 1]), "'first'.*strides"),
        case("dilation 0", attribute(0, "dilations", [1, 0]), "'first'.*dilations"),
        case("a weight that is not a number", poisoned(np.nan), "'w1'.*element 94"),
        case("an infinite weight", poisoned(np.inf), "'w1'.*element 94"),
        Case("model", "an initializer that is an input", changed(lambda p: p.graph.input.append(helper.make_tensor_value_info("w1", 1, [8, 3, 3, 3]))), 3, "w1|prun"),
        case("tied weights", tied, "", 0),
        Case("model", "a layer whose output is the graph's", changed(lambda p: p.graph.output.append(helper.make_tensor_value_info("a", 1, None))), 3, "prun"),
        Case("model", "a coupling that cannot be resolved", changed(lambda p: None, [helper.make_node("Reshape", ["b", "s"], ["r"]), helper.make_node("Conv", ["r", "w3"], ["y"])], [integers("s", [1, 16, 4, 8]), weight("w3", 4, 16, 1, 1)]), 0),
        case("equal scores", equal_scores, "", 0),
        Case("model", "a rate that leaves none", changed(lambda p: None), 0, "", ("in.onnx", "-o", "out.onnx", "--rate", "0.999")),
        Case("model", "a rate that removes none", changed(lambda p: None), 0, "", ("in.onnx", "-o", "out.onnx", "--rate", "0.01")),
        Case("model", "nothing that can be pruned", saved(_one_layer()), 3, "prun"),
        Case("model", "a target out of reach", changed(lambda p: None), 3, "target|come down", ("in.onnx", "-o", "out.onnx", "--target-params", "0.001")),
    ]


def _one_layer() -> onnx.ModelProto:
    proto = model()
    del proto.graph.node[1:]
    proto.graph.output[0].name = "a"
    del proto.graph.initializer[1:]
    return proto
