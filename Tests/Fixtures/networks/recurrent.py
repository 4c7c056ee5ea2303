"""Recurrent layers, of which hidden units go with all of their gates."""

from __future__ import annotations

from .builder import Network
from .catalogue import Catalogue

CATALOGUE = Catalogue()
add = CATALOGUE.add

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def weights(net: Network, name: str, kind: str, width: int, units: int, directions: int) -> list[str]:
    rows = GATES[kind] * units
    return [
        net.weight(f"{name}.W", [directions, rows, width], width),
        net.weight(f"{name}.R", [directions, rows, units], 2 * units),
        net.normal(f"{name}.B", [directions, 2 * rows]),
    ]


@add(
    "lstm-peepholes",
    "an LSTM with first states and peepholes; the last states are read, too",
    prunable="lstm.W lstm.R",
)
def lstm_peepholes(net: Network) -> None:
    x = net.input([7, 1, 6], "steps")
    states = [net.normal(f"lstm.{name}", [1, 1, 10]) for name in ("h", "c")]
    inputs = [x, *weights(net, "lstm", "LSTM", 6, 10, 1), "", *states, net.normal("lstm.P", [1, 30])]
    y, hidden, cell = net.many("LSTM", inputs, ["y", "hidden", "cell"], hidden_size=10)
    y = net.op("Squeeze", y, net.constant("direction", [1]))
    y = net.op("Add", y, net.op("Mul", hidden, cell))
    net.output(net.op("MatMul", y, net.weight("out.weight", [10, 5], 10), output="out"), [7, 1, 5])


@add(
    "gru-both-ways",
    "two bidirectional GRUs: the same unit of both directions goes",
    prunable="first.W first.R second.W second.R",
)
def gru_both_ways(net: Network) -> None:
    x, width = net.input([7, "batch", 6], "steps"), 6
    for name, units in (("first", 10), ("second", 8)):
        y, _ = net.many(
            "GRU", [x, *weights(net, name, "GRU", width, units, 2)], [name, f"{name}.hidden"],
            hidden_size=units, direction="bidirectional", linear_before_reset=1,
        )  # fmt: skip
        joined = net.constant(f"{name}.joined", [0, 0, 2 * units])
        x, width = net.op("Reshape", net.op("Transpose", y, perm=[0, 2, 1, 3]), joined), 2 * units
    net.output(net.op("MatMul", x, net.weight("out.weight", [width, 5], width), output="out"), [7, "batch", 5])


@add("rnn-encoder-decoder", "the last state of one RNN is the first of another", prunable="encoder.W decoder.W")
def rnn_encoder_decoder(net: Network) -> None:
    x, z = net.input([7, "batch", 6], "steps"), net.input([4, "batch", 3], "targets")
    _, hidden = net.many("RNN", [x, *weights(net, "encoder", "RNN", 6, 10, 1)], ["", "hidden"], hidden_size=10)
    inputs = [z, *weights(net, "decoder", "RNN", 3, 10, 1), "", hidden]
    (y,) = net.many("RNN", inputs, ["decoded"], hidden_size=10)
    y = net.op("Squeeze", y, net.constant("direction", [1]))
    net.output(net.op("MatMul", y, net.weight("out.weight", [10, 5], 10), output="out"), [4, "batch", 5])
