"""Networks that have too many of something, or something too large: `count` says how much of it."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from .networks import integers, model, weight

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
YES = numpy_helper.from_array(np.array(True), "yes")
node = helper.make_node


def value(name: str, dims: list[object] | None = None, kind: int = FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, dims)


def chain(kind: str, start: str = "c", **attributes: object):
    """Nodes in a row."""

    def make(count: int) -> ModelProto:
        names = [start, *(f"v{i}" for i in range(count))]
        return model([node(kind, [a], [b], **attributes) for a, b in zip(names, names[1:])])

    return make


def named_nodes(count: int) -> ModelProto:
    """Every node has the name of all others."""
    proto = chain("Relu")(count)
    for each in proto.graph.node[3:]:
        each.name = "relu"
    return proto


# What is pruned.


def layers(count: int) -> ModelProto:
    """Convolutions in a row, each with weights of its own."""
    nodes, weights, last = [], [], "c"
    for i in range(count):
        weights.append(weight(f"v{i}", 4, 4, 1, 1))
        nodes.append(node("Conv", [last, f"v{i}"], [f"h{i}"]))
        last = f"h{i}"
    return model(nodes, weights)


def layers_with_norms(count: int) -> ModelProto:
    nodes, weights, last = [], [weight("n", 4)], "c"
    for i in range(count):
        weights.append(weight(f"v{i}", 4, 4, 1, 1))
        nodes.append(node("Conv", [last, f"v{i}"], [f"h{i}"], name=f"conv{i}"))
        nodes.append(node("BatchNormalization", [f"h{i}", "n", "n", "n", "n"], [f"b{i}"]))
        nodes.append(node("Relu", [f"b{i}"], [f"r{i}"]))
        last = f"r{i}"
    return model(nodes, weights)


def residuals(count: int) -> ModelProto:
    """Every layer's result is added to the sum of those before: one group of all of them."""
    nodes, weights, last = [], [], "c"
    for i in range(count):
        weights.append(weight(f"v{i}", 4, 4, 1, 1))
        nodes.append(node("Conv", ["c", f"v{i}"], [f"h{i}"]))
        nodes.append(node("Add", [last, f"h{i}"], [f"s{i}"]))
        last = f"s{i}"
    return model([*nodes, node("Conv", [last, "v0"], ["y"])], weights)


def dense(count: int) -> ModelProto:
    """Every layer reads a Concat of all before it, two by two: the widths grow with the depth."""
    nodes, weights, last, width = [], [], "c", 4
    for i in range(count):
        weights.append(weight(f"v{i}", 1, width, 1, 1))
        nodes.append(node("Conv", [last, f"v{i}"], [f"h{i}"]))
        nodes.append(node("Concat", [last, f"h{i}"], [f"k{i}"], axis=1))
        last, width = f"k{i}", width + 1
    return model([*nodes, node("Conv", [last, "end"], ["y"])], [*weights, weight("end", 1, width, 1, 1)])


def filters(count: int) -> ModelProto:
    """A layer of many filters with one number each, and another that reads them."""
    nodes = [node("Conv", ["c1", "wide"], ["h"]), node("Conv", ["h", "narrow"], ["y"])]
    first = node("Conv", ["c", "squeeze"], ["c1"])
    return model([first, *nodes], [weight("squeeze", 1, 4, 1, 1), weight("wide", count, 1, 1, 1), weight("narrow", 1, count, 1, 1)])  # fmt: skip


def groups_of_one(count: int) -> ModelProto:
    """A grouped convolution with as many groups as filters."""
    nodes = [node("Conv", ["c1", "wide"], ["h"]), node("Conv", ["h", "deep"], ["d"], group=count)]
    first = node("Conv", ["c", "squeeze"], ["c1"])
    tensors = [("squeeze", (1, 4, 1, 1)), ("wide", (count, 1, 1, 1)), ("deep", (count, 1, 1, 1)), ("narrow", (1, count, 1, 1))]
    return model([first, *nodes, node("Conv", ["d", "narrow"], ["y"])], [weight(name, *dims) for name, dims in tensors])  # fmt: skip


def unresolved(count: int) -> ModelProto:
    """Couplings that cannot be resolved, each of its own."""
    nodes, weights, last = [], [integers("s", [1, 64, 3, 3]), integers("t", [1, 4, 12, 12])], "c"
    for i in range(count):
        weights += [weight(f"v{i}", 9, 4, 1, 1), weight(f"u{i}", 4, 64, 1, 1)]
        nodes.append(node("Conv", [last, f"v{i}"], [f"a{i}"], name=f"conv{i}"))
        nodes.append(node("Reshape", [f"a{i}", "s"], [f"b{i}"]))
        nodes.append(node("Resize", [f"b{i}", "", "", "q"], [f"d{i}"]))
        nodes.append(node("Conv", [f"d{i}", f"u{i}"], [f"e{i}"]))
        last = f"e{i}"
    return model(nodes, [*weights, integers("q", [1, 64, 8, 8])])


def scaled_vectors(count: int) -> ModelProto:
    """One vector that many layers read, as long as they are many."""
    nodes, weights = [], [weight("squeeze", 1, 4, 1, 1), weight("bias", count)]
    first = node("Conv", ["c", "squeeze"], ["c1"])
    for i in range(count):
        weights.append(weight(f"n{i}", 1, 1, 1, 1))
        nodes.append(node("Conv", ["c1", f"n{i}"], [f"h{i}"]))
        nodes.append(node("Add", [f"h{i}", "column"], [f"s{i}"]))
    return model([first, node("Reshape", ["bias", "long"], ["column"]), *nodes], [*weights, integers("long", [1, -1, 1, 1])], output="c")  # fmt: skip


def shared_bias(count: int) -> ModelProto:
    """One weight that all layers read."""
    nodes, last = [], "c"
    for i in range(count):
        nodes.append(node("Conv", [last, "v", "bias"], [f"h{i}"]))
        nodes.append(node("Relu", [f"h{i}"], [f"r{i}"]))
        last = f"r{i}"
    return model(nodes, [weight("v", 4, 4, 1, 1), weight("bias", 4)])


# What has many operands or readers.


def wide_concat(count: int) -> ModelProto:
    nodes = [node("Relu", ["b"], [f"r{i}"]) for i in range(count)]
    nodes.append(node("Concat", [f"r{i}" for i in range(count)], ["all"], axis=1))
    return model([*nodes, node("ReduceMean", ["all"], ["y"], axes=[2, 3])])


def wide_sum(count: int) -> ModelProto:
    return model([node("Sum", ["c"] * count, ["y"])])


def split(count: int) -> ModelProto:
    """A width that is split into single channels, and put together again."""
    first = [node("Conv", ["c", "wide"], ["h"]), node("Split", ["h"], [f"p{i}" for i in range(count)], axis=1)]
    rest = [node("Concat", [f"p{i}" for i in range(count)], ["k"], axis=1), node("Conv", ["k", "narrow"], ["y"])]
    return model([*first, *rest], [weight("wide", count, 4, 1, 1), weight("narrow", 1, count, 1, 1)])


def readers(count: int) -> ModelProto:
    """One value that many nodes read."""
    return model([node("Relu", ["b"], [f"r{i}"]) for i in range(count)], output="c")


def doubling(count: int) -> ModelProto:
    """Concat of a value with itself, again and again: `count` is the width that comes of it."""
    nodes, last = [], "c"
    for i in range((count // 4).bit_length() - 1):
        nodes.append(node("Concat", [last, last], [f"k{i}"], axis=1))
        last = f"k{i}"
    return model([*nodes, node("ReduceMean", [last], ["y"], axes=[1, 2, 3])])


def wide_and_deep(count: int) -> ModelProto:
    """2^12 channels that many nodes hand on."""
    nodes, last = [], "b"
    for i in range(9):
        nodes.append(node("Concat", [last, last], [f"k{i}"], axis=1))
        last = f"k{i}"
    for i in range(count):
        nodes.append(node("Relu", [last], [f"r{i}"]))
        last = f"r{i}"
    return model([*nodes, node("ReduceMean", [last], ["y"], axes=[1, 2, 3])])


# What is not in the right order, or nowhere.


def backwards(count: int) -> ModelProto:
    proto = chain("Relu")(count)
    nodes = list(reversed([NodeProto.FromString(each.SerializeToString()) for each in proto.graph.node]))
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)
    return proto


def cycle(count: int) -> ModelProto:
    proto = chain("Relu", start="v_last")(count)
    proto.graph.node[-1].output[0] = "v_last"
    proto.graph.output[0].name = "c"
    return proto


def dead(count: int) -> ModelProto:
    """Nodes whose results nobody reads, in a row."""
    proto = chain("Relu")(count)
    proto.graph.output[0].name = "c"
    return proto


# Bodies and functions.


def body(name: str, nodes: list[NodeProto], output: str) -> GraphProto:
    return helper.make_graph(nodes, name, [], [value(output)])


def ifs(count: int) -> ModelProto:
    def branch(name: str) -> GraphProto:
        return body(name, [node("Relu", ["c"], [name])], name)

    nodes = [
        node("If", ["yes"], [f"y{i}"], then_branch=branch(f"t{i}"), else_branch=branch(f"e{i}")) for i in range(count)
    ]
    return model(nodes, [YES])


def long_branch(count: int) -> ModelProto:
    """One If with many nodes in both its branches, all with names that the graph has as well."""
    names = ["c", *(f"v{i}" for i in range(count))]
    nodes = [node("Relu", [a], [b]) for a, b in zip(names, names[1:])]
    both = body("then", nodes, names[-1]), body("else", nodes, names[-1])
    return model([node("If", ["yes"], ["y"], then_branch=both[0], else_branch=both[1])], [YES])


def captures(count: int) -> ModelProto:
    """Branches in branches, that read what is far outside."""
    outer = [node("Relu", ["c"], [f"o{i}"]) for i in range(count)]
    nodes = [node("Sum", [f"o{i}" for i in range(count)], ["d0"])]
    for level in range(1, 20):
        other = body("else", [node("Relu", ["c"], [f"e{level}"])], f"e{level}")
        inner = body("then", nodes, nodes[0].output[0])
        nodes = [node("If", ["yes"], [f"d{level}"], then_branch=inner, else_branch=other)]
    return model([*outer, *nodes], [YES])


def loop(turns: int) -> ModelProto:
    state = [value("v", [1, 4, 8, 8])]
    inputs = [value("turn", [], INT64), value("on", [], TensorProto.BOOL), *state]
    outputs = [value("go", [], TensorProto.BOOL), value("w", [1, 4, 8, 8])]
    turn = helper.make_graph([node("Identity", ["on"], ["go"]), node("Relu", ["v"], ["w"])], "body", inputs, outputs)
    return model([node("Loop", ["turns", "yes", "c"], ["y"], body=turn)], [integers("turns", turns), YES])


def nested_ifs(depth: int) -> ModelProto:
    """A branch in a branch in a branch."""
    nodes = [node("Relu", ["c"], ["d0"])]
    for level in range(1, depth + 1):
        other = body("else", [node("Relu", ["c"], [f"e{level}"])], f"e{level}")
        inner = body("then", nodes, nodes[0].output[0])
        nodes = [node("If", ["yes"], [f"d{level}"], then_branch=inner, else_branch=other)]
    return model(nodes, [YES])


def many_functions(count: int) -> ModelProto:
    names = ["c", *(f"v{i}" for i in range(count))]
    proto = model([node(f"F{i}", [a], [b], domain="d") for i, (a, b) in enumerate(zip(names, names[1:]))])
    proto.opset_import.append(helper.make_opsetid("d", 1))
    for i in range(count):
        proto.functions.append(function(f"F{i}", [node("Relu", ["a"], ["b"])]))
    return proto


def function(name: str, nodes: list[NodeProto]) -> onnx.FunctionProto:
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("d", 1)]
    return helper.make_function("d", name, ["a"], ["b"], nodes, opsets)


def calls(count: int) -> ModelProto:
    """One function with a constant, and many calls of it: both grow."""
    names = ["c", *(f"v{i}" for i in range(count))]
    proto = model([node("F", [a], [b], domain="d") for a, b in zip(names, names[1:])])
    proto.opset_import.append(helper.make_opsetid("d", 1))
    constant = node("Constant", [], ["k"], value=numpy_helper.from_array(np.ones(count * 4, np.float32)))
    nodes = [constant, node("ReduceMean", ["k"], ["m"], keepdims=0), node("Mul", ["a", "m"], ["b"])]
    proto.functions.append(function("F", nodes))
    return proto


def function_chain(count: int) -> ModelProto:
    """Functions that call the next one, once."""
    proto = model([node("F0", ["c"], ["y"], domain="d")])
    proto.opset_import.append(helper.make_opsetid("d", 1))
    for i in range(count):
        kind, domain = (f"F{i + 1}", "d") if i + 1 < count else ("Relu", "")
        proto.functions.append(function(f"F{i}", [node(kind, ["a"], ["b"], domain=domain)]))
    return proto


def doubling_functions(count: int) -> ModelProto:
    """Functions that call the next one twice: 2^n calls in all, where n grows with the count."""
    depth = count.bit_length()
    proto = model([node("F0", ["c"], ["y"], domain="d")])
    proto.opset_import.append(helper.make_opsetid("d", 1))
    for i in range(depth):
        kind, domain = (f"F{i + 1}", "d") if i + 1 < depth else ("Relu", "")
        twice = [node(kind, [a], [b], domain=domain) for a, b in (("a", "m"), ("m", "b"))]
        proto.functions.append(function(f"F{i}", twice))
    return proto


# Shapes.


def shape_sums(count: int) -> ModelProto:
    """Long arithmetic on shapes."""
    nodes = [node("Shape", ["c"], ["s0"]), *(node("Add", [f"s{i}", "one"], [f"s{i + 1}"]) for i in range(count))]
    return model([*nodes, node("Identity", [f"s{count}"], ["y"])], [integers("one", [1])], output="c")


def symbol_sums(count: int) -> ModelProto:
    """The same, with lengths that are not known."""
    nodes = [node("Shape", ["x"], ["s0"]), *(node("Add", [f"s{i}", "s0"], [f"s{i + 1}"]) for i in range(count))]
    return model(nodes, output="c", input_dims=["n", 3, "h", "w"])


def symbol_products(count: int) -> ModelProto:
    nodes = [node("Shape", ["x"], ["s0"]), *(node("Mul", [f"s{i}", "s0"], [f"s{i + 1}"]) for i in range(count))]
    return model(nodes, output="c", input_dims=["n", 3, "h", "w"])


def long_shapes(count: int) -> ModelProto:
    """Shapes of 1,000 numbers, in many nodes."""
    nodes = [node("Add", [f"s{i}", "one"], [f"s{i + 1}"]) for i in range(count)]
    return model(nodes, [integers("s0", list(range(1000))), integers("one", [1])], output="c")


def axes(count: int) -> ModelProto:
    """An input with many axes of unknown lengths, and nodes that multiply them."""
    proto = model([node("Flatten", ["z"], ["f"]), node("Size", ["z"], ["n"]), node("Reshape", ["z", "s"], ["r"])], [integers("s", [-1])], output="c")  # fmt: skip
    proto.graph.input.append(value("z", [f"a{i}" for i in range(count)]))
    return proto


def reshapes(count: int) -> ModelProto:
    """Reshapes in a row, whose targets are computed from the value before."""
    nodes, last = [], "c"
    for i in range(count):
        nodes += [node("Shape", [last], [f"s{i}"]), node("Reshape", [last, f"s{i}"], [f"r{i}"])]
        last = f"r{i}"
    return model(nodes, input_dims=["n", 3, 8, 8])


def transposes(count: int) -> ModelProto:
    """A weight that is transposed again and again on its way to its layer."""
    nodes, last = [], "v"
    for i in range(count):
        nodes.append(node("Transpose", [last], [f"t{i}"], perm=[1, 0, 2, 3]))
        last = f"t{i}"
    return model([*nodes, node("Conv", ["c", last], ["d"]), node("Conv", ["d", "v"], ["y"])], [weight("v", 4, 4, 1, 1)])


# What is only there.


def metadata(count: int) -> ModelProto:
    proto = model()
    for i in range(count):
        entry = proto.metadata_props.add()
        entry.key, entry.value = f"key {i}", "value"
    return proto


def inputs(count: int) -> ModelProto:
    proto = model()
    proto.graph.input.extend(value(f"x{i}", [1]) for i in range(count))
    return proto


def outputs(count: int) -> ModelProto:
    proto = readers(count)
    proto.graph.output.extend(value(f"r{i}") for i in range(count))
    return proto


def initializers(count: int) -> ModelProto:
    return model(weights=[weight(f"u{i}", 1) for i in range(count)])


def overridable(count: int) -> ModelProto:
    """Layers whose weights are inputs as well."""
    proto = layers(count)
    proto.graph.input.extend(value(f"v{i}", [4, 4, 1, 1]) for i in range(count))
    return proto


def value_infos(count: int) -> ModelProto:
    proto = chain("Relu")(count)
    proto.graph.value_info.extend(value(f"v{i}", [1, 4, 8, 8]) for i in range(count))
    return proto


def opsets(count: int) -> ModelProto:
    proto = model()
    proto.opset_import.extend(helper.make_opsetid(f"d{i}", 1) for i in range(count))
    return proto


def unknown_domains(count: int) -> ModelProto:
    """Operators that nobody knows, each of its own domain."""
    names = ["c", *(f"v{i}" for i in range(count))]
    return model([node(f"Op{i}", [a], [b], domain=f"d{i}") for i, (a, b) in enumerate(zip(names, names[1:]))])


def attributes(count: int) -> ModelProto:
    """A node with many attributes."""
    proto = model([node("Mystery", ["c"], ["y"], domain="d")])
    proto.graph.node[3].attribute.extend(helper.make_attribute(f"a{i}", i) for i in range(count))
    return proto


def operands(count: int) -> ModelProto:
    return model([node("Mystery", ["c"] * count, [f"y{i}" for i in range(count)], domain="d")])


def annotations(count: int) -> ModelProto:
    proto = chain("Relu")(count)
    for i in range(count):
        proto.graph.quantization_annotation.add(tensor_name=f"v{i}")
    return proto


def long_name(count: int) -> ModelProto:
    """A name that is long, in many places."""
    proto = chain("Relu")(100)
    for each in proto.graph.node:
        each.name = "n" * count
    return proto


def long_values(count: int) -> ModelProto:
    """Names of values that only differ at their ends."""
    names = ["c", *("v" * count + str(i) for i in range(100))]
    return model([node("Relu", [a], [b]) for a, b in zip(names, names[1:])])


def quantized(count: int) -> ModelProto:
    nodes, weights, last = [], [numpy_helper.from_array(np.array(0.1, np.float32), "scale")], "c"
    for i in range(count):
        weights.append(numpy_helper.from_array(np.ones((4, 4, 1, 1), np.int8), f"q{i}"))
        nodes.append(node("DequantizeLinear", [f"q{i}", "scale"], [f"w{i}q"]))
        nodes.append(node("Conv", [last, f"w{i}q"], [f"h{i}"]))
        last = f"h{i}"
    return model(nodes, weights)
