"""Networks in which somebody else has already zeroed filters: what may go, and what only looks like it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from onnx import numpy_helper

from .builder import Network
from .catalogue import Catalogue

CATALOGUE = Catalogue()
add = CATALOGUE.add

IMAGE = ["batch", 3, 12, 12]
ZEROED = [1, 4, 5, 9]


def change(net: Network, name: str, edit: Callable[[np.ndarray], None]) -> None:
    """Applies `edit` to an initializer's values."""
    tensor = next(t for t in net.initializers if t.name == name)
    array = numpy_helper.to_array(tensor).copy()
    edit(array)
    tensor.CopyFrom(numpy_helper.from_array(array, name))


def zero_rows(net: Network, *names: str) -> None:
    for name in names:
        change(net, name, lambda array: array.__setitem__(ZEROED, 0))


@add(
    "zeroed-filters",
    "filters 1, 4, 5, 9 are zero, with their BatchNormalization: `--rate 0` removes them",
    prunable="conv1.weight conv2.weight",
)
def zeroed_filters(net: Network) -> None:
    x = net.relu(net.batch_norm(net.conv(net.input(IMAGE), "conv1", 3, 12, bias=False), "bn1", 12))
    net.head(net.conv_relu(x, "conv2", 12, 10), 10)
    zero_rows(net, "conv1.weight", "bn1.scale", "bn1.bias")


@add(
    "zeroed-filters-only",
    "zero filters that the BatchNormalization makes constants of: `--rate 0` must not just remove them",
    prunable="conv1.weight conv2.weight",
)
def zeroed_filters_only(net: Network) -> None:
    x = net.relu(net.batch_norm(net.conv(net.input(IMAGE), "conv1", 3, 12, bias=False), "bn1", 12))
    net.head(net.conv_relu(x, "conv2", 12, 10), 10)
    zero_rows(net, "conv1.weight")


@add(
    "zeroed-consumers",
    "nothing reads channels 1, 4, 5 and 9: the columns of the consumer are zero",
    prunable="conv1.weight conv2.weight",
)
def zeroed_consumers(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    net.head(net.conv_relu(x, "conv2", 12, 10), 10)
    change(net, "conv2.weight", lambda w: w.__setitem__((slice(None), ZEROED), 0))


@add(
    "zeroed-residual",
    "filters of one side of an addition are zero, of the other not",
    prunable="conv1.weight conv2.weight",
)
def zeroed_residual(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    net.head(net.relu(net.op("Add", x, net.conv(x, "conv2", 12, 12))), 12)
    zero_rows(net, "conv2.weight", "conv2.bias")


@add(
    "zeroed-residual-both",
    "the same filters are zero on both sides of an addition",
    prunable="conv1.weight conv2.weight",
)
def zeroed_residual_both(net: Network) -> None:
    zeroed_residual(net)
    zero_rows(net, "conv1.weight", "conv1.bias")


@add(
    "zeroed-sigmoid",
    "zeroed filters before Sigmoid are constants of one half",
    prunable="conv1.weight",
)
def zeroed_sigmoid(net: Network) -> None:
    x = net.op("Sigmoid", net.conv(net.input(IMAGE), "conv1", 3, 12))
    net.head(net.conv_relu(x, "conv2", 12, 10), 10)
    zero_rows(net, "conv1.weight", "conv1.bias")


@add(
    "zeroed-chain",
    "a removed filter leaves another without a reader: a second round finds it",
    prunable="conv1.weight conv2.weight conv3.weight",
)
def zeroed_chain(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.conv_relu(x, "conv2", 12, 12, bias=False)
    x = net.conv_relu(x, "conv3", 12, 10)
    net.head(x, 10)
    zero_rows(net, "conv2.weight")
    readers = [row for row in range(12) if row not in ZEROED]
    change(net, "conv2.weight", lambda w: w.__setitem__((readers, slice(0, 3)), 0))


@add("zeroed-all", "every filter of a convolution is zero: one must stay", prunable="conv1.weight")
def zeroed_all(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12, bias=False)
    net.head(net.conv_relu(x, "conv2", 12, 10), 10)
    change(net, "conv1.weight", lambda w: w.fill(0))


@add("equal-scores", "all filters have equal norms: the first ones by index go", prunable="conv1.weight")
def equal_scores(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    net.head(net.conv_relu(x, "conv2", 12, 10), 10)
    change(net, "conv1.weight", lambda w: w.__setitem__(slice(None), np.sign(w) * np.float32(0.25)))
