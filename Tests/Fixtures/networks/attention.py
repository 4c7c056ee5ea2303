"""Attention as one operator: ONNX's of opset 23, and those that ONNX Runtime adds."""

from __future__ import annotations

import numpy as np

from .builder import Network
from .catalogue import Catalogue

CATALOGUE = Catalogue()
add = CATALOGUE.add

MICROSOFT = "com.microsoft"
WIDTH = 16


def sequence(net: Network) -> str:
    net.domains[MICROSOFT] = 1
    return net.input(["batch", 6, WIDTH], "tokens")


def projected(net: Network, x: str, name: str, width: int) -> str:
    y = net.op("MatMul", x, net.weight(f"{name}.weight", [WIDTH, width], WIDTH))
    return net.op("Add", y, net.normal(f"{name}.bias", [width]))


def finish(net: Network, x: str, width: int) -> None:
    x = net.relu(net.op("MatMul", x, net.weight("out.weight", [width, 12], width)))
    net.output(net.op("MatMul", x, net.weight("last.weight", [12, 5], 12), output="last"), ["batch", 6, 5])


@add(
    "attention-op",
    "Attention of opset 23 over heads on an axis of their own, with a mask a head",
    prunable="q.weight k.weight v.weight out.weight",
    opset=23,
)
def attention_op(net: Network) -> None:
    x = net.input(["batch", 6, WIDTH], "tokens")
    shape = net.constant("heads", [0, 0, 4, 8])
    parts = [
        net.op("Transpose", net.op("Reshape", projected(net, x, name, 32), shape), perm=[0, 2, 1, 3])
        for name in "qkv"
    ]
    y = net.op("Attention", *parts, net.normal("mask", [1, 4, 6, 6]))
    y = net.op("Reshape", net.op("Transpose", y, perm=[0, 2, 1, 3]), net.constant("joined", [0, 0, 32]))
    finish(net, y, 32)


@add(
    "attention-op-shared",
    "Attention of opset 23 of rank 3: 8 heads of queries on 2 of keys and values; the same query of both groups goes",
    prunable="q.weight out.weight",
    opset=23,
)
def attention_op_shared(net: Network) -> None:
    x = net.input(["batch", 6, WIDTH], "tokens")
    parts = [projected(net, x, "q", 48), projected(net, x, "k", 12), projected(net, x, "v", 12)]
    finish(net, net.op("Attention", *parts, q_num_heads=8, kv_num_heads=2, is_causal=1), 48)


@add(
    "attention-fused",
    "ONNX Runtime's Attention, whose weights make Q, K and V one after the other, of different widths",
    prunable="qkv.weight out.weight",
)
def attention_fused(net: Network) -> None:
    x = sequence(net)
    weight, bias = net.weight("qkv.weight", [WIDTH, 88], WIDTH), net.normal("qkv.bias", [88])
    y = net.op(
        "Attention", x, weight, bias, domain=MICROSOFT, num_heads=4, qkv_hidden_sizes=[32, 32, 24]
    )
    finish(net, y, 24)


@add(
    "attention-multi-head",
    "ONNX Runtime's MultiHeadAttention with biases of Q, K and V in one vector",
    prunable="q.weight k.weight v.weight out.weight",
)
def attention_multi_head(net: Network) -> None:
    x = sequence(net)
    parts = [projected(net, x, "q", 32), projected(net, x, "k", 32), projected(net, x, "v", 24)]
    y = net.op(
        "MultiHeadAttention", *parts, net.normal("qkv.bias", [88]), domain=MICROSOFT, num_heads=4
    )
    finish(net, y, 24)


@add(
    "attention-grouped-query",
    "ONNX Runtime's GroupQueryAttention with Q, K and V in one tensor: 8 heads of queries on 2 of keys",
    prunable="qkv.weight out.weight",
)
def attention_grouped_query(net: Network) -> None:
    net.domains[MICROSOFT] = 1
    x = net.input([1, 6, WIDTH], "tokens")
    y, _, _ = net.many(
        "GroupQueryAttention",
        [
            projected(net, x, "qkv", 96), "", "", "", "",
            net.constant("lengths", [5], np.int32), net.constant("length", 6, np.int32),
        ],
        ["attended", "keys", "values"],
        domain=MICROSOFT, num_heads=8, kv_num_heads=2,
    )  # fmt: skip
    x = net.relu(net.op("MatMul", y, net.weight("out.weight", [64, 12], 64)))
    net.output(net.op("MatMul", x, net.weight("last.weight", [12, 5], 12), output="last"), [1, 6, 5])
