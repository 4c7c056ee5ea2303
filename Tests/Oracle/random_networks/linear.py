"""Linear layers on features, tokens and maps whose channels are last."""

from __future__ import annotations

from .assembly import Assembly
from .blocks import FEATURES, MAP, TOKENS, block
from .values import Value


@block(FEATURES, weight=3)
def gemm(net: Assembly, x: Value) -> Value:
    """With either orientation of the weight, alpha and beta, and a bias of several shapes."""
    width, name = net.new_width(), net.fresh("fc")
    transposed = net.between(0, 1)
    shape = [width, x.width] if transposed else [x.width, width]
    inputs = [x.name, net.weight(f"{name}.weight", shape, x.width)]
    if net.opset < 11 or net.chance(0.8):
        bias = net.pick([[width], [width], [1, width], [1]])
        inputs.append(net.normal(f"{name}.bias", bias, 0.3))
    scales = {"alpha": 0.8, "beta": 1.5} if net.chance(0.3) else {}
    y = x.named(net.op("Gemm", *inputs, output=name, transB=transposed, **scales), width)
    return net.activated(y)


@block(FEATURES, weight=1)
def gemm_of_rows(net: Assembly, x: Value) -> Value:
    """transA = 1, or the weight first: the features are rows."""
    width, name = net.new_width(), net.fresh("rows")
    y = net.op("Transpose", x.name, perm=[1, 0])
    if net.chance(0.5):
        inputs = [
            y,
            net.weight(f"{name}.weight", [x.width, width], x.width),
            net.normal(f"{name}.bias", [width], 0.3),
        ]
        return x.named(net.op("Gemm", *inputs, output=name, transA=1), width)
    inputs = [net.weight(f"{name}.weight", [width, x.width]), y, net.normal(f"{name}.bias", [width, 1], 0.3)]
    y = net.op("Gemm", *inputs, output=name)
    return x.named(net.op("Transpose", net.op("Tanh", y), perm=[1, 0]), width)


@block(FEATURES, TOKENS, weight=3)
def multilayer_perceptron(net: Assembly, x: Value) -> Value:
    """Two linear layers, the inner width theirs alone."""
    first = net.fresh("mlp")
    y = net.linear(x, net.new_width() * 2, first)
    # MatMul's weight is [in, out]; what is checked is that the tensor shrank.
    net.expect(first, product=True)
    y = net.activated(y)
    y = net.linear(y, x.width if net.chance(0.6) else net.new_width())
    return y.named(net.op("Add", x.name, y.name)) if y.width == x.width and net.chance(0.7) else y


@block(FEATURES, weight=1)
def norm_of_features(net: Assembly, x: Value) -> Value:
    return net.activated(net.normalised(x))


@block(FEATURES, keeps=False, weight=1)
def features_to_map(net: Assembly, x: Value) -> Value:
    """A generator's start: a linear layer whose output is read as a map."""
    width, side = net.between(3, 8), net.between(2, 4)
    y = net.gemm(x.name, net.fresh("seed"), x.width, width * side * side)
    y = net.reshape(y, [-1 if net.chance(0.5) else net.batch_or_copy, width, side, side])
    return Value(y, width, ((side, side),) * 2)


@block(FEATURES, TOKENS, MAP, since=12, weight=0.8, ranks=(0, 1, 2))
def einsum(net: Assembly, x: Value) -> Value:
    """A linear layer as an equation."""
    width, name = net.new_width(), net.fresh("einsum")
    left = {0: "nc", 1: "ntc", 2: "nhwc"}[x.rank] if x.last or x.rank == 0 else {1: "nct", 2: "nchw"}[x.rank]
    weight = "cd" if net.chance(0.5) else "dc"
    shape = [x.width, width] if weight == "cd" else [width, x.width]
    inputs = [x.name, net.weight(f"{name}.weight", shape, x.width)]
    terms = [left, weight]
    if net.chance(0.3):
        inputs, terms = inputs[::-1], terms[::-1]
    equation = f"{','.join(terms)}->{left.replace('c', 'd')}"
    return x.named(net.op("Einsum", *inputs, output=name, equation=equation), width)


@block(MAP, weight=0.8, ranks=(1,))
def weight_on_the_left(net: Assembly, x: Value) -> Value:
    """W x X: the channels are the rows of the value."""
    width, name = net.new_width(), net.fresh("left")
    y = net.op("MatMul", net.weight(f"{name}.weight", [width, x.width]), x.name)
    if net.chance(0.6):
        y = net.op("Add", y, net.normal(f"{name}.bias", [width, 1], 0.3))
    return x.named(y, width)


@block(MAP, weight=1, ranks=(2,))
def weight_on_the_left_of_flat(net: Assembly, x: Value) -> Value:
    """The map flattened to [N, C, H*W], a matrix in front, and the map again."""
    width, name = net.new_width(), net.fresh("left")
    extents = [net.dimension(x.name, 2), net.dimension(x.name, 3)]
    y = net.op("MatMul", net.weight(f"{name}.weight", [width, x.width]), net.reshape(x.name, [0, 0, -1]))
    batch = net.dimension(x.name, 0)
    return x.named(net.reshape_to(y, [batch, width if net.chance(0.5) else -1, *extents]), width)


@block(MAP, ranks=(1, 2), weight=1.5)
def channels_last_detour(net: Assembly, x: Value) -> Value:
    """ConvNeXt: to NHWC, linear layers over the last axis, and back."""
    there, back = [0, *range(2, x.rank + 2), 1], [0, x.rank + 1, *range(1, x.rank + 1)]
    y = Value(net.op("Transpose", x.name, perm=there), x.width, x.extents, last=True)
    first = net.fresh("pointwise")
    y = net.activated(net.linear(y, 2 * net.new_width(), first))
    net.expect(first, product=True)
    y = net.linear(y, x.width if net.chance(0.6) else net.new_width())
    if net.chance(0.4):
        y = y.named(net.op("Mul", y.name, net.uniform(net.fresh("gamma"), [y.width])))
    z = x.named(net.op("Transpose", y.name, perm=back), y.width)
    return z.named(net.op("Add", x.name, z.name)) if z.width == x.width and net.chance(0.7) else z


@block(FEATURES, TOKENS, weight=0.7)
def weight_for_two(net: Assembly, x: Value) -> Value:
    """Tied weights: the same matrix there, and back through a Transpose."""
    width, name = net.new_width(), net.fresh("tied")
    weight = net.weight(f"{name}.weight", [x.width, width], x.width)
    y = net.op("Tanh", net.op("MatMul", x.name, weight))
    return x.named(net.op("MatMul", y, net.op("Transpose", weight, perm=[1, 0])))


@block(FEATURES, TOKENS, weight=1)
def gated_perceptron(net: Assembly, x: Value) -> Value:
    """SwiGLU: two layers side by side, one gates the other."""
    width, gate, up = 2 * net.new_width(), net.fresh("gate"), net.fresh("up")
    opened = net.linear(x, width, gate)
    opened = net.op("Mul", opened.name, net.op("Sigmoid", opened.name))
    y = x.named(net.op("Mul", net.linear(x, width, up).name, opened), width)
    net.expect(gate, up, product=True)
    return net.linear(y, x.width)
