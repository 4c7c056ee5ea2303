"""Small files that stand for large things (row 51): what they take matters more than what comes of them.

The nodes are behind the network, and named after their results: `bomb y`. A shape that is merely large is no error, the
values are never computed; one that contradicts itself is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from . import growing
from .case import COMPILE, Case
from .networks import integers, model, saved, weight

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
#: Products of it wrap.
HUGE = 1 << 62
MOST, LEAST = 2**63 - 1, -(2**63)


def node(kind: str, inputs: str, outputs: str, **attributes: object) -> NodeProto:
    """Names are separated by spaces; `-` is an operand that is left out."""
    operands = ["" if name == "-" else name for name in inputs.split()]
    return helper.make_node(kind, operands, outputs.split(), name=f"bomb {outputs.split()[0]}", **attributes)


def floats(name: str, values: object) -> TensorProto:
    return numpy_helper.from_array(np.array(values, np.float32), name)


def bomb(name: str, proto: ModelProto, code: int, says: str, *more: str) -> Case:
    return Case(51, name, saved(proto), code, says, (*COMPILE, *more))


def fine(name: str, nodes: Sequence[NodeProto], *weights: TensorProto, **more: object) -> Case:
    return bomb(name, model(nodes, weights, **more), 0, "")


def refused(name: str, nodes: Sequence[NodeProto], *weights: TensorProto, **more: object) -> Case:
    return bomb(name, model(nodes, weights, **more), 1, "'bomb ")


def pinned(name: str, nodes: Sequence[NodeProto], *weights: TensorProto, **more: object) -> Case:
    """Nothing else can be pruned than what the bomb reads."""
    return bomb(name, model(nodes, weights, **more), 3, "'first'")


def constants() -> list[Case]:
    """Constants that a compiler could want to compute: of nobody, as an output, and within."""
    one, wide = floats("one", [1]), integers("s", [1 << 14, 1 << 14])
    many, beyond = [1 << 20, 1 << 20], [HUGE, HUGE]
    sequence = [node("Range", "a0 a1 a2", "r"), node("Cast", "r", "k", to=FLOAT)]
    eye = [node("ConstantOfShape", "s", "e"), node("EyeLike", "e", "k")]
    made = [
        ("ConstantOfShape of 2^28", [node("ConstantOfShape", "s", "k")], [wide]),
        ("ConstantOfShape of 2^40", [node("ConstantOfShape", "s", "k")], [integers("s", many)]),
        ("Expand to 2^28", [node("Expand", "one s", "k")], [one, wide]),
        ("Expand to 2^40", [node("Expand", "one s", "k")], [one, integers("s", many)]),
        ("Tile to 2^28", [node("Tile", "one s", "k")], [one, integers("s", [1 << 28])]),
        ("Tile to 2^40", [node("Tile", "one s", "k")], [one, integers("s", [1 << 40])]),
        ("Pad to 2^28", [node("Pad", "one s", "k")], [one, integers("s", [0, 1 << 28])]),
        ("Pad to 2^63", [node("Pad", "one s", "k")], [one, integers("s", beyond)]),
        ("Range of 2^28", sequence, [integers("a0", 0), integers("a1", 1 << 28), integers("a2", 1)]),
        ("Range of 2^63", sequence, [integers("a0", -HUGE), integers("a1", HUGE), integers("a2", 1)]),
        ("OneHot of 2^28", [node("OneHot", "i d v", "k")], [integers("i", [0]), integers("d", 1 << 28), floats("v", [0, 1])]),
        ("EyeLike of 2^28", eye, [wide]),
        ("Resize to 2^28", [node("Resize", "p - - s", "k")], [floats("p", [[[[1]]]]), integers("s", [1, 1, 1 << 14, 1 << 14])]),
        ("a sum of 2^26", [node("Add", "u v", "k")], [floats("u", [[1]] * 3000), floats("v", [[1] * 3000])]),
        ("random numbers, 2^40", [node("RandomNormal", "", "k", shape=many)], []),
    ]  # fmt: skip
    found = []
    for name, nodes, weights in made:
        mean = [node("ReduceMean", "k", "m", keepdims=0), node("Add", "c m", "y")]
        found.append(fine(f"{name}, of nobody", nodes, *weights, output="c"))
        found.append(fine(f"{name}, as the output", nodes, *weights))
        found.append(fine(f"{name}, its mean", [*nodes, *mean], *weights))
    return found


def weights() -> list[Case]:
    """The same in front of a layer."""
    row, width = weight("o", 1, 4, 1, 1), 1 << 28
    layer = [node("Conv", "c w", "l"), node("GlobalAveragePool", "l", "y")]
    doubled = [node("Concat", "o o", "k0", axis=0)]
    doubled += [node("Concat", f"k{i} k{i}", f"k{i + 1}", axis=0) for i in range(26)]
    zeros = helper.make_sparse_tensor(floats("", [1]), integers("", [0]), [width, 4, 1, 1])
    gather = [node("ConstantOfShape", "s", "i", value=integers("", [0])), node("Gather", "o i", "w", axis=0)]
    bytes_of = [node("ConstantOfShape", "s", "q", value=numpy_helper.from_array(np.ones(1, np.int8)))]
    bytes_of.append(node("DequantizeLinear", "q scale", "w"))
    dims = integers("s", [width, 4, 1, 1])
    products = [node("ConstantOfShape", "s", "k0")]
    products += [node("MatMul", f"k{i} k{i}", f"k{i + 1}") for i in range(300)]
    products += [node("MatMul", "k300 t", "p"), node("Reshape", "p r", "w")]
    thin = [integers("s", [512, 512]), weight("t", 512, 4), integers("r", [512, 4, 1, 1])]
    return [
        fine("weights of 2^30 by ConstantOfShape", [node("ConstantOfShape", "s", "w"), *layer], dims),
        fine("weights of 2^30 by Expand", [node("Expand", "o s", "w"), *layer], row, dims),
        fine("weights of 2^30 by Tile", [node("Tile", "o s", "w"), *layer], row, integers("s", [width, 1, 1, 1])),
        fine("weights of 2^30 by Pad", [node("Pad", "o s", "w"), *layer], row, integers("s", [0, 0, 0, 0, width, 0, 0, 0])),
        fine("weights of 2^30 by Gather", [*gather, *layer], row, integers("s", [width])),
        fine("weights of 2^29 by Concat", [*doubled, node("Identity", "k26", "w"), *layer], row),
        fine("weights of 2^30, quantized", [*bytes_of, *layer], dims, floats("scale", 0.1)),
        fine("weights of 300 products of matrices", [*products, *layer], *thin),
        fine("weights of 2^30, one of them not 0", [node("Constant", "", "w", sparse_value=zeros), *layer]),
    ]  # fmt: skip


def inputs() -> list[Case]:
    def case(name: str, *dims: object) -> Case:
        return fine(f"an input of {name}", [], input_dims=dims)

    return [
        case("2^60 pixels", 1, 3, 1 << 30, 1 << 30),
        case("2^64 pixels", 1, 3, 1 << 32, 1 << 32),
        case("2^63-1 samples", MOST, 3, 8, 8),
        case("2^24 pixels", 1, 3, 1 << 12, 1 << 12),
        case("2^14 samples", 1 << 14, 3, 8, 8),
        case("-1 pixels", 1, 3, -1, -1),
        case("-2^63 pixels", 1, 3, LEAST, 8),
        case("0 pixels", 1, 3, 0, 8),
        bomb("an input of rank 1000", growing.axes(1000), 0, ""),
    ]


def doubled(count: int) -> list[NodeProto]:
    nodes = [node("Concat", "b b", "k0", axis=1)]
    return nodes + [node("Concat", f"k{i} k{i}", f"k{i + 1}", axis=1) for i in range(count - 1)]


def shapes() -> list[Case]:
    def repeated(kind: str, start: str, count: int, **attributes: object) -> list[NodeProto]:
        rest = [node(kind, f"s{i} s{i}", f"s{i + 1}", **attributes) for i in range(count)]
        return [node("Shape", start, "s0"), *rest]

    symbols, mean = ["n", "m", "h", "w"], "ReduceMean"
    relus = [node("Relu", "k12" if i == 0 else f"r{i - 1}", f"r{i}") for i in range(800)]
    long = integers("s", [1] * 3000)
    return [
        pinned("70 doublings of channels", doubled(70), output="c"),
        pinned("20 doublings of channels", doubled(20), output="c"),
        pinned("24 doublings of channels, and their mean", [*doubled(24), node(mean, "k23", "y", axes=[1, 2, 3])]),
        pinned("2^16 channels in 800 nodes", [*doubled(13), *relus, node(mean, "r799", "y", axes=[1, 2, 3])]),
        fine("70 squarings of a shape", repeated("Mul", "c", 70), output="c"),
        fine("40 squarings of symbols", repeated("Mul", "x", 40), output="c", input_dims=symbols),
        fine("100 doublings of symbols", repeated("Add", "x", 100), output="c", input_dims=symbols),
        fine("40 doublings of a shape's length", repeated("Concat", "x", 40, axis=0), output="c", input_dims=symbols),
        bomb("1000 integers in 780 nodes", growing.long_shapes(780), 0, ""),
        bomb("symbols multiplied in 800 nodes", growing.symbol_products(800), 0, ""),
        refused("Reshape to 2^62", [node("Reshape", "c s", "y")], integers("s", [1 << 31, 1 << 31])),
        fine("Reshape to a product that wraps to 256", [node("Reshape", "c s", "y")], integers("s", [1 << 32, 1 << 32, 256])),
        fine("Reshape to 3000 axes", [node("Reshape", "c s", "y")], long),
        fine("Reshape to 3000 axes of -1", [node("Reshape", "c s", "y")], integers("s", [-1] * 3000)),
        fine("Expand to rank 64", [node("Expand", "c s", "y")], integers("s", [2] * 60 + [1, 4, 8, 8])),
        fine("Expand to 2^14 samples", [node("Expand", "c s", "y")], integers("s", [1 << 14, 4, 8, 8])),
        fine("Tile by 2^62", [node("Tile", "c s", "y")], integers("s", [HUGE, 1, 1, 4])),
        pinned("Tile of channels by 2^20", [node("Tile", "b s", "t"), node(mean, "t", "y", axes=[1, 2, 3])], integers("s", [1, 1 << 20, 1, 1])),
        pinned("Pad of channels by 2^24", [node("Pad", "b s", "t"), node(mean, "t", "y", axes=[1, 2, 3])], integers("s", [0, 1 << 24] + [0] * 6)),
        fine("Pad of pixels by 2^12", [node("Pad", "c s", "y")], integers("s", [0, 0, 1 << 12, 1 << 12, 0, 0, 0, 0])),
        fine("Pad of pixels by 2^63", [node("Pad", "c s", "y")], integers("s", [0, 0, HUGE, HUGE, 0, 0, HUGE, HUGE])),
        fine("Resize by 1000", [node("Resize", "c - f", "y")], floats("f", [1, 1, 1000, 1000])),
        fine("Resize by 10^30", [node("Resize", "c - f", "y")], floats("f", [1, 1, 1e30, 1e30])),
        fine("Resize by NaN", [node("Resize", "c - f", "y")], floats("f", [1, 1, np.nan, np.inf])),
        refused("Split with sizes that wrap", [node("Split", "c s", "y z", axis=1)], integers("s", [MOST, 5 + LEAST])),
        refused("DepthToSpace by 2^40", [node("DepthToSpace", "c", "y", blocksize=1 << 40)]),
        refused("SpaceToDepth by 2^40", [node("SpaceToDepth", "c", "y", blocksize=1 << 40)]),
        fine("Slice from -2^63 to 2^63-1", [node("Slice", "c s0 s1 s2 s3", "y")], *bounds(LEAST, MOST, MOST)),
        fine("Slice from 2^63-1 to -2^63", [node("Slice", "c s0 s1 s2 s3", "y")], *bounds(MOST, LEAST, LEAST)),
        refused("Gather with index 2^63-1", [node("Gather", "c i", "y", axis=1)], integers("i", [MOST, LEAST])),
        refused("Gather on axis 2^62", [node("Gather", "c i", "y", axis=HUGE)], integers("i", [0])),
        refused("Transpose by 2^62", [node("Transpose", "c", "y", perm=[0, 1, HUGE, -HUGE])]),
        refused("Flatten on axis -2^63", [node("Flatten", "c", "y", axis=LEAST)]),
        refused("Einsum with a letter twice", [node("Einsum", "c", "y", equation="abcd->" + "abcd" * 25)]),
        fine("Einsum, an outer product of 2^32", [node("Einsum", "c c c c", "y", equation="abcd,efgh,ijkl,mnop->abcdefghijklmnop")]),
        refused("TopK of 2^62", [node("TopK", "c k", "y i", axis=1)], integers("k", [HUGE])),
    ]  # fmt: skip


def bounds(start: int, end: int, step: int) -> list[TensorProto]:
    return [integers(f"s{i}", [number]) for i, number in enumerate((start, end, 1, step))]


def layers() -> list[Case]:
    """Operators that do much with little."""
    up, square = weight("u", 4, 4, 1, 1), weight("q", 4, 4, 3, 3)

    def up_by(name: str, refusal: bool, **attributes: object) -> Case:
        made = refused if refusal else fine
        return made(f"ConvTranspose {name}", [node("ConvTranspose", "c u", "y", **attributes)], up)

    pool = {"kernel_shape": [1 << 40] * 2, "pads": [1 << 39] * 4}
    cell = [weight("l", 2, 1, 3), weight("lw", 1, 8, 3), weight("lr", 1, 8, 2)]
    grid = [node("Expand", "g0 s", "g"), node("GridSample", "c g", "y")]
    square_matrix = [node("Expand", "p s", "e"), node("MatMul", "e e", "y")]
    return [
        up_by("with strides of 600", False, strides=[600, 600]),
        up_by("with strides of 2^40", True, strides=[1 << 40, 1 << 40]),
        up_by("with strides of 2^62", True, strides=[HUGE, HUGE]),
        up_by("to an output of 2^62", True, output_shape=[HUGE, HUGE]),
        fine("Conv with pads of 2000", [node("Conv", "c u", "y", pads=[2000] * 4)], up),
        refused("Conv with pads of 2^62", [node("Conv", "c u", "y", pads=[HUGE] * 4)], up),
        refused("Conv with pads of 2^63-1", [node("Conv", "c u", "y", pads=[MOST] * 4)], up),
        refused("Conv with dilations of 2^62", [node("Conv", "c q", "y", dilations=[HUGE, HUGE], pads=[1] * 4)], square),
        refused("Conv with strides of 2^63-1", [node("Conv", "c u", "y", strides=[MOST, MOST])], up),
        refused("MaxPool with windows of 2^62", [node("MaxPool", "c", "y", kernel_shape=[HUGE] * 2, pads=[1] * 4)]),
        refused("AveragePool with windows of 2^40", [node("AveragePool", "c", "y", count_include_pad=1, **pool)]),
        fine("LRN over 2^62", [node("LRN", "c", "y", size=HUGE + 1)]),
        refused("GroupNormalization of 2^62 groups", [node("GroupNormalization", "c g g", "y", num_groups=HUGE)], weight("g", 4), opset=21),
        fine("LSTM with 2^40 cells", [node("LSTM", "l lw lr", "y", hidden_size=1 << 40)], *cell),
        refused("CumSum on axis 2^62", [node("CumSum", "c n", "y")], integers("n", HUGE)),
        fine("MatMul of 2^13 by 2^13", square_matrix, floats("p", [[1]]), integers("s", [1 << 13, 1 << 13])),
        fine("a grid of 2^26", grid, weight("g0", 1, 1, 1, 2), integers("s", [1, 1 << 13, 1 << 13, 2])),
        fine("RoiAlign to 2^80", [node("RoiAlign", "c r i", "y", output_height=1 << 40, output_width=1 << 40)], weight("r", 1, 4), integers("i", [0])),
        fine("a window of 2^40", [node("HannWindow", "w", "y")], integers("w", 1 << 40)),
        fine("DFT of 2^40", [node("DFT", "d n", "y", axis=1)], weight("d", 1, 8, 1), integers("n", 1 << 40)),
        fine("attention over 2^12 pixels", attention(), integers("s", [1, -1, 1]), input_dims=[1, 3, 32, 32]),
        bomb("geometric median of 3700 filters", growing.filters(3_700), 0, "", "--criterion", "gm"),
    ]  # fmt: skip


def attention() -> list[NodeProto]:
    product = [node("Reshape", "c s", "q"), node("Transpose", "q", "k", perm=[0, 2, 1]), node("MatMul", "q k", "m")]
    return [*product, node("Softmax", "m", "y", axis=-1)]


def control() -> list[Case]:
    twice = growing.doubling_functions(1 << 40)
    return [
        bomb("a Loop of 2^60 turns", growing.loop(1 << 60), 0, ""),
        bomb("If in If, 30 deep", growing.nested_ifs(30), 0, ""),
        Case(51, "functions that call the next one twice, 40 deep", saved(twice), 0, "d.F0", loads=False),
        bomb("functions that call the next one twice, 8 deep", growing.doubling_functions(1 << 7), 0, ""),
        bomb("functions that call the next one, 600 deep", growing.function_chain(600), 0, ""),
        bomb("a constant of 13 kB in a function, 780 calls", growing.calls(780), 0, ""),
    ]


def cases() -> list[Case]:
    return [*constants(), *weights(), *inputs(), *shapes(), *layers(), *control()]
