"""What the compiler infers must be what ONNX infers, or more.

    python Tests/Oracle/test_inference.py [--only 'test_conv*']

Tried on the fixtures and on every model of ONNX's own backend tests, with all that the files state of values
other than the inputs taken away. Where ONNX knows an element type, a rank or a length, the compiler has to
know the same.
"""

from __future__ import annotations

import argparse
import fnmatch
import re
import tempfile
from pathlib import Path

import onnx
import onnx.backend.test

import command
from networks import networks
from tally import Failure, Tally
from test_roundtrip import backend_models

#: Whose operators the compiler knows; others, and functions of the model's own, are kept as they are.
DOMAINS = {"", "ai.onnx", "com.microsoft"}

#: Where ONNX says something wrong, or the compiler is right to say less; by pattern, with the reason.
EXCEPTIONS = {
    "test_optional_get_element_optional_tensor": "types of inputs that are no tensors are kept unread",
}

#: `float[batch, 16, ?]`, `int64`, `?`
TYPE = re.compile(r"(container of )*(?P<type>[?\w]+)(\[(?P<dims>[^\]]*)\])?")


def stripped(path: Path) -> onnx.ModelProto:
    """The model without what it states of results; bodies of control flow as they are."""
    model = onnx.load(path)
    del model.graph.value_info[:]
    made = {name for node in model.graph.node for name in node.output}
    for output in model.graph.output:
        if output.name in made:
            output.ClearField("type")
    return model


def known_to_onnx(model: onnx.ModelProto) -> dict[str, onnx.TypeProto]:
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
    return {info.name: info.type for info in [*inferred.graph.value_info, *inferred.graph.output]}


def known_to_us(path: Path, model: onnx.ModelProto) -> dict[str, tuple[str, list[str] | None]]:
    """Element type and lengths by value: the ends of the lines that the compiler writes for nodes."""
    done = command.run(path, "--dry-run", "--stop-after", "infer-shapes", "--dump-after", "infer-shapes")
    start = re.search(r"^graph .*\n", done.stderr, re.MULTILINE)
    if start is None:
        raise Failure(done.trouble())
    own = {(function.domain, function.name) for function in model.functions}
    # Between the nodes of the graph stand those of bodies, and of functions in place of their calls.
    results = (
        line.rsplit(" -> ", 1)[1]
        for line in done.stderr[start.end() :].split("\n")
        if re.match(r"  \S.* -> ", line)
    )
    known = {}
    for node in model.graph.node:
        if (node.domain, node.op_type) in own or not node.output:
            continue
        first = node.output[0] or "_"
        rest = next((r for r in results if re.match(re.escape(first) + r"(: |, |$)", r)), None)
        if rest is None:
            raise Failure(f"'{first}' is not shown")
        for name in node.output:
            rest = rest.removeprefix(", ").removeprefix(name or "_").removeprefix(": ")
            if name:
                found = TYPE.match(rest)
                dims = found["dims"]
                known[name] = (found["type"], dims if dims is None else [d for d in dims.split(", ") if d])
                rest = rest[found.end() :]
    return known


def unfollowed(model: onnx.ModelProto) -> set[str]:
    """Values that are computed from what the compiler leaves alone: unknown operators, sparse weights."""
    own = {(function.domain, function.name) for function in model.functions}
    found = {sparse.values.name for sparse in model.graph.sparse_initializer}
    for node in model.graph.node:
        is_known = node.domain in DOMAINS and (node.domain, node.op_type) not in own
        if not is_known or found.intersection(node.input):
            found.update(node.output)
    return found


def length(dim: onnx.TensorShapeProto.Dimension, names: set[str]) -> str:
    if dim.HasField("dim_value"):
        # Some exporters write -1 for a length that is open.
        return str(dim.dim_value) if dim.dim_value >= 0 else "?"
    return dim.dim_param if dim.dim_param in names else "?"


def contradiction(theirs: onnx.TypeProto, ours: tuple[str, list[str] | None], names: set[str]) -> str | None:
    """What ONNX knows and the compiler does not, or knows otherwise. `names` are those of lengths."""
    tensor = theirs.tensor_type
    element, dims = ours
    if tensor.elem_type:
        wanted = onnx.TensorProto.DataType.Name(tensor.elem_type).lower()
        if element != wanted:
            return f"type {element}, not {wanted}"
    if not tensor.HasField("shape"):
        return None
    wanted = [length(dim, names) for dim in tensor.shape.dim]
    if dims is None:
        return f"no rank, not [{', '.join(wanted)}]"
    # A length that ONNX calls by a name may be known to be a number.
    fits = len(dims) == len(wanted) and all(
        theirs in ("?", ours) or (not theirs.isdigit() and ours.isdigit())
        for theirs, ours in zip(wanted, dims, strict=True)
    )
    return None if fits else f"shape [{', '.join(dims)}], not [{', '.join(wanted)}]"


def test_inference(path: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        model = stripped(path)
        file = Path(name) / "stripped.onnx"
        file.write_bytes(model.SerializeToString())
        try:
            theirs = known_to_onnx(model)
        except onnx.shape_inference.InferenceError:
            theirs = {}
        ours = known_to_us(file, model)
    names = {
        dim.dim_param
        for value in model.graph.input
        for dim in value.type.tensor_type.shape.dim
        if dim.HasField("dim_param")
    }
    left_alone = unfollowed(model)
    for value, known in ours.items():
        if value in theirs and value not in left_alone and theirs[value].HasField("tensor_type"):
            found = contradiction(theirs[value], known, names)
            if found:
                raise Failure(f"'{value}' has {found}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="*", metavar="GLOB", help="names of fixtures or of ONNX's tests")
    options = parser.parse_args()
    command.binary()
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        models = [(network.name, network.path) for network in networks()]
        models += backend_models(Path(folder))
        tally.run(
            [
                (name, path)
                for name, path in models
                if fnmatch.fnmatch(name, options.only)
                and not any(fnmatch.fnmatch(name, pattern) for pattern in EXCEPTIONS)
            ],
            test_inference,
        )
    tally.finish()


if __name__ == "__main__":
    main()
