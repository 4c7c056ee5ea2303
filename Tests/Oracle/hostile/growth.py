"""Files that are large where others are small: eight times as much may take eight times as long, and as much memory."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from onnx import ModelProto
from tally import Failure

from . import growing, runner
from .case import COMPILE
from .external import outside
from .growing import chain
from .launcher import Launcher
from .networks import bytes_of, model
from .usage import CONFIGURED, configuration
from .wire import FUNCTION, GRAPH, HEAD, INITIALIZER, NODE, STRING_DATA, field, graph, number

FACTOR = 8
#: What caches that overflow, and the machine's other work, may add.
SLACK, MARGIN_IN_SECONDS = 1.6, 0.15
#: Less than this, beside what the start of the command takes, is not measured.
SMALL_SECONDS, SMALL_BYTES = 0.02, 8 << 20


@dataclass(frozen=True)
class Growth:
    name: str
    #: The files with so many of what there are too many of.
    make: Callable[[Path, int], object]
    count: int
    arguments: tuple[str, ...] = COMPILE
    #: Each with each is what was asked for.
    is_quadratic: bool = False

    @property
    def title(self) -> str:
        return f"growth: {self.name}"


@dataclass(frozen=True)
class Measure:
    code: int
    file_bytes: int
    seconds: float
    peak_bytes: int

    def __str__(self) -> str:
        return f"{self.file_bytes:>11,} B {self.seconds:6.2f} s {self.peak_bytes >> 20:5} MB, exit {self.code}"


def measure(growth: Growth, count: int, launcher: Launcher) -> Measure:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        growth.make(folder, count)
        size = sum(path.stat().st_size for path in folder.iterdir())
        ended = runner.run(launcher, growth.arguments, folder)
    if ended.timed_out:
        raise Failure(f"{size:,} bytes are not done after {runner.TIMEOUT_IN_SECONDS} s")
    if ended.code not in (0, 1, 2, 3, 4):
        raise Failure(f"{size:,} bytes: exit code {ended.code}: {ended.stderr[-200:]!r}")
    return Measure(ended.code, size, ended.cpu_seconds, ended.peak_bytes)


@dataclass(frozen=True)
class Start:
    """What the command takes for next to nothing; a network that it writes needs more of the libraries."""

    compiled: Measure
    refused: Measure

    def least(self, measure: Measure) -> Measure:
        return self.compiled if measure.code == 0 else self.refused


def start(launcher: Launcher) -> Start:
    return Start(
        compiled=measure(Growth("nothing", network(lambda count: model()), 1), 1, launcher),
        refused=measure(Growth("an empty graph", raw(lambda count: graph(b"")), 1), 1, launcher),
    )


def test(growth: Growth, launcher: Launcher, start: Start) -> str:
    """Raises a failure where the large file takes more than its share."""
    small, large = (measure(growth, count, launcher) for count in (growth.count, growth.count * FACTOR))
    least = start.least(small)
    ratio = max(FACTOR, large.file_bytes / small.file_bytes)
    share = SLACK * (ratio * ratio if growth.is_quadratic else ratio)
    seconds = share * max(small.seconds - least.seconds, SMALL_SECONDS) + least.seconds + MARGIN_IN_SECONDS
    if large.seconds > seconds:
        raise Failure(f"time: {small}; {large}")
    memory = SLACK * ratio * max(small.peak_bytes - least.peak_bytes, SMALL_BYTES) + least.peak_bytes
    if large.peak_bytes > memory:
        raise Failure(f"memory: {small}; {large}")
    return f"{small}   {large}"


def raw(data: Callable[[int], bytes]) -> Callable[[Path, int], object]:
    return lambda folder, count: (folder / "in.onnx").write_bytes(data(count))


def network(make: Callable[[int], ModelProto]) -> Callable[[Path, int], object]:
    return raw(lambda count: bytes_of(make(count)))


def wire() -> list[Growth]:
    def repeated(fields: bytes) -> Callable[[Path, int], object]:
        return raw(lambda count: graph(fields * count))

    def strings(count: int) -> bytes:
        head = number(1, count) + number(2, 8) + field(8, b"s")
        return HEAD + field(GRAPH, bytes_of(model().graph) + field(INITIALIZER, head + field(STRING_DATA, b"") * count))

    return [
        Growth("empty nodes", repeated(field(NODE, b"")), 100_000),
        Growth("empty initializers", repeated(field(INITIALIZER, b"")), 100_000),
        Growth("empty functions", raw(lambda n: HEAD + field(FUNCTION, b"") * n + field(GRAPH, b"")), 100_000),
        Growth("graphs of one model", raw(lambda n: HEAD + field(GRAPH, field(2, b"g")) * n), 100_000),
        Growth("unknown fields", raw(lambda n: bytes_of(model()) + field(2000, b"abc") * n), 100_000),
        Growth("strings of a tensor", raw(strings), 100_000),
        Growth("lengths of a tensor", raw(lambda n: graph(field(INITIALIZER, field(1, b"\x01" * n)))), 1_000_000),
    ]


def graphs() -> list[Growth]:
    def grows(name: str, make: Callable[[int], ModelProto], count: int, *more: str, quadratic: bool = False) -> Growth:
        return Growth(name, network(make), count, (*COMPILE, *more), quadratic)

    small_target = ("in.onnx", "-o", "out.onnx", "--target-params", "0.9", "--global")
    reports = ("--report", "r.html", "--report", "r.json", "--report", "r.md", "--save-plan", "p.json")
    g = growing
    return [
        grows("nodes in a row", chain("Relu"), 8_000),
        grows("nodes of operators that nobody knows", chain("Mystery"), 8_000),
        grows("nodes that give shapes", chain("Shape"), 8_000),
        grows("nodes of one name", g.named_nodes, 4_000),
        grows("nodes that nobody reads", g.dead, 8_000),
        grows("nodes in the wrong order", g.backwards, 8_000),
        grows("nodes in a cycle", g.cycle, 8_000),
        grows("layers", g.layers, 500),
        grows("layers, with reports", g.layers, 500, *reports),
        Growth("layers, to a target", network(g.layers), 300, small_target),
        grows("layers with normalisations", g.layers_with_norms, 300),
        grows("layers in one group", g.residuals, 300),
        grows("layers of one weight", g.shared_bias, 500),
        grows("layers of quantized weights", g.quantized, 300),
        grows("layers of transposed weights", g.transposes, 4_000),
        grows("layers that read all before", g.dense, 60),
        grows("layers that cannot be pruned", g.unresolved, 300),
        grows("layers whose weights are inputs", g.overridable, 500),
        grows("filters", g.filters, 10_000),
        grows("filters, by geometric median", g.filters, 500, "--criterion", "gm", quadratic=True),
        grows("groups of a convolution", g.groups_of_one, 4_000),
        grows("readers of a vector, and its length", g.scaled_vectors, 500),
        grows("readers of a value", g.readers, 4_000),
        grows("inputs of a Concat", g.wide_concat, 2_000),
        grows("inputs of a Sum", g.wide_sum, 8_000),
        grows("outputs of a Split", g.split, 1_000),
        grows("channels by Concat", g.doubling, 1 << 14),
        grows("nodes of 4,096 channels", g.wide_and_deep, 400),
        grows("inputs", g.inputs, 8_000),
        grows("outputs", g.outputs, 8_000),
        grows("initializers", g.initializers, 8_000),
        grows("value_info", g.value_infos, 4_000),
        grows("metadata", g.metadata, 50_000),
        grows("operator sets", g.opsets, 20_000),
        grows("domains that nobody knows", g.unknown_domains, 4_000),
        grows("attributes of a node", g.attributes, 20_000),
        grows("operands of a node", g.operands, 8_000),
        grows("quantization annotations", g.annotations, 2_000),
        grows("letters of a node's name", g.long_name, 50_000),
        grows("letters of a value's name", g.long_values, 20_000),
        grows("Ifs", g.ifs, 500),
        grows("nodes of a branch", g.long_branch, 500),
        grows("values that inner branches read", g.captures, 500),
        grows("functions", g.many_functions, 1_000),
        grows("functions that call the next one", g.function_chain, 1_000),
        grows("calls of functions that call twice", g.doubling_functions, 1 << 6),
        grows("calls of a function, and its constant", g.calls, 300),
        grows("sums of shapes", g.shape_sums, 2_000),
        grows("sums of symbols", g.symbol_sums, 2_000),
        grows("products of symbols", g.symbol_products, 500),
        grows("shapes of 1,000 integers", g.long_shapes, 50),
        grows("axes of an input", g.axes, 1_000),
        grows("reshapes", g.reshapes, 1_000),
    ]


def others() -> list[Growth]:
    def external(folder: Path, count: int) -> None:
        """Each weight in a file of its own."""
        proto = growing.layers(count)
        for tensor in proto.graph.initializer[2:]:
            (folder / tensor.name).write_bytes(tensor.raw_data)
            outside(tensor, location=tensor.name)
        (folder / "in.onnx").write_bytes(bytes_of(proto))

    def overlapping(folder: Path, count: int) -> None:
        """Tensors that are each most of one file, a byte further on than the one before."""
        proto = growing.initializers(count)
        for place, tensor in enumerate(proto.graph.initializer[2:]):
            tensor.dims[:] = [count * 16]
            outside(tensor, location="w.bin", offset=place)
        (folder / "w.bin").write_bytes(np.zeros(count * 17, np.float32).tobytes())
        (folder / "in.onnx").write_bytes(bytes_of(proto))

    def patterns(folder: Path, count: int) -> None:
        names = "".join(f"  - 'v{i}'\n" for i in range(count))
        configuration(f"rate: 0.5\nignore-layers:\n{names}")(folder)
        (folder / "in.onnx").write_bytes(bytes_of(growing.layers(count)))

    def comment(folder: Path, count: int) -> None:
        configuration("rate: 0.5  # " + "x" * count)(folder)

    def brackets(folder: Path, count: int) -> None:
        configuration("rate: " + "[" * count)(folder)

    return [
        Growth("files of weights", external, 100),
        Growth("tensors that share a file's bytes", overlapping, 200),
        Growth("layers, and patterns that name them", patterns, 100, CONFIGURED, is_quadratic=True),
        Growth("letters of a configuration", comment, 100_000, CONFIGURED),
        Growth("brackets of a configuration", brackets, 10_000, CONFIGURED),
    ]


def cases() -> list[Growth]:
    return [*wire(), *graphs(), *others()]

