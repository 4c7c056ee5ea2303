"""Networks whose layers cannot be, or have to be handled with care (rows 23 to 30)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, helper, numpy_helper
from tally import Failure

from .case import COMPILE, Case
from .networks import changed, fixture, integers, model, saved, weight

Change = Callable[[ModelProto], object]


def convolutions() -> list[Case]:
    """Row 23."""

    def attribute(index: int, name: str, value: object) -> Change:
        def change(proto: ModelProto) -> None:
            node = proto.graph.node[index]
            kept = [a for a in node.attribute if a.name != name]
            del node.attribute[:]
            node.attribute.extend([*kept, helper.make_attribute(name, value)])

        return change

    def operand(tensor: TensorProto) -> Change:
        def change(proto: ModelProto) -> None:
            del proto.graph.initializer[0]
            proto.graph.initializer.append(tensor)

        return change

    def case(name: str, change: Change, says: str) -> Case:
        return Case(23, name, changed(change), 1, says)

    return [
        case("groups that do not divide", attribute(2, "group", 3), "'second'.*group"),
        case("no groups", attribute(2, "group", 0), "'second'.*group"),
        case("-1 groups", attribute(2, "group", -1), "'second'.*group"),
        case("2^62 groups", attribute(2, "group", 1 << 62), "'second'.*group"),
        case("groups as text", attribute(2, "group", "two"), "'second'.*group"),
        case("weights of rank 3", operand(weight("w1", 8, 3, 9)), "'first'.*rank"),
        case("weights of rank 1", operand(weight("w1", 8)), "'first'.*rank"),
        case("a kernel_shape that is not the weights'", attribute(0, "kernel_shape", [5, 5]), "'first'.*kernel_shape"),
        case("a kernel_shape of one axis", attribute(0, "kernel_shape", [3]), "'first'.*kernel_shape"),
        case("a stride of 0", attribute(0, "strides", [0, 1]), "'first'.*strides"),
        case("a stride of -2^63", attribute(0, "strides", [-(2**63), 1]), "'first'.*strides"),
        case("three strides", attribute(0, "strides", [1, 1, 1]), "'first'.*strides"),
        case("a dilation of 0", attribute(0, "dilations", [1, 0]), "'first'.*dilations"),
        case("pads of three numbers", attribute(0, "pads", [1, 1, 1]), "'first'.*pads"),
        case("pads that leave nothing", attribute(0, "pads", [-8] * 4), "'first'.*-16 of padding"),
        case("an auto_pad that does not exist", attribute(0, "auto_pad", "SAME"), "'first'.*auto_pad"),
        case("input channels that differ", operand(weight("w1", 8, 4, 3, 3)), "'first'.*channels"),
        case("a bias that is too long", bias(9), "'first'.*(bias|B)"),
        case("a convolution without weights", lambda p: p.graph.node[0].input.pop(), "'first'"),
    ]  # fmt: skip


def bias(length: int) -> Change:
    def change(proto: ModelProto) -> None:
        proto.graph.node[0].input.append("bias")
        proto.graph.initializer.append(weight("bias", length))

    return change


def numbers() -> list[Case]:
    """Rows 24 and 28."""

    def poisoned(value: float) -> Callable[[Path], None]:
        def change(proto: ModelProto) -> None:
            numbers = numpy_helper.to_array(proto.graph.initializer[0]).copy()
            numbers[3, 1, 1, 1] = value
            proto.graph.initializer[0].raw_data = numbers.tobytes()

        return changed(change)

    def poisoned_half(proto: ModelProto) -> None:
        numbers = numpy_helper.to_array(proto.graph.initializer[0]).astype(np.float16)
        numbers[0, 0, 0, 1] = np.inf
        proto.graph.initializer[0].CopyFrom(numpy_helper.from_array(numbers, "w1h"))
        cast = helper.make_node("Cast", ["w1h"], ["w1"], to=TensorProto.FLOAT)
        proto.graph.node.insert(0, cast)

    def equal(proto: ModelProto) -> None:
        proto.graph.initializer[0].raw_data = np.ones((8, 3, 3, 3), np.float32).tobytes()

    def verify(folder: Path) -> None:
        kept = onnx.load(folder / "out.onnx").graph.initializer[1]
        before = numpy_helper.to_array(onnx.load(folder / "in.onnx").graph.initializer[1])
        if not np.array_equal(numpy_helper.to_array(kept), before[:, 4:]):
            raise Failure("of equal channels those with the lowest index go first")

    return [
        Case(24, "NaN", poisoned(np.nan), 1, "'w1'.*element 94 is nan"),
        Case(24, "infinity", poisoned(np.inf), 1, "'w1'.*element 94 is inf"),
        Case(24, "infinity, of a layer that is ignored", poisoned(np.inf), 3, "", (*COMPILE, "--ignore-layers", "*")),
        Case(24, "infinity in a half", changed(poisoned_half), 1, "'w1h?'.*element 1 is inf"),
        Case(28, "weights of ones", changed(equal), 0, "", verify=verify),
    ]


def seen_outside() -> list[Case]:
    """Row 25."""
    tied = [
        helper.make_node("Conv", ["b", "w2"], ["d"], pads=[1] * 4),
        helper.make_node("Add", ["c", "d"], ["y"]),
    ]

    def overridable(proto: ModelProto) -> None:
        proto.graph.input.append(helper.make_tensor_value_info("w1", TensorProto.FLOAT, [8, 3, 3, 3]))

    def output(name: str) -> Change:
        return lambda p: p.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))

    return [
        Case(25, "a weight that is an input", changed(overridable), 3, "caller may replace"),
        Case(25, "a weight that is an output", changed(output("w1")), 3, "'w1'|'first'"),
        Case(25, "a weight of two layers", changed(lambda p: None, tied), 0),
        Case(25, "a layer whose output is the graph's", changed(output("a")), 3, "'first'.*output of the graph"),
        Case(25, "a graph output that is an input", changed(output("x")), 0),
        *fixtures(25, "initializer-is-input", "initializer-one-is-input", "weight-shared", "output-is-initializer"),
    ]


def fixtures(row: int, *names: str) -> list[Case]:
    """Files of Tests/Fixtures that are well-formed."""
    return [Case(row, name, fixture(name), 0) for name in names]


def preserved() -> list[Case]:
    """Rows 26 and 27."""
    # 9 channels of 64 pixels become 64 of 9: no channel can go alone.
    mixing = [
        helper.make_node("Conv", ["b", "w3"], ["d"], name="third"),
        helper.make_node("Reshape", ["d", "s"], ["e"], name="mix"),
        helper.make_node("Conv", ["e", "w4"], ["y"], name="fourth"),
    ]
    weights = [integers("s", [1, 64, 3, 3]), weight("w3", 9, 8, 1, 1), weight("w4", 4, 64, 1, 1)]
    names = ("if-with-weights", "loop-conv", "scan-matmul", "body-nested", "qdq-int8", "qdq-uint8")
    return [
        *fixtures(26, *names, "half-precision", "local-function", "typed-data", "quantization-annotation", "metadata"),
        Case(26, "sparse-initializer", fixture("sparse-initializer"), 0, "", ("in.onnx", "-o", "out.onnx", "--rate", "0")),
        Case(26, "bfloat16", changed(lambda p: None, *brain()), 0),
        Case(27, "a Reshape that mixes channels", changed(lambda p: None, mixing, weights), 0, "third: "),
        *fixtures(27, "reshape-mixes-batch", "if-one-branch-pinned"),
    ]  # fmt: skip


def brain() -> tuple[list[onnx.NodeProto], list[TensorProto]]:
    """A third layer, in bfloat16."""
    kernel = helper.make_tensor("w3", TensorProto.BFLOAT16, [4, 4, 1, 1], np.ones(16))
    nodes = [
        helper.make_node("Cast", ["c"], ["d"], to=TensorProto.BFLOAT16),
        helper.make_node("Conv", ["d", "w3"], ["e"]),
        helper.make_node("Cast", ["e"], ["y"], to=TensorProto.FLOAT),
    ]
    return nodes, [kernel]


def amounts() -> list[Case]:
    """Rows 29 and 30."""

    def compile(*amount: str) -> tuple[str, ...]:
        return ("in.onnx", "-o", "out.onnx", *amount)

    def channels(count: int) -> Callable[[Path], None]:
        def verify(folder: Path) -> None:
            found = onnx.load(folder / "out.onnx").graph.initializer[0].dims[0]
            if found != count:
                raise Failure(f"{found} channels are kept, not {count}")

        return verify

    network = changed(lambda p: None)
    return [
        Case(29, "0.999", network, 0, r"99\.9%", compile("--rate", "0.999"), verify=channels(1)),
        Case(29, "0.999, three at least", network, 0, "", compile("--rate", "0.999", "--min-channels", "3"), verify=channels(3)),
        Case(29, "0.01", network, 0, r"0\.0%", compile("--rate", "0.01"), verify=channels(8)),
        Case(29, "100 channels at least", network, 0, "", compile("--rate", "0.5", "--min-channels", "100"), verify=channels(8)),
        Case(29, "rounded up to 64", network, 0, "", compile("--rate", "0.5", "--round-to", "64"), verify=channels(8)),
        Case(30, "one layer", saved(one_layer()), 3, "'first'"),
        Case(30, "no layer", saved(no_layer()), 3),
        Case(30, "a target of parameters", network, 3, "parameters", compile("--target-params", "0.001")),
        Case(30, "a target of MACs", network, 3, "MACs|multiply", compile("--target-macs", "0.0001")),
        Case(30, "every layer ignored", network, 3, "", (*COMPILE, "--ignore-layers", "*")),
    ]  # fmt: skip


def one_layer() -> ModelProto:
    proto = model()
    del proto.graph.node[1:]
    del proto.graph.initializer[1:]
    proto.graph.output[0].name = "a"
    return proto


def no_layer() -> ModelProto:
    proto = one_layer()
    proto.graph.node[0].CopyFrom(helper.make_node("Relu", ["x"], ["a"]))
    del proto.graph.initializer[:]
    return proto


def cases() -> list[Case]:
    return [*convolutions(), *numbers(), *seen_outside(), *preserved(), *amounts()]
