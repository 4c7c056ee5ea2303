"""Which layers go around a filling: each recipe of a case is one network.

- `all`: every axis of every operand that holds numbers is made by a layer;
- `only OPERAND`: every axis of that operand, and the others are constants;
- `inputs`: as `all`, but what is not made is an input of the network, lengths and indices too;
- `axis OPERAND AXIS`: one axis, by a layer of any kind, with what lies beside it made, constant, or open;
- `silent`: one axis, where some channels hold one number only, for `--rate 0`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import onnx

from . import makers, readers
from .cases import Case, Operand
from .draws import random
from .engine import Engine, Reference, Untried
from .makers import Maker, Silence
from .net import Net

#: Layers that a recipe of one axis draws from.
LAYERS: tuple[Callable, ...] = (
    Maker.product,
    Maker.left_product,
    Maker.gemm,
    Maker.convolution,
    Maker.transposed_convolution,
    Maker.depthwise_convolution,
)


@dataclass(frozen=True)
class Recipe:
    kind: str
    #: Of ``Case.operands``; none where the recipe is about all.
    operand: int = -1
    axis: int = -1

    def __str__(self) -> str:
        return " ".join([self.kind, *(str(n) for n in (self.operand, self.axis) if n >= 0)])


@dataclass(frozen=True)
class Sandwich:
    name: str
    case: Case
    recipe: Recipe
    model: onnx.ModelProto
    feeds: tuple[dict[str, np.ndarray], ...]
    engine: type[Engine]
    #: Operands' axes that a layer makes, and results' axes that one reads.
    made: frozenset[str]


def recipes(case: Case) -> list[Recipe]:
    made = [place for place, operand in enumerate(case.operands) if is_made(operand)]
    if not made:
        return []
    found = [Recipe("all")]
    if len(case.operands) > 1:
        found += [Recipe("only", place) for place in made]
        found.append(Recipe("inputs"))
    axes = [
        (place, axis)
        for place in made
        for axis, length in enumerate(case.operands[place].value.shape)
        if makers.makes(length)
    ]
    found += [Recipe("axis", place, axis) for place, axis in axes]
    found += [Recipe("silent", place, axis) for place, axis in axes]
    return found


def is_made(operand: Operand) -> bool:
    return not operand.is_parameter and makers.can_make(operand.value, operand.kind)


def build(case: Case, recipe: Recipe) -> Sandwich:
    """- Raises Untried: where the filling does not run between these layers."""
    name = f"{case.name} {recipe}"
    draw = random(name)
    net = Net(case.opset)
    silence = Silence(draw) if recipe.kind == "silent" else None
    made: set[str] = set()
    for place, operand in enumerate(case.operands):
        fill(net, case, recipe, place, operand, draw, silence, made)
    net.nodes += [onnx.NodeProto.FromString(node.SerializeToString()) for node in case.nodes]
    net.initializers += case.initializers

    opsets = case.opsets
    front = net.model(case.outputs, opsets, case.ir_version, case.functions)
    engine, values = Engine.choose(front, net.feeds)
    outputs = []
    for info, value in zip(case.outputs, values, strict=True):
        for part, kind, array in tensors(net, info, value):
            outputs.append(readers.read(net, part, array, kind, info.name, draw))
            made |= {f"{info.name}/{axis}" for axis, n in enumerate(array.shape) if makers.makes(n)}
    if not outputs:
        raise Untried("results that are no tensors")
    model = net.model(outputs, opsets, case.ir_version, case.functions)
    # ONNX Runtime infers wrong shapes of some results, which shows where they are read.
    engine, _ = Engine.choose(model, net.feeds, (engine, Reference))
    return Sandwich(name, case, recipe, model, (net.feeds, mixed(net.feeds)), engine, frozenset(made))


def fill(
    net: Net,
    case: Case,
    recipe: Recipe,
    place: int,
    operand: Operand,
    draw: np.random.Generator,
    silence: Silence | None,
    made: set[str],
) -> None:
    """Gives the filling's operand a value."""
    can = is_made(operand)
    chosen = recipe.operand == place
    if can and (recipe.kind in ("all", "inputs") or (recipe.kind == "only" and chosen)):
        axes = [axis for axis, n in enumerate(operand.value.shape) if makers.makes(n)]
        make(net, operand, axes, Maker.product, draw, silence, [])
        made |= {f"{operand.name}/{axis}" for axis in axes}
        return
    if can and recipe.kind in ("axis", "silent"):
        axis = recipe.axis if chosen else beside(case.operands[recipe.operand], operand, recipe.axis)
        layer = LAYERS[draw.integers(len(LAYERS))] if chosen else Maker.product
        if chosen and silence is None and draw.random() < 0.15:
            return look_up(net, operand, axis, made)
        if axis is not None and (chosen or draw.random() < 0.7):
            opens = draw.random() < 0.3
            others = [a for a in range(operand.value.ndim) if a != axis] if opens else []
            make(net, operand, [axis], layer, draw, silence, others)
            made.add(f"{operand.name}/{axis}")
            return
    if recipe.kind == "inputs" or (recipe.kind in ("axis", "silent") and draw.random() < 0.2):
        net.input(operand.name, operand.value, operand.kind)
    else:
        constant(net, operand)


def look_up(net: Net, operand: Operand, axis: int, made: set[str]) -> None:
    values = makers.rounded(operand.value, operand.kind)
    y = makers.embedding(net, operand.name, values, axis)
    finish(net, operand, makers.as_kind(net, y, operand.kind))
    made.add(f"{operand.name}/{axis}")


def make(
    net: Net,
    operand: Operand,
    axes: list[int],
    layer: Callable,
    draw: np.random.Generator,
    silence: Silence | None,
    open_axes: list[int],
) -> None:
    values = makers.rounded(operand.value, operand.kind)
    maker = Maker(net, operand.name, draw, float(values.min()), float(values.max()), silence)
    # Convolutions' Reshapes speak of lengths, which must then be known.
    reshapes = layer in (Maker.gemm,) or values.ndim < 3
    y = net.input(f"x/{operand.name}", values, open_axes=() if reshapes else open_axes)
    for axis in axes:
        y = layer(maker, y, values.shape, axis)
    finish(net, operand, makers.as_kind(net, y, operand.kind))


def finish(net: Net, operand: Operand, y: str) -> None:
    """The last layer's result gets the name that the filling reads."""
    (index,) = [i for i, output in enumerate(net.nodes[-1].output) if output == y]
    net.nodes[-1].output[index] = operand.name


def constant(net: Net, operand: Operand) -> None:
    tensor = (
        onnx.helper.make_tensor(operand.name, operand.kind, operand.value.shape, raw(operand), raw=True)
        if operand.kind in makers.NO_NUMBERS or operand.kind not in PLAIN
        else None
    )
    if tensor is None:
        net.constant(operand.name, operand.value.astype(onnx.helper.tensor_dtype_to_np_dtype(operand.kind)))
    else:
        net.initializers.append(tensor)


PLAIN = set(range(1, 8)) | {9, 10, 11, 12, 13, 14, 15}


def raw(operand: Operand) -> bytes:
    return onnx.numpy_helper.from_array(operand.value).raw_data


def beside(first: Operand, other: Operand, axis: int) -> int | None:
    """The axis of `other` that is most likely the same as that of `first`."""
    length, difference = first.value.shape[axis], other.value.ndim - first.value.ndim
    for candidate in [axis + difference, axis, *range(other.value.ndim)]:
        if 0 <= candidate < other.value.ndim and other.value.shape[candidate] == length:
            return candidate
    return None


def tensors(net: Net, info: onnx.ValueInfoProto, value: object) -> list[tuple[str, int, np.ndarray]]:
    """The tensors of a result, which may be a sequence of some: name, element type, values."""
    kind = info.type.WhichOneof("value")
    if kind == "tensor_type":
        return [(info.name, info.type.tensor_type.elem_type, np.asarray(value))]
    if kind == "sequence_type" and isinstance(value, list) and net.opset >= 11:
        inner = info.type.sequence_type.elem_type
        if inner.WhichOneof("value") != "tensor_type":
            return []
        parts = []
        for place, part in enumerate(value):
            index = net.constant(net.fresh("place"), np.array(place, np.int64))
            parts.append(
                (net.add("SequenceAt", [info.name, index]), inner.tensor_type.elem_type, np.asarray(part))
            )
        return parts
    return []


def mixed(feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Other numbers of the same range for what layers read."""
    return {
        name: (
            values * np.float32(0.75) + np.roll(values, 1) * np.float32(0.25)
            if name.startswith("x/")
            else values
        )
        for name, values in feeds.items()
    }
