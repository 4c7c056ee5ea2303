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


@add(
    "found-shape-of-another-map",
    "weights over channels, put into the shape of another map that loses channels: that number stays what it is",
    prunable="conv1.weight",
)
def shape_of_another_map(net: Network) -> None:
    x = net.conv_relu(net.input(["batch", 3, "height", "width"], "image"), "conv1", 3, 16)
    shape = net.op("Shape", x)
    lengths = [
        net.op("Gather", shape, net.constant(f"axis{axis}", [axis]), axis=0) for axis in range(4)
    ]
    kept = net.op("Slice", net.op("Shape", x), net.constant("from", [0]), net.constant("to", [1]))
    rows = net.op("Concat", kept, net.constant("rest", [16, -1]), axis=0)
    weights = net.op("Softmax", net.op("Reshape", net.conv(x, "conv2", 16, 16), rows), axis=1)
    back = net.op("Reshape", weights, net.op("Concat", *lengths, axis=0))
    x = net.op("Add", x, net.conv(back, "conv3", 16, 16))
    net.output(net.conv(x, "conv4", 16, 4), ["batch", 4, None, None])


@add(
    "found-written-rows",
    "rows that ScatterND writes: where one were missing, the data below would show",
    prunable="conv2.weight",
)
def written_rows(net: Network) -> None:
    image = net.conv(net.input([2, 3, 4, 4], "image"), "conv1", 3, 6)
    rows = net.constant("rows", [[4], [0], [2], [7], [1], [3]])
    x = net.op("Transpose", image, perm=[1, 0, 2, 3])
    x = net.op("ScatterND", net.normal("below", [8, 2, 4, 4]), rows, x)
    x = net.op("Transpose", x, perm=[1, 0, 2, 3])
    x = net.op("Add", net.conv_relu(x, "conv2", 8, 8), net.conv(image, "beside", 6, 8))
    net.output(net.conv(x, "conv3", 8, 4), [2, 4, 4, 4])


@add(
    "found-normalised-by-the-batch",
    "a normalisation in training mode averages over rows that a layer makes as its channels",
    prunable="conv2.weight",
)
def normalised_by_the_batch(net: Network) -> None:
    x = net.op("Transpose", net.conv(net.input([2, 3, 4, 4], "image"), "conv1", 3, 6), perm=[1, 0, 2, 3])
    scale, shift, mean, variance = (
        net.uniform(name, [2]) for name in ("scale", "shift", "mean", "variance")
    )
    names = ["normalised", "running-mean", "running-variance"]
    x = net.many("BatchNormalization", [x, scale, shift, mean, variance], names, training_mode=1)[0]
    x = net.op("Transpose", x, perm=[1, 0, 2, 3])
    net.output(net.conv(net.conv_relu(x, "conv2", 6, 8), "conv3", 8, 4), [2, 4, 4, 4])
