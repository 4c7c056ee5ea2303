"""Writes what PyTorch computes when it trains small networks, so that Swift tests need no PyTorch.

pip install torch onnx numpy
python Tests/Fixtures/training/generate.py [NAME ...]

NAME.npz belongs to ../NAME.onnx, or to NAME.onnx here (`conv-forms`, which this script writes too). The graph is run
node by node in PyTorch, in double precision (Tests/Oracle/training/torch_network.py), and stored as float32:

input, target      seeded; the loss is the mean of ½·(output − target)²
output, loss       of one pass in training mode
gradient/NAME      d loss / d parameter, for every parameter that operators name so
statistic/NAME     running means and variances after that pass
losses             of ten steps of SGD from the same start, on the same batch
trained/NAME       parameters after those steps; LEARNING_RATE, MOMENTUM and WEIGHT_DECAY are below
"""

from __future__ import annotations

import sys
import zlib
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1] / "Oracle/training"))

from torch_network import TorchNetwork  # noqa: E402

NETWORKS = (
    "conv-forms",
    "conv-1d",
    "conv-3d",
    "conv-grouped",
    "conv-depthwise",
    "conv-depthwise-multiplier",
    "conv-transpose",
    "conv-transpose-grouped",
    "batchnorm-of-features",
    "residual-option-a",
    "residual-projection",
    "se-gate-conv",
    "se-gate-linear",
    "dense-block",
    "inverted-residual",
    "shufflenet-unit",
    "flatten-gemm",
    "layer-norm-block",
    "convnext-block",
)
LEARNING_RATE, MOMENTUM, WEIGHT_DECAY = 0.05, 0.9, 0.01
STEPS, BATCH, OPEN_LENGTH = 10, 4, 5
#: Which operands are learned.
PARAMETERS = {
    "Conv": (1, 2),
    "ConvTranspose": (1, 2),
    "Gemm": (1, 2),
    "MatMul": (0, 1),
    "Add": (0, 1),
    "Mul": (0, 1),
    "BatchNormalization": (1, 2),
    "LayerNormalization": (1, 2),
}


def conv_forms() -> onnx.ModelProto:
    """Odd channel counts; groups, strides, dilations, pads that differ on every side; kernels that are not square."""
    random = np.random.default_rng(5)
    weights, nodes, before = [], [], "image"

    def weight(name: str, *dims: int) -> str:
        scale = 1 / np.sqrt(max(np.prod(dims[1:]), 1))
        weights.append(numpy_helper.from_array(random.normal(0, scale, dims).astype(np.float32), name))
        return name

    forms = [
        (7, 3, (3, 3), {"strides": [1, 1], "pads": [0, 1, 2, 1]}),
        (5, 7, (1, 3), {"strides": [2, 1], "pads": [0, 2, 1, 0]}),
        (15, 1, (3, 2), {"group": 5, "pads": [2, 0, 1, 1], "dilations": [2, 1]}),
        (9, 5, (5, 3), {"group": 3, "strides": [2, 3], "pads": [3, 1, 0, 2]}),
        (11, 9, (1, 1), {}),
    ]
    for index, (filters, share, kernel, attributes) in enumerate(forms):
        operands = [before, weight(f"w{index}", filters, share, *kernel)]
        if index != 1:
            operands.append(weight(f"b{index}", filters))
        nodes.append(helper.make_node("Conv", operands, [f"c{index}"], f"conv{index}", **attributes))
        nodes.append(helper.make_node("Relu", [f"c{index}"], [f"r{index}"], f"relu{index}"))
        before = f"r{index}"
    nodes += [
        helper.make_node("GlobalAveragePool", [before], ["pooled"], "pool"),
        helper.make_node("Flatten", ["pooled"], ["features"], "flatten"),
        helper.make_node("Gemm", ["features", weight("w", 5, 11), weight("b", 5)], ["logits"], "fc", transB=1),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, 13, 11])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 5])
    graph = helper.make_graph(nodes, "conv-forms", [image], [logits], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def parameters(graph: onnx.GraphProto) -> set[str]:
    """Initializers that operators name as parameters, also where they are stored transposed; a single number is a
    formula's, not a layer's."""
    source = {i.name: i.name for i in graph.initializer if i.data_type == TensorProto.FLOAT and np.prod(i.dims) > 1}
    for node in graph.node:
        if node.op_type == "Transpose" and node.input[0] in source:
            source[node.output[0]] = source[node.input[0]]
    return {
        source[node.input[position]]
        for node in graph.node
        for position in PARAMETERS.get(node.op_type, ())
        if position < len(node.input) and node.input[position] in source
    }


def make(name: str) -> dict[str, np.ndarray]:
    path = FOLDER.parent / f"{name}.onnx"
    if name == "conv-forms":
        path = FOLDER / f"{name}.onnx"
        onnx.save(conv_forms(), path)
    graph = onnx.load(path).graph
    known = {i.name for i in graph.initializer}
    (port,) = [i for i in graph.input if i.name not in known]
    lengths = [d.dim_value or OPEN_LENGTH for d in port.type.tensor_type.shape.dim]
    random = np.random.default_rng(zlib.crc32(name.encode()))
    x = random.standard_normal([BATCH, *lengths[1:]], np.float32)
    trained = parameters(graph)

    network = TorchNetwork(str(path), trained, torch.float64)
    output = network(torch.from_numpy(x))
    target = random.standard_normal(tuple(output.shape), np.float32)

    def loss(output: torch.Tensor) -> torch.Tensor:
        return (0.5 * (output - torch.from_numpy(target)) ** 2).mean()

    value = loss(output)
    value.backward()
    result = {"input": x, "target": target, "output": output, "loss": value}
    for key, parameter in network.parameters.items():
        result[f"gradient/{key}"] = parameter.grad.clone()
    for node in graph.node:
        if node.op_type == "BatchNormalization":
            for key in node.input[3:5]:
                result[f"statistic/{key}"] = network.constants[key].clone()

    network = TorchNetwork(str(path), trained, torch.float64)
    optimizer = torch.optim.SGD(
        network.parameters.values(), lr=LEARNING_RATE, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY
    )
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        value = loss(network(torch.from_numpy(x)))
        value.backward()
        optimizer.step()
        losses.append(value.item())
    result["losses"] = np.array(losses)
    for key, parameter in network.parameters.items():
        result[f"trained/{key}"] = parameter
    return {
        key: np.asarray(v.detach().numpy() if isinstance(v, torch.Tensor) else v, np.float32)
        for key, v in result.items()
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name in sys.argv[1:] or NETWORKS:
        arrays = make(name)
        np.savez_compressed(FOLDER / f"{name}.npz", **arrays)
        size = (FOLDER / f"{name}.npz").stat().st_size
        print(f"{name}: {len(arrays)} arrays, {size / 1e3:.1f} kB, losses {arrays['losses'][0]:.4f} {arrays['losses'][-1]:.4f}")
