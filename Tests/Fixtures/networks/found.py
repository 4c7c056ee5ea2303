"""What random networks (Tests/Oracle/test_random.py) brought to light, each cut down to the cause."""

from __future__ import annotations

from onnx import TensorProto, helper

from .builder import Network
from .catalogue import Catalogue

CATALOGUE = Catalogue()
add = CATALOGUE.add

FLOAT = TensorProto.FLOAT


def start(net: Network) -> str:
    return net.op("MatMul", net.input(["batch", 20], "features"), net.weight("fc1.weight", [20, 16], 20))


def perceptron(net: Network, x: str) -> None:
    """Two products without a bias: no constant but their weights says what rank they have."""
    x = net.relu(net.op("MatMul", x, net.weight("fc2.weight", [16, 12], 16)))
    x = net.op("MatMul", x, net.weight("fc3.weight", [12, 4], 12), output="logits")
    net.output(x, ["batch", 4])


@add(
    "found-behind-function",
    "products behind a function of the model, whose output has a shape only if one looks inside",
    prunable="fc2.weight",
)
def behind_function(net: Network) -> None:
    net.domains["local"] = 1
    opsets = [helper.make_opsetid("", net.opset)]
    swish = [helper.make_node("Sigmoid", ["x"], ["gate"]), helper.make_node("Mul", ["x", "gate"], ["y"])]
    net.functions.append(helper.make_function("local", "Swish", ["x"], ["y"], swish, opsets))
    perceptron(net, net.op("Swish", start(net), domain="local"))


@add("found-behind-if", "products behind an If whose branches say no shape", prunable="fc2.weight")
def behind_if(net: Network) -> None:
    x = start(net)
    branches = [
        helper.make_graph(
            [helper.make_node(op, [x], [op.lower()])],
            f"{op}.branch",
            [],
            [helper.make_tensor_value_info(op.lower(), FLOAT, None)],
        )
        for op in ("Tanh", "Relu")
    ]
    condition = net.op("Greater", net.op("ReduceMean", x, keepdims=0), net.constant("limit", 0.0))
    perceptron(net, net.op("If", condition, then_branch=branches[0], else_branch=branches[1]))


@add(
    "found-behind-loop",
    "products behind a Loop: what it carries on may have another shape after every turn, and pins",
    pinned=True,
)
def behind_loop(net: Network) -> None:
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go_in"], ["go_out"]),
            helper.make_node("Tanh", ["state_in"], ["state_out"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go_in", TensorProto.BOOL, []),
            helper.make_tensor_value_info("state_in", FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("go_out", TensorProto.BOOL, []),
            helper.make_tensor_value_info("state_out", FLOAT, None),
        ],
    )
    perceptron(net, net.op("Loop", net.constant("trips", 2), "", start(net), body=body))
