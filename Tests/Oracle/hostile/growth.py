"""Files that are large where small ones are usual: eight times as much of it may take eight times as long."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from tally import Failure

from .networks import bytes_of, integers, model, weight
from .runner import run
from .usage import configuration
from .wire import GRAPH, HEAD, INITIALIZER, NODE, field

FACTOR = 8
#: What the machine's other work, and memory that no cache holds, may add.
SLACK, MARGIN_IN_SECONDS = 1.6, 0.25
COMPILE = ("in.onnx", "-o", "out.onnx", "--rate", "0.5")


@dataclass(frozen=True)
class Growth:
    name: str
    #: The file with so many of what it has too many of.
    make: Callable[[Path, int], object]
    count: int
    arguments: tuple[str, ...] = COMPILE

    @property
    def title(self) -> str:
        return f"growth: {self.name}"


def test(growth: Growth) -> str:
    """CPU seconds for the file and for one eight times as large."""
    seconds, sizes, codes = [], [], []
    for count in (growth.count, growth.count * FACTOR):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            growth.make(folder, count)
            sizes.append(sum(path.stat().st_size for path in folder.iterdir()))
            code, _, error, used, _ = run(folder, growth.arguments)
            if code not in (0, 1, 2, 3, 4):
                raise Failure(f"{count}: exit code {code}: {error[-200:]}")
            seconds.append(used)
            codes.append(code)
    small, large = seconds
    if large > FACTOR * SLACK * small + MARGIN_IN_SECONDS:
        raise Failure(f"{sizes[0]} bytes take {small:.2f} s, {sizes[1]} bytes {large:.2f} s")
    return f"{sizes[0]:>10,} B {small:6.2f} s   {sizes[1]:>12,} B {large:6.2f} s   exit {codes[0]}, {codes[1]}"


def raw(data: Callable[[int], bytes]) -> Callable[[Path, int], object]:
    return lambda folder, count: (folder / "in.onnx").write_bytes(data(count))


def network(make: Callable[[int], onnx.ModelProto]) -> Callable[[Path, int], object]:
    return raw(lambda count: bytes_of(make(count)))


def chain(kind: str) -> Callable[[int], onnx.ModelProto]:
    def make(count: int) -> onnx.ModelProto:
        names = ["c", *(f"v{i}" for i in range(count))]
        return model([helper.make_node(kind, [a], [b]) for a, b in zip(names, names[1:])])

    return make


def layers(count: int) -> onnx.ModelProto:
    """Convolutions in a row, each with weights of its own."""
    nodes, weights, last = [], [], "c"
    for i in range(count):
        weights.append(weight(f"v{i}", 4, 4, 1, 1))
        nodes.append(helper.make_node("Conv", [last, f"v{i}"], [f"h{i}"]))
        last = f"h{i}"
    return model(nodes, weights)


def residuals(count: int) -> onnx.ModelProto:
    """Every layer's result is added to the sum of those before: one group of all of them."""
    nodes, weights, last = [], [], "c"
    for i in range(count):
        weights.append(weight(f"v{i}", 4, 4, 1, 1))
        nodes.append(helper.make_node("Conv", ["c", f"v{i}"], [f"h{i}"]))
        nodes.append(helper.make_node("Add", [last, f"h{i}"], [f"s{i}"]))
        last = f"s{i}"
    return model([*nodes, helper.make_node("Conv", [last, "v0"], ["y"])], weights)


def wide_concat(count: int) -> onnx.ModelProto:
    nodes = [helper.make_node("Relu", ["b"], [f"r{i}"]) for i in range(count)]
    nodes.append(helper.make_node("Concat", [f"r{i}" for i in range(count)], ["all"], axis=1))
    return model([*nodes, helper.make_node("ReduceMean", ["all"], ["y"], axes=[2, 3])])


def doubling(count: int) -> onnx.ModelProto:
    """Concat of a value with itself, again and again: `count` is the width that comes of it."""
    nodes, last = [], "c"
    for i in range((count // 4).bit_length() - 1):
        nodes.append(helper.make_node("Concat", [last, last], [f"k{i}"], axis=1))
        last = f"k{i}"
    return model([*nodes, helper.make_node("ReduceMean", [last], ["y"], axes=[1, 2, 3])])


def readers(count: int) -> onnx.ModelProto:
    """One value that many nodes read."""
    return model([helper.make_node("Relu", ["b"], [f"r{i}"]) for i in range(count)], output="c")


def backwards(count: int) -> onnx.ModelProto:
    proto = chain("Relu")(count)
    nodes = list(reversed([onnx.NodeProto.FromString(node.SerializeToString()) for node in proto.graph.node]))
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)
    return proto


def bodies(count: int) -> onnx.ModelProto:
    def body(name: str) -> onnx.GraphProto:
        outputs = [helper.make_tensor_value_info(name, 1, None)]
        return helper.make_graph([helper.make_node("Relu", ["c"], [name])], name, [], outputs)

    condition = numpy_helper.from_array(np.array(True), "k")
    nodes = [
        helper.make_node("If", ["k"], [f"y{i}"], then_branch=body(f"t{i}"), else_branch=body(f"e{i}")) for i in range(count)
    ]
    return model(nodes, [condition])


def functions(count: int) -> onnx.ModelProto:
    """Functions that call the next one twice: 2^n calls in all, where n grows with the count."""
    depth = count.bit_length()
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("d", 1)]
    proto = model([helper.make_node("F0", ["c"], ["y"], domain="d")])
    proto.opset_import.append(helper.make_opsetid("d", 1))
    for i in range(depth):
        callee = (f"F{i + 1}", "d") if i + 1 < depth else ("Relu", "")
        nodes = [helper.make_node(callee[0], [a], [b], domain=callee[1]) for a, b in (("t0", "t1"), ("t1", "t2"))]
        proto.functions.append(helper.make_function("d", f"F{i}", ["t0"], ["t2"], nodes, opsets))
    return proto


def many_functions(count: int) -> onnx.ModelProto:
    opsets = [helper.make_opsetid("", 17)]
    names = ["c", *(f"v{i}" for i in range(count))]
    proto = model([helper.make_node(f"F{i}", [a], [b], domain="d") for i, (a, b) in enumerate(zip(names, names[1:]))])
    proto.opset_import.append(helper.make_opsetid("d", 1))
    for i in range(count):
        nodes = [helper.make_node("Relu", ["a"], ["b"])]
        proto.functions.append(helper.make_function("d", f"F{i}", ["a"], ["b"], nodes, opsets))
    return proto


def metadata(count: int) -> onnx.ModelProto:
    proto = model()
    for i in range(count):
        entry = proto.metadata_props.add()
        entry.key, entry.value = f"key {i}", "value"
    return proto


def inputs(count: int) -> onnx.ModelProto:
    proto = model()
    proto.graph.input.extend(helper.make_tensor_value_info(f"x{i}", 1, [1]) for i in range(count))
    return proto


def outputs(count: int) -> onnx.ModelProto:
    proto = readers(count)
    proto.graph.output.extend(helper.make_tensor_value_info(f"r{i}", 1, None) for i in range(count))
    return proto


def long_name(count: int) -> onnx.ModelProto:
    proto = model()
    proto.graph.node[1].name = "n" * count
    return proto


def external_files(folder: Path, count: int) -> None:
    proto = layers(count)
    for tensor in proto.graph.initializer:
        if tensor.name.startswith("v"):
            (folder / tensor.name).write_bytes(tensor.raw_data)
            tensor.ClearField("raw_data")
            tensor.data_location = onnx.TensorProto.EXTERNAL
            entry = tensor.external_data.add()
            entry.key, entry.value = "location", tensor.name
    (folder / "in.onnx").write_bytes(bytes_of(proto))


def shapes(count: int) -> onnx.ModelProto:
    """Long arithmetic on shapes."""
    nodes = [helper.make_node("Shape", ["c"], ["s0"])]
    nodes += [helper.make_node("Add", [f"s{i}", "one"], [f"s{i + 1}"]) for i in range(count)]
    return model([*nodes, helper.make_node("Identity", [f"s{count}"], ["y"])], [integers("one", [1])], output="c")


def cases() -> list[Growth]:
    def ignored(folder: Path, count: int) -> None:
        (folder / "in.onnx").write_bytes(bytes_of(model()))
        (folder / "c.yaml").write_text("rate: 0.5\nignore-layers:\n" + "  - 'w1'\n" * count)

    config = ("in.onnx", "-o", "out.onnx", "-c", "c.yaml")
    return [
        Growth("empty nodes", raw(lambda n: HEAD + field(GRAPH, field(NODE, b"") * n)), 100_000),
        Growth("empty initializers", raw(lambda n: HEAD + field(GRAPH, field(INITIALIZER, b"") * n)), 100_000),
        Growth("graphs of one model", raw(lambda n: HEAD + field(GRAPH, field(2, b"g")) * n), 20_000),
        Growth("unknown fields", raw(lambda n: bytes_of(model()) + field(2000, b"abc") * n), 100_000),
        Growth("nodes in a row", network(chain("Relu")), 400),
        Growth("nodes of operators unknown", network(chain("Mystery")), 400),
        Growth("nodes in the wrong order", network(backwards), 1_000),
        Growth("layers", network(layers), 200),
        Growth("layers in one group", network(residuals), 100),
        Growth("inputs of a Concat", network(wide_concat), 100),
        Growth("width by Concat", network(doubling), 1 << 10),
        Growth("readers of a value", network(readers), 400),
        Growth("inputs", network(inputs), 1_000),
        Growth("outputs", network(outputs), 400),
        Growth("bodies", network(bodies), 50),
        Growth("functions", network(many_functions), 200),
        Growth("calls in functions", network(functions), 1 << 12),
        Growth("metadata", network(metadata), 10_000),
        Growth("letters of a name", network(long_name), 1_000_000),
        Growth("sums of shapes", network(shapes), 400),
        Growth("files of weights", external_files, 100),
        Growth("patterns", ignored, 200, config),
        Growth("letters of a configuration", lambda f, n: configuration("# " + "x" * n)(f), 100_000, (*config, "--rate", "0.5")),
        Growth("brackets of a configuration", lambda f, n: configuration("rate: " + "[" * n)(f), 10_000, config),
    ]
