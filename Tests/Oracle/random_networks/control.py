"""Graphs inside graphs: If, Loop, Scan, and functions of the model."""

from __future__ import annotations

from onnx import helper

from .assembly import Assembly
from .blocks import FEATURES, MAP, TOKENS, block, draw_one
from .values import Value

ALL = (MAP, TOKENS, FEATURES)
#: The kinds of a Loop's and Scan's values.
FLOAT, BOOL, INT64 = 1, 9, 7


def body(net: Assembly, name: str, nodes: list, constants: list, inputs: list, outputs: list) -> object:
    """A graph; inputs and outputs are pairs of a name and an element type, without shapes."""
    ends = [
        [helper.make_tensor_value_info(value, kind, shape) for value, kind, shape in side]
        for side in (inputs, outputs)
    ]
    return helper.make_graph(nodes, net.fresh(name), *ends, constants)


@block(*ALL, weight=0.8, since=11)
def branches_of_if(net: Assembly, x: Value) -> Value:
    """Both branches capture the value; the condition is computed from it or constant."""
    width = net.new_width()
    branches = []
    for _ in range(2):
        with net.elsewhere() as (nodes, constants):
            y = draw_one(net, x, keeps=True) if net.chance(0.4) else x
            y = net.to_width(y, width)
            if y.name == x.name:
                y = y.named(net.op("Tanh", y.name))
            branches.append(body(net, "branch", nodes, constants, [], [(y.name, FLOAT, shape_of(net, y))]))
    if net.chance(0.3):
        condition = net.constant(net.fresh("condition"), net.chance(0.5), bool)
    else:
        total = net.op("ReduceMean", x.name, keepdims=0)
        condition = net.op("Greater", total, net.constant(net.fresh("limit"), 0.1))
    return x.named(net.op("If", condition, then_branch=branches[0], else_branch=branches[1]), width)


@block(*ALL, weight=0.6, since=11)
def loop_with_layer(net: Assembly, x: Value) -> Value:
    """A state goes through a layer and an activation a few times; the weight may be the outer graph's."""
    name = net.fresh("loop")
    outer = net.weight(f"{name}.weight", layer_shape(x)) if net.chance(0.4) else ""
    state = x.named(f"{name}.state")
    with net.elsewhere() as (nodes, constants):
        y = applied(net, state, outer or net.weight(f"{name}.inner", layer_shape(x)))
        again = net.op("Identity", f"{name}.go")
        inputs = [(f"{name}.i", INT64, []), (f"{name}.go", BOOL, []), (state.name, FLOAT, None)]
        graph = body(
            net, name, nodes, constants, inputs, [(again, BOOL, []), (y.name, FLOAT, shape_of(net, y))]
        )
    count, go = net.shape_constant(net.between(1, 3)), net.constant(f"{name}.start", True, bool)
    return x.named(net.op("Loop", count, go, x.name, body=graph))


def shape_of(net: Assembly, y: Value) -> list[int | str | None] | None:
    """What a body says of its output: nothing, or each length that is the same in all runs."""
    if net.chance(0.5):
        return None
    known = [run[0] if len(set(run)) == 1 else None for run in zip(*y.extents, strict=True)]
    return [net.batch, *known, y.width] if y.last else [net.batch, y.width, *known]


def layer_shape(x: Value) -> list[int]:
    return [x.width, x.width] if x.last or x.rank == 0 else [x.width, x.width] + [1] * x.rank


def applied(net: Assembly, x: Value, weight: str) -> Value:
    """MatMul or a 1x1 Conv that keeps the width, and Tanh."""
    operator = "MatMul" if x.last or x.rank == 0 else "Conv"
    return x.named(net.op("Tanh", net.op(operator, x.name, weight)))


@block(TOKENS, weight=0.8, ranks=(1,), since=9)
def scan_over_tokens(net: Assembly, x: Value) -> Value:
    """A recurrent layer written as Scan: the state and a token, through a matrix each."""
    width, name = net.between(3, 7), net.fresh("scan")
    steps = net.op("Transpose", x.name, perm=[1, 0, 2])
    start = net.op(
        "MatMul",
        net.reduce("ReduceMean", x.name, [1], keepdims=0),
        net.weight(f"{name}.start", [x.width, width]),
    )
    with net.elsewhere() as (nodes, constants):
        seen = net.op("MatMul", f"{name}.token", net.weight(f"{name}.W", [x.width, width]))
        kept = net.op("MatMul", f"{name}.state", net.weight(f"{name}.R", [width, width]))
        state = net.op("Tanh", net.op("Add", seen, kept))
        shown = net.op("Identity", state)
        shape = [net.batch or "batch", width]
        inputs = [(f"{name}.state", FLOAT, None), (f"{name}.token", FLOAT, None)]
        graph = body(net, name, nodes, constants, inputs, [(state, FLOAT, shape), (shown, FLOAT, shape)])
    _, y = net.many(
        "Scan", [start, steps], [net.fresh("last"), net.fresh("all")], num_scan_inputs=1, body=graph
    )
    return net.linear(x.named(net.op("Transpose", y, perm=[1, 0, 2]), width), net.new_width())


@block(MAP, weight=1, since=13)
def function_with_conv(net: Assembly, x: Value) -> Value:
    """A function of the model, called once or twice, with the weight passed in."""
    domain, name = "local", net.fresh("Layer")
    opsets = [helper.make_opsetid("", net.opset)]
    conv = helper.make_node("Conv", ["x", "w"], ["y"], pads=[1] * (2 * x.rank))
    relu = helper.make_node("Relu", ["y"], ["z"])
    net.functions.append(helper.make_function(domain, name, ["x", "w"], ["z"], [conv, relu], opsets))
    net.domains[domain] = 1
    for _ in range(net.between(1, 2)):
        width = net.new_width()
        weight = net.weight(net.fresh("function.weight"), [width, x.width] + [3] * x.rank)
        x = x.named(net.op(name, x.name, weight, domain=domain), width)
    return net.convolution(x, net.new_width(), 1)


@block(*ALL, weight=0.7, since=13)
def function_of_activation(net: Assembly, x: Value) -> Value:
    domain, name = "local", net.fresh("Swish")
    nodes = [helper.make_node("Sigmoid", ["x"], ["s"]), helper.make_node("Mul", ["x", "s"], ["y"])]
    opsets = [helper.make_opsetid("", net.opset)]
    net.functions.append(helper.make_function(domain, name, ["x"], ["y"], nodes, opsets))
    net.domains[domain] = 1
    return x.named(net.op(name, x.name, domain=domain))
