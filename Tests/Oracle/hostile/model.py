"""Well-formed protobuf that is no network (rows 12 to 22)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, helper, numpy_helper

from .case import COMPILE, Case
from .networks import changed, model, saved

Change = Callable[[ModelProto], object]


def rejected(row: int, name: str, change: Change, says: str, *more: str) -> Case:
    return Case(row, name, changed(change), 1, says, (*COMPILE, *more))


def first(proto: ModelProto) -> TensorProto:
    return proto.graph.initializer[0]


def versions() -> list[Case]:
    """Rows 12 and 13."""

    def opset(version: int, domain: str = "") -> Change:
        def change(proto: ModelProto) -> None:
            del proto.opset_import[:]
            proto.opset_import.extend([helper.make_opsetid("", 17)] if domain else [])
            proto.opset_import.append(helper.make_opsetid(domain, version))

        return change

    return [
        rejected(12, "no graph", lambda p: p.ClearField("graph"), "no graph"),
        rejected(12, "no opset_import", lambda p: p.ClearField("opset_import"), "opset_import"),
        rejected(12, "no ir_version", lambda p: p.ClearField("ir_version"), "ir_version"),
        rejected(12, "only another operator set", other_domain_only, "opset|Conv"),
        rejected(13, "IR version 999", lambda p: setattr(p, "ir_version", 999), r"999.* 3 to \d+"),
        rejected(13, "IR version 2", lambda p: setattr(p, "ir_version", 2), r"2.* 3 to \d+"),
        rejected(13, "IR version -1", lambda p: setattr(p, "ir_version", -1), r"-1.* 3 to \d+"),
        rejected(13, "opset 999", opset(999), r"999.* 1 to \d+"),
        rejected(13, "opset 0", opset(0), r"0.* 1 to \d+"),
        rejected(13, "opset -1", opset(-1), r"-1.* 1 to \d+"),
        rejected(13, "opset 2^63-1", opset(2**63 - 1), r"9223372036854775807.* 1 to \d+"),
        rejected(13, "version 99 of ai.onnx.ml", opset(99, "ai.onnx.ml"), r"99.*ai\.onnx\.ml.* 1 to \d+"),
    ]


def other_domain_only(proto: ModelProto) -> None:
    del proto.opset_import[:]
    proto.opset_import.append(helper.make_opsetid("com.microsoft", 1))


def functions() -> list[Case]:
    """Rows 14 and 15."""
    unknown = [helper.make_node("Mystery", ["c"], ["m"], domain="org.example"), helper.make_node("Relu", ["m"], ["y"])]
    misspelt = [helper.make_node("Sigmoyd", ["c"], ["m"]), helper.make_node("Relu", ["m"], ["y"])]

    def foreign(proto: ModelProto) -> None:
        proto.opset_import.append(helper.make_opsetid("org.example", 1))

    def recursive(name: str, *calls: tuple[str, list[str]]) -> Case:
        return Case(15, name, saved(with_functions(*(function(*call) for call in calls))), 1, "calls itself")

    return [
        Case(14, "an operator of another domain", changed(foreign, unknown), 0, r"org\.example\.Mystery"),
        Case(14, "the same, with --strict", changed(foreign, unknown), 1, "Mystery", (*COMPILE, "--strict")),
        Case(14, "an operator that ONNX has not", changed(lambda p: None, misspelt), 0, "Sigmoyd"),
        Case(14, "a domain that nobody imports", changed(lambda p: None, unknown), 0, r"org\.example\.Mystery"),
        recursive("one", ("F", ["F"])),
        recursive("two", ("F", ["G"]), ("G", ["F"])),
        recursive("a hundred", *((f"F{i}", [f"F{(i + 1) % 100}"]) for i in range(100))),
        Case(15, "one, in the branch of an If", saved(recursive_in_branch()), 1, "calls itself"),
        Case(15, "one that nobody calls", saved(with_functions(function("F", ["Relu"]), function("G", ["G"]))), 1, "'d.G'"),
    ]


def function(name: str, calls: list[str]) -> onnx.FunctionProto:
    nodes = [
        helper.make_node(callee, [f"t{i}"], [f"t{i + 1}"], domain="" if callee == "Relu" else "d")
        for i, callee in enumerate(calls)
    ]
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("d", 1)]
    return helper.make_function("d", name, ["t0"], [f"t{len(calls)}"], nodes, opsets)


def with_functions(*functions: onnx.FunctionProto) -> ModelProto:
    """The network, with a call of the first one behind."""
    proto = model([helper.make_node(functions[0].name, ["c"], ["y"], domain="d")])
    proto.functions.extend(functions)
    proto.opset_import.append(helper.make_opsetid("d", 1))
    return proto


def recursive_in_branch() -> ModelProto:
    outputs = [helper.make_tensor_value_info("o", TensorProto.FLOAT, None)]
    call = helper.make_graph([helper.make_node("F", ["t0"], ["o"], domain="d")], "then", [], outputs)
    copy = helper.make_graph([helper.make_node("Relu", ["t0"], ["o"])], "else", [], outputs)
    nodes = [
        helper.make_node("Constant", [], ["k"], value=numpy_helper.from_array(np.array(True))),
        helper.make_node("If", ["k"], ["t1"], then_branch=call, else_branch=copy),
    ]
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("d", 1)]
    return with_functions(helper.make_function("d", "F", ["t0"], ["t1"], nodes, opsets))


def names() -> list[Case]:
    """Rows 16 to 18."""

    def output(node: int, name: str) -> Change:
        return lambda p: p.graph.node[node].output.__setitem__(0, name)

    def operand(node: int, name: str) -> Change:
        return lambda p: p.graph.node[node].input.__setitem__(0, name)

    def order(*places: int) -> Change:
        def change(proto: ModelProto) -> None:
            nodes = [onnx.NodeProto.FromString(proto.graph.node[i].SerializeToString()) for i in places]
            del proto.graph.node[:]
            proto.graph.node.extend(nodes)

        return change

    def second(field: str) -> Change:
        return lambda p: getattr(p.graph, field).append(getattr(p.graph, field)[0])

    twice = "defined a second time"
    return [
        rejected(16, "an output", output(1, "a"), f"'relu'.*'a'.*{twice}"),
        rejected(16, "an output, within a node", lambda p: p.graph.node[1].output.append("b"), f"'relu'.*'b'.*{twice}"),
        rejected(16, "an output that is a weight", output(1, "w1"), f"'relu'.*'w1'.*{twice}"),
        rejected(16, "an output that is an input", output(1, "x"), f"'relu'.*'x'.*{twice}"),
        rejected(16, "an initializer", second("initializer"), f"'w1'.*{twice}"),
        rejected(16, "an input", second("input"), "'x'"),
        rejected(16, "an attribute", lambda p: p.graph.node[0].attribute.append(p.graph.node[0].attribute[0]), "'first'.*'pads'"),
        rejected(16, "an operator set", lambda p: p.opset_import.append(helper.make_opsetid("", 13)), "opset domain '' "),
        rejected(16, "ai.onnx", lambda p: p.opset_import.append(helper.make_opsetid("ai.onnx", 17)), "opset domain '(ai.onnx)?' "),
        Case(16, "a function", saved(with_functions(function("F", ["Relu"]), function("F", ["Relu"]))), 1, r"'d\.F'.*twice"),
        rejected(17, "a cycle of two nodes", operand(0, "b"), "'first'.*'b'.*own output"),
        rejected(17, "a node that reads itself", operand(1, "b"), "'relu'.*'b'.*own output"),
        Case(17, "two nodes in the wrong order", changed(order(1, 0, 2)), 0, "sorted"),
        Case(17, "all nodes in the wrong order", changed(order(2, 1, 0)), 0, "sorted"),
        rejected(18, "an input of a node", operand(1, "gone"), "'relu'.*'gone'"),
        rejected(18, "an input of a node in a branch", dangling_in_branch, "'inner'.*'gone'"),
        rejected(18, "an output of the graph", lambda p: setattr(p.graph.output[0], "name", "gone"), "'gone'"),
        rejected(18, "an output without a name", lambda p: setattr(p.graph.output[0], "name", ""), "output.*no name"),
        rejected(18, "an input without a name", lambda p: setattr(p.graph.input[0], "name", ""), "input.*no name"),
        rejected(18, "a weight without a name", lambda p: setattr(first(p), "name", ""), "initializer.*no name"),
        rejected(18, "a node without an operator", lambda p: setattr(p.graph.node[1], "op_type", ""), "'relu'.*op_type"),
        rejected(18, "no nodes", lambda p: p.graph.ClearField("node"), "'c'"),
    ]  # fmt: skip


def dangling_in_branch(proto: ModelProto) -> None:
    outputs = [helper.make_tensor_value_info("o", TensorProto.FLOAT, None)]
    nodes = [helper.make_node("Add", ["c", "gone"], ["o"], name="inner")]
    branch = helper.make_graph(nodes, "branch", [], outputs)
    proto.graph.initializer.append(numpy_helper.from_array(np.array(True), "k"))
    proto.graph.node.append(helper.make_node("If", ["k"], ["y"], then_branch=branch, else_branch=branch))


def tensors() -> list[Case]:
    """Rows 19 to 22."""

    def raw(data: bytes) -> Change:
        return lambda p: setattr(first(p), "raw_data", data)

    def typed(count: int, clear: bool = True) -> Change:
        def change(proto: ModelProto) -> None:
            if clear:
                first(proto).ClearField("raw_data")
            first(proto).float_data.extend([0.5] * count)

        return change

    def dims(*lengths: int) -> Change:
        def change(proto: ModelProto) -> None:
            del first(proto).dims[:]
            first(proto).dims.extend(lengths)

        return change

    def kind(number: int) -> Change:
        return lambda p: setattr(first(p), "data_type", number)

    return [
        rejected(19, "bytes that are missing", raw(bytes(863)), r"'w1'.*863 bytes.*864"),
        rejected(19, "bytes that are too many", raw(bytes(865)), r"'w1'.*865 bytes.*864"),
        rejected(19, "no bytes", raw(b""), r"'w1'.*0 bytes.*864"),
        rejected(19, "numbers that are missing", typed(215), r"'w1'.*215 .*216"),
        rejected(19, "nothing at all", typed(0), r"'w1'.*216"),
        rejected(19, "gigabytes that are missing", dims(1 << 20, 1 << 20, 3, 3), "'w1'.*864"),
        rejected(20, "raw and typed", typed(216, clear=False), "'w1'.*more than one field"),
        rejected(20, "typed, and typed as integers", both_typed, "'w1'.*more than one field"),
        rejected(20, "floats of a tensor of integers", kind(TensorProto.INT64), r"'w1'"),
        rejected(21, "-8", dims(-8, 3, 3, 3), "'w1'.*-8"),
        rejected(21, "-8 and -3", dims(-8, -3, 3, 3), "'w1'.*-8"),
        rejected(21, "-2^63", dims(-(2**63), 3, 3, 3), "'w1'.*-9223372036854775808"),
        rejected(21, "a product of 2^64", dims(1 << 32, 1 << 32, 1, 1), "'w1'"),
        rejected(21, "a product of 2^62", dims(1 << 31, 1 << 31, 1, 1), "'w1'"),
        rejected(21, "a product that wraps to 216", dims(1 << 61, 8, 216, 1), "'w1'"),
        rejected(21, "65 axes", dims(*[1] * 65), "'w1'.*65"),
        rejected(21, "10,000 axes", dims(*[1] * 10_000), "'w1'.*10000"),
        rejected(21, "0, with bytes", dims(0, 3, 3, 3), "'w1'"),
        Case(21, "0 channels", changed(empty_weight), 1, "'(w1|first)'"),
        rejected(22, "no type", lambda p: first(p).ClearField("data_type"), "'w1'.*undefined"),
        rejected(22, "type 0", kind(0), "'w1'.*undefined"),
        rejected(22, "type 99", kind(99), "'w1'.*99"),
        rejected(22, "type -1", kind(-1), "'w1'.*-1"),
        rejected(22, "text", text_weights, "'(w1|first)'"),
        rejected(22, "bytes of text", kind(TensorProto.STRING), "'w1'.*raw_data"),
    ]


def both_typed(proto: ModelProto) -> None:
    first(proto).ClearField("raw_data")
    first(proto).float_data.extend([0.5] * 216)
    first(proto).int32_data.extend([1] * 216)


def empty_weight(proto: ModelProto) -> None:
    first(proto).CopyFrom(numpy_helper.from_array(np.zeros((0, 3, 3, 3), np.float32), "w1"))
    proto.graph.initializer[1].CopyFrom(numpy_helper.from_array(np.zeros((4, 0, 3, 3), np.float32), "w2"))


def text_weights(proto: ModelProto) -> None:
    first(proto).ClearField("raw_data")
    first(proto).data_type = TensorProto.STRING
    first(proto).string_data.extend([b"a"] * 216)


def cases() -> list[Case]:
    return [*versions(), *functions(), *names(), *tensors()]
