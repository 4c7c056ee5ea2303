"""Matrix products: Gemm in its transpositions, MatMul on both sides, weights behind a Transpose."""

from __future__ import annotations

import numpy as np

from .builder import Network
from .catalogue import Catalogue

CATALOGUE = Catalogue()
add = CATALOGUE.add

FEATURES = ["batch", 20]


@add("gemm-transposed-weight", "transB = 1, weights [out, in]", prunable="fc1.weight fc2.weight")
def gemm_transposed_weight(net: Network) -> None:
    x = net.relu(net.gemm(net.input(FEATURES), "fc1", 20, 16))
    x = net.relu(net.gemm(x, "fc2", 16, 12))
    net.output(net.gemm(x, "logits", 12, 4), ["batch", 4])


@add(
    "gemm-plain",
    "transB = 0, weights [in, out]; no bias, a scalar bias, alpha and beta",
    prunable="fc1.weight fc2.weight",
)
def gemm_plain(net: Network) -> None:
    x = net.input(FEATURES)
    x = net.relu(net.op("Gemm", x, net.weight("fc1.weight", [20, 16], 20), alpha=0.5))
    bias = net.constant("fc2.bias", 0.25)
    x = net.relu(net.op("Gemm", x, net.weight("fc2.weight", [16, 12], 16), bias, alpha=1.5, beta=0.5))
    row = net.normal("logits.bias", [1, 4])
    net.output(
        net.op("Gemm", x, net.weight("logits.weight", [12, 4], 12), row, output="logits"), ["batch", 4]
    )


@add("gemm-transposed-input", "transA = 1: the features are the rows", prunable="fc1.weight")
def gemm_transposed_input(net: Network) -> None:
    x = net.relu(net.gemm(net.input(FEATURES), "fc1", 20, 16))
    x = net.op("Transpose", x, perm=[1, 0])
    weight, bias = net.weight("logits.weight", [16, 4], 16), net.normal("logits.bias", [4])
    net.output(net.op("Gemm", x, weight, bias, output="logits", transA=1), ["batch", 4])


@add("gemm-weight-first", "Gemm with the weight as A: outputs are rows", prunable="fc1.weight")
def gemm_weight_first(net: Network) -> None:
    x = net.op("Transpose", net.input(FEATURES), perm=[1, 0])
    weight, bias = net.weight("fc1.weight", [16, 20], 20), net.normal("fc1.bias", [16, 1])
    x = net.relu(net.op("Gemm", weight, x, bias, output="fc1"))
    x = net.op("Gemm", net.weight("logits.weight", [4, 16], 16), x, net.normal("logits.bias", [4, 1]))
    net.output(net.op("Transpose", x, output="logits", perm=[1, 0]), ["batch", 4])


@add("matmul-bias", "MatMul and Add, bias on either side", prunable="fc1.weight fc2.weight")
def matmul_bias(net: Network) -> None:
    x = net.op("MatMul", net.input(FEATURES), net.weight("fc1.weight", [20, 16], 20))
    x = net.relu(net.op("Add", x, net.normal("fc1.bias", [16])))
    x = net.op("MatMul", x, net.weight("fc2.weight", [16, 12], 16))
    x = net.relu(net.op("Add", net.normal("fc2.bias", [1, 12]), x))
    net.output(net.op("MatMul", x, net.weight("logits.weight", [12, 4], 12), output="logits"), ["batch", 4])


@add("matmul-sequence", "MatMul of [batch, time, features], both dynamic", prunable="fc1.weight fc2.weight")
def matmul_sequence(net: Network) -> None:
    x = net.op("MatMul", net.input(["batch", "time", 20], "tokens"), net.weight("fc1.weight", [20, 16], 20))
    x = net.relu(net.op("Add", x, net.normal("fc1.bias", [16])))
    x = net.relu(net.op("MatMul", x, net.weight("fc2.weight", [16, 12], 16)))
    net.output(
        net.op("MatMul", x, net.weight("logits.weight", [12, 4], 12), output="logits"), ["batch", "time", 4]
    )


@add(
    "matmul-weight-left", "W x X with the weight on the left: channels on the row axis", prunable="fc1.weight"
)
def matmul_weight_left(net: Network) -> None:
    x = net.op("MatMul", net.weight("fc1.weight", [16, 20], 20), net.input(["batch", 20, 7], "tokens"))
    x = net.relu(net.op("Add", x, net.normal("fc1.bias", [16, 1])))
    net.output(net.op("MatMul", net.weight("fc2.weight", [4, 16], 16), x, output="mixed"), ["batch", 4, 7])


@add("matmul-vector", "MatMul with a vector: the features vanish in the product", prunable="fc1.weight")
def matmul_vector(net: Network) -> None:
    x = net.relu(net.gemm(net.input(FEATURES), "fc1", 20, 16))
    net.output(net.op("MatMul", x, net.normal("direction", [16]), output="score"), ["batch"])


@add("matmul-stacked-weight", "MatMul with a weight of three axes: one matrix a head", prunable="fc1.weight")
def matmul_stacked_weight(net: Network) -> None:
    x = net.relu(
        net.op("MatMul", net.input(["batch", 1, 6, 10], "tokens"), net.weight("fc1.weight", [10, 12], 10))
    )
    x = net.op("MatMul", x, net.weight("heads.weight", [3, 12, 8], 12))
    net.output(
        net.op("MatMul", net.relu(x), net.weight("out.weight", [8, 4], 8), output="y"), ["batch", 3, 6, 4]
    )


@add(
    "matmul-transposed-weight",
    "the weight goes through a Transpose in the graph, as exporters leave it without folding",
    prunable="fc1.weight",
)
def matmul_transposed_weight(net: Network) -> None:
    w1 = net.op("Transpose", net.weight("fc1.weight", [16, 20]), perm=[1, 0])
    x = net.op("MatMul", net.input(["batch", "time", 20], "tokens"), w1)
    x = net.relu(net.op("Add", net.normal("fc1.bias", [16]), x))
    w2 = net.op("Transpose", net.weight("fc2.weight", [4, 16]), perm=[1, 0])
    net.output(net.op("MatMul", x, w2, output="logits"), ["batch", "time", 4])


@add(
    "weight-reshaped",
    "the filters are computed from a constant by Reshape, Mul and Cast",
    prunable="conv1.weight",
)
def weight_reshaped(net: Network) -> None:
    x = net.conv_relu(net.input(["batch", 3, 12, 12]), "conv1", 3, 12)
    flat = net.constant(
        "conv2.flat", (net.random.standard_normal([10, 108]) * 8).astype(np.float16), np.float16
    )
    weight = net.op("Cast", flat, to=1)
    weight = net.op("Mul", weight, net.constant("conv2.scale", 0.0155))
    weight = net.op("Reshape", weight, net.constant("conv2.shape", [10, 12, 3, 3]))
    x = net.relu(net.op("Conv", x, weight, output="conv2", pads=[1, 1, 1, 1]))
    net.head(x, 10)


@add(
    "matmul-of-values",
    "X x X': no constant that could be zeroed, so its features are pinned",
    prunable="out.weight",
)
def matmul_of_values(net: Network) -> None:
    x = net.op("MatMul", net.input(["batch", 6, 10], "tokens"), net.weight("fc1.weight", [10, 12], 10))
    gram = net.op("MatMul", x, net.op("Transpose", x, perm=[0, 2, 1]))
    y = net.relu(
        net.op(
            "MatMul",
            net.op("Softmax", gram, axis=-1),
            net.op("MatMul", "tokens", net.weight("out.weight", [10, 9])),
        )
    )
    net.output(net.op("MatMul", y, net.weight("last.weight", [9, 4]), output="y"), ["batch", 6, 4])
