"""Operators that change the shape around the channels: Reshape, Transpose, Flatten, Squeeze, resizing."""

from __future__ import annotations

import numpy as np
from onnx import numpy_helper

from .builder import Network
from .catalogue import Catalogue

CATALOGUE = Catalogue()
add = CATALOGUE.add

IMAGE = ["batch", 3, 12, 12]
DYNAMIC = ["batch", 3, "height", "width"]


def small_map(net: Network, channels: int = 12) -> str:
    """A convolution to a map of 4x4, the weights `conv1`."""
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, channels)
    return net.op("MaxPool", x, kernel_shape=[3, 3], strides=[3, 3])


def classify(net: Network, x: str, features: int) -> None:
    net.output(net.gemm(x, "logits", features, 5), ["batch", 5])


@add(
    "flatten-gemm",
    "Flatten of CxHxW: every channel is 16 columns of the Gemm",
    prunable="conv1.weight fc1.weight",
)
def flatten_gemm(net: Network) -> None:
    x = net.op("Flatten", small_map(net))
    classify(net, net.relu(net.gemm(x, "fc1", 192, 20)), 20)


@add(
    "flatten-after-transpose", "Flatten of HxWxC: every channel is every 12th column", prunable="conv1.weight"
)
def flatten_after_transpose(net: Network) -> None:
    classify(net, net.op("Flatten", net.op("Transpose", small_map(net), perm=[0, 2, 3, 1]), axis=-3), 192)


@add("reshape-literal", "Reshape with every dimension written out, batch 1", prunable="conv1.weight")
def reshape_literal(net: Network) -> None:
    x = small_map(net)
    net.inputs[0].type.tensor_type.shape.dim[0].dim_value = 1
    x = net.op("Reshape", x, net.constant("shape", [1, 192]))
    net.output(net.gemm(x, "logits", 192, 5), [1, 5])


@add("reshape-copied", "Reshape with 0 and -1, and with -1 first", prunable="conv1.weight fc1.weight")
def reshape_copied(net: Network) -> None:
    x = net.op("Reshape", small_map(net), net.constant("rows", [0, -1]))
    x = net.relu(net.gemm(x, "fc1", 192, 20))
    x = net.op("Reshape", x, net.constant("column", [-1, 20, 1]))
    classify(net, net.op("Reshape", x, net.constant("back", [-1, 20])), 20)


@add(
    "reshape-computed",
    "Reshape to a shape computed by Shape, Gather, Unsqueeze, Concat",
    prunable="conv1.weight",
)
def reshape_computed(net: Network) -> None:
    x = small_map(net)
    batch = net.op("Gather", net.op("Shape", x), net.constant("first", 0), axis=0)
    batch = net.op("Unsqueeze", batch, net.constant("axis", [0]))
    classify(net, net.op("Reshape", x, net.op("Concat", batch, net.constant("rest", [-1]), axis=0)), 192)


@add(
    "reshape-computed-width",
    "the flat width itself is computed: Shape, Slice, ReduceProd",
    prunable="conv1.weight",
)
def reshape_computed_width(net: Network) -> None:
    x = small_map(net)
    shape = net.op("Shape", x)
    zero, one, end = net.constant("zero", [0]), net.constant("one", [1]), net.constant("end", [4])
    batch, rest = net.op("Slice", shape, zero, one), net.op("Slice", shape, one, end)
    width = net.op("ReduceProd", rest, keepdims=1)
    classify(net, net.op("Reshape", x, net.op("Concat", batch, width, axis=0)), 192)


@add(
    "reshape-half-known",
    "the channel count is written beside a computed batch size and multiplied by 16",
    prunable="conv1.weight",
)
def reshape_half_known(net: Network) -> None:
    x = small_map(net)
    shape = net.op("Shape", x)
    batch = net.op("Slice", shape, net.constant("s0", [0]), net.constant("e0", [1]))
    channels = net.op("Slice", shape, net.constant("s1", [1]), net.constant("e1", [2]))
    width = net.op("Mul", channels, net.constant("pixels", [16]))
    x = net.op("Reshape", x, net.op("Concat", batch, width, axis=0))
    x = net.op("Reshape", x, net.op("Concat", batch, net.constant("literal", [12, 16]), axis=0))
    classify(net, net.op("ReduceMean", x, axes=[2], keepdims=0), 12)


@add(
    "reshape-to-sequence",
    "OCR neck: [N,C,H,W] to [N,W,C*H], then per-column Gemm",
    prunable="conv1.weight fc1.weight",
)
def reshape_to_sequence(net: Network) -> None:
    x = net.op("Reshape", small_map(net), net.constant("columns", [0, 48, 4]))
    x = net.op("Transpose", x, perm=[0, 2, 1])
    x = net.relu(net.op("MatMul", x, net.weight("fc1.weight", [48, 16], 48)))
    net.output(net.op("MatMul", x, net.weight("fc2.weight", [16, 6], 16), output="y"), ["batch", 4, 6])


@add(
    "reshape-mixes-batch",
    "Reshape that moves channels across the batch axis: pinned",
    prunable="conv2.weight",
)
def reshape_mixes_batch(net: Network) -> None:
    x = net.op("Reshape", small_map(net), net.constant("odd", [-1, 8, 4, 4]))
    x = net.conv_relu(x, "conv2", 8, 10)
    net.output(net.conv(x, "conv3", 10, 4), ["rows", 4, 4, 4])


@add(
    "transpose-nhwc",
    "a detour through NHWC with a constant a channel on the last axis",
    prunable="conv1.weight conv2.weight",
)
def transpose_nhwc(net: Network) -> None:
    x = net.op("Transpose", net.conv(net.input(IMAGE), "conv1", 3, 12), perm=[0, 2, 3, 1])
    x = net.relu(net.op("Add", x, net.normal("shift", [12])))
    x = net.op("Transpose", x, perm=[0, 3, 1, 2])
    net.head(net.conv_relu(x, "conv2", 12, 10), 10)


@add(
    "nhwc-input",
    "TensorFlow's way: NHWC input, Transposes, MatMul on the last axis",
    prunable="conv1.weight fc1.weight",
)
def nhwc_input(net: Network) -> None:
    x = net.op("Transpose", net.input(["batch", 12, 12, 3]), perm=[0, 3, 1, 2])
    x = net.op("Transpose", net.conv_relu(x, "conv1", 3, 12, auto_pad="SAME_UPPER"), perm=[0, 2, 3, 1])
    x = net.relu(net.op("MatMul", x, net.weight("fc1.weight", [12, 10], 12)))
    x = net.op("ReduceMean", x, axes=[1, 2], keepdims=0)
    net.output(net.op("MatMul", x, net.weight("fc2.weight", [10, 4], 10), output="logits"), ["batch", 4])


@add(
    "squeeze-attribute",
    "Squeeze and Unsqueeze of opset 11 with axes as attributes",
    prunable="conv1.weight",
    opset=11,
)
def squeeze_attribute(net: Network) -> None:
    x = net.op("GlobalAveragePool", small_map(net))
    x = net.op("Unsqueeze", net.op("Squeeze", x, axes=[2, 3]), axes=[1])
    classify(net, net.op("Squeeze", x, axes=[-2]), 12)


@add(
    "squeeze-input",
    "Squeeze and Unsqueeze of opset 13 with axes as inputs, before the channel axis too",
    prunable="conv1.weight",
)
def squeeze_input(net: Network) -> None:
    x = net.op("Squeeze", net.op("GlobalAveragePool", small_map(net)), net.constant("map", [-1, -2]))
    x = net.op("Unsqueeze", x, net.constant("outer", [0, 3]))
    classify(net, net.op("Squeeze", x, net.constant("both", [0, 3])), 12)


@add("squeeze-all", "Squeeze without axes, batch 1", prunable="conv1.weight")
def squeeze_all(net: Network) -> None:
    x = net.op("GlobalAveragePool", small_map(net))
    net.inputs[0].type.tensor_type.shape.dim[0].dim_value = 1
    x = net.op("MatMul", net.op("Squeeze", x), net.weight("fc.weight", [12, 5], 12), output="logits")
    net.output(x, [5])


@add(
    "depth-to-space",
    "DepthToSpace, DCR: 4 channels become one of twice the size",
    prunable="conv1.weight conv2.weight",
)
def depth_to_space(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.op("DepthToSpace", net.conv(x, "conv2", 12, 40), blocksize=2, mode="DCR")
    net.output(net.conv(net.relu(x), "conv3", 10, 3), ["batch", 3, 24, 24])


@add(
    "depth-to-space-crd", "DepthToSpace, CRD, as PyTorch's PixelShuffle", prunable="conv1.weight conv2.weight"
)
def depth_to_space_crd(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.op("DepthToSpace", net.conv(x, "conv2", 12, 40), blocksize=2, mode="CRD")
    net.output(net.conv(net.relu(x), "conv3", 10, 3), ["batch", 3, 24, 24])


@add("space-to-depth", "SpaceToDepth: a channel becomes four", prunable="conv1.weight conv2.weight")
def space_to_depth(net: Network) -> None:
    x = net.op("SpaceToDepth", net.conv_relu(net.input(IMAGE), "conv1", 3, 10), blocksize=2)
    net.head(net.conv_relu(x, "conv2", 40, 12), 12)


@add(
    "pixel-shuffle-composed",
    "PixelShuffle written as Reshape, Transpose, Reshape",
    prunable="conv1.weight conv2.weight",
)
def pixel_shuffle_composed(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.op("Reshape", net.conv(x, "conv2", 12, 40), net.constant("blocks", [-1, 10, 2, 2, 12, 12]))
    x = net.op("Transpose", x, perm=[0, 1, 4, 2, 5, 3])
    x = net.relu(net.op("Reshape", x, net.constant("map", [-1, 10, 24, 24])))
    net.output(net.conv(x, "conv3", 10, 3), ["batch", 3, 24, 24])


@add(
    "resize-scales",
    "Resize by scales, nearest and linear; the other inputs left out",
    prunable="conv1.weight conv2.weight",
)
def resize_scales(net: Network) -> None:
    scales = net.constant("scales", np.array([1, 1, 2, 2], np.float32))
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.op(
        "Resize",
        x,
        "",
        scales,
        mode="nearest",
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    )
    x = net.op("Resize", net.conv_relu(x, "conv2", 12, 10, strides=[2, 2]), "", scales, mode="linear")
    net.output(net.conv(x, "conv3", 10, 3), ["batch", 3, 24, 24])


@add("resize-sizes", "Resize to sizes that name the channel count", prunable="conv1.weight")
def resize_sizes(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    net.inputs[0].type.tensor_type.shape.dim[0].dim_value = 2
    x = net.op("Resize", x, "", "", net.constant("sizes", [2, 12, 20, 18]), mode="nearest")
    net.output(net.conv(x, "conv2", 12, 3), [2, 3, 20, 18])


@add(
    "resize-computed",
    "Resize to another branch's size, computed by Shape, Slice, Concat",
    prunable="conv1.weight conv2.weight",
)
def resize_computed(net: Network) -> None:
    fine = net.conv_relu(net.input(DYNAMIC), "conv1", 3, 12)
    coarse = net.conv_relu(fine, "conv2", 12, 10, strides=[2, 2])
    start, middle, end = net.constant("start", [0]), net.constant("middle", [2]), net.constant("end", [4])
    own = net.op("Slice", net.op("Shape", coarse), start, middle)
    target = net.op("Slice", net.op("Shape", fine), middle, end)
    sizes = net.op("Concat", own, target, axis=0)
    up = net.op(
        "Resize", coarse, "", "", sizes, mode="linear", coordinate_transformation_mode="align_corners"
    )
    x = net.op("Concat", fine, up, axis=1)
    net.output(net.conv(x, "conv3", 22, 3), ["batch", 3, "height", "width"])


@add("upsample-9", "Upsample of opset 9: scales as an input", prunable="conv1.weight", opset=9)
def upsample_9(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    scales = net.constant("scales", np.array([1, 1, 2, 2], np.float32))
    net.output(net.conv(net.op("Upsample", x, scales, mode="nearest"), "conv2", 12, 3), ["batch", 3, 24, 24])


@add("upsample-7", "Upsample of opset 7: scales as an attribute", prunable="conv1.weight", opset=7)
def upsample_7(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    net.output(
        net.conv(net.op("Upsample", x, mode="nearest", scales=[1.0, 1.0, 2.0, 2.0]), "conv2", 12, 3),
        ["batch", 3, 24, 24],
    )


@add(
    "dynamic-shuffle-resize",
    "height and width unknown; shuffle and resize compute their shapes in the graph",
    prunable="conv1.weight conv2.weight",
)
def dynamic_shuffle_resize(net: Network) -> None:
    x = net.conv_relu(net.input(DYNAMIC), "conv1", 3, 12)
    shape = net.op("Shape", x)

    def dimension(index: int) -> str:
        scalar = net.op("Gather", shape, net.constant(f"index{index}", index), axis=0)
        return net.op("Unsqueeze", scalar, net.constant(f"axis{index}", [0]))

    batch, channels, height, width = map(dimension, range(4))
    two = net.constant("two", [2])
    part = net.op("Div", channels, two)
    x = net.op("Reshape", x, net.op("Concat", batch, two, part, height, width, axis=0))
    x = net.op(
        "Reshape",
        net.op("Transpose", x, perm=[0, 2, 1, 3, 4]),
        net.op("Concat", batch, channels, height, width, axis=0),
    )
    x = net.conv_relu(x, "conv2", 12, 10, strides=[2, 2])
    scales = net.constant("scales", np.array([1, 1, 2, 2], np.float32))
    x = net.op("Resize", x, "", scales, mode="nearest")
    net.output(net.conv(x, "conv3", 10, 3), ["batch", 3, "height", "width"])


@add(
    "reshape-after-diamonds",
    "40 gates x Sigmoid(x) before a Shape, a literal shared by two: walking back must not try every path",
    prunable="conv1.weight conv2.weight",
)
def reshape_after_diamonds(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    for _ in range(40):
        x = net.op("Mul", x, net.op("Sigmoid", x))
    y = net.conv_relu(x, "conv2", 12, 12)
    literal = net.constant("literal", [12, -1])

    def flat(value: str) -> str:
        """To [batch, 12, H*W]; both branches read the same literal, and are cut by groups of their own."""
        batch = net.op(
            "Slice",
            net.op("Shape", value),
            net.constant(f"{value}.start", [0]),
            net.constant(f"{value}.end", [1]),
        )
        return net.op("Reshape", value, net.op("Concat", batch, literal, axis=0))

    x = net.op("ReduceMean", flat(x), axes=[2], keepdims=0)
    y = net.op("ReduceMax", flat(y), axes=[2], keepdims=0)
    classify(net, net.op("Concat", x, y, axis=1), 24)


@add(
    "concat-of-rows",
    "Concat along the height, one half with a zeroed filter: a channel of which one part is zero is not zero",
    prunable="left.weight right.weight",
)
def concat_of_rows(net: Network) -> None:
    image = net.input(IMAGE)
    left = net.op("Conv", image, zeroed_filter(net, "left.weight", 0))
    right = net.op("Conv", image, net.uniform("right.weight", [8, 3, 1, 1], -1, 1))
    x = net.relu(net.op("Concat", left, right, axis=2))
    net.head(x, 8)


@add(
    "zeroed-beside-pad",
    "zero-padded channels added to a zeroed filter: together they are zero, also at rate 0",
    prunable="conv1.weight",
)
def zeroed_beside_pad(net: Network) -> None:
    image = net.input(IMAGE)
    short = net.op("Conv", image, net.uniform("conv1.weight", [6, 3, 1, 1], -1, 1))
    padded = net.op("Pad", short, net.constant("pads", [0, 0, 0, 0, 0, 2, 0, 0]))
    long = net.op("Conv", image, zeroed_filter(net, "conv2.weight", 7))
    net.head(net.relu(net.op("Add", padded, long)), 8)


@add(
    "scaled-by-width",
    "a scale that is computed from the number of channels: it has to stay what it was",
    prunable="query.weight",
)
def scaled_by_width(net: Network) -> None:
    x = net.op("MatMul", net.input(["batch", 4, 6]), net.uniform("query.weight", [6, 16], -1, 1))
    width = net.op("Gather", net.op("Shape", x), net.constant("last", -1), axis=0)
    root = net.op("Sqrt", net.op("Cast", width, to=1))
    y = net.op("MatMul", net.op("Div", x, root), net.uniform("out.weight", [16, 5], -1, 1))
    net.output(y, ["batch", 4, 5])


@add(
    "divided-by-width",
    "integers divided by the number of channels, with no float between: it has to stay what it was",
    prunable="query.weight",
)
def divided_by_width(net: Network) -> None:
    x = net.op("MatMul", net.input(["batch", 4, 6]), net.uniform("query.weight", [6, 16], -1, 1))
    width = net.op("Gather", net.op("Shape", x), net.constant("last", -1), axis=0)
    large = net.op("Mul", x, net.constant("thousand", 1000.0))
    whole = net.op("Div", net.op("Cast", large, to=7), width)
    y = net.op("MatMul", net.op("Cast", whole, to=1), net.uniform("out.weight", [16, 5], -1, 1))
    net.output(y, ["batch", 4, 5])


def zeroed_filter(net: Network, name: str, index: int) -> str:
    """A 1x1 convolution's weight of 8 filters, one of which is zero."""
    net.uniform(name, [8, 3, 1, 1], -1, 1)
    tensor = next(t for t in net.initializers if t.name == name)
    values = numpy_helper.to_array(tensor).copy()
    values[index] = 0
    tensor.CopyFrom(numpy_helper.from_array(values, name))
    return name
