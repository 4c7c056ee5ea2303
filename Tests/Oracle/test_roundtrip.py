"""`--rate 0` on networks without zeroed filters must write the same model, field by field.

    python Tests/Oracle/test_roundtrip.py [--only 'test_conv*']

Tried on the fixtures and on every model of ONNX's own backend tests: all operators, types, subgraphs,
functions and sequences that ONNX has. `--no-metadata`, or the result would hold the compiler's own notes.
"""

from __future__ import annotations

import argparse
import fnmatch
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import onnx
import onnx.backend.test
from onnx.backend.test.case.node import collect_testcases

import command
import equality
from networks import TOLERANCE, Network, networks
from tally import Failure, Tally

#: Here `--rate 0` has something to remove.
ZEROED = "zeroed-"
#: ... and here that it does is checked.
MUST_SHRINK = ("zeroed-filters", "zeroed-residual-both")


def backend_models(folder: Path) -> Iterator[tuple[str, Path]]:
    """ONNX's tests of whole models, which its package holds, and of nodes, which it builds: into `folder`."""
    data = Path(onnx.backend.test.__file__).parent / "data"
    for path in sorted(data.rglob("*.onnx")):
        yield f"{path.parent.name}/{path.stem}", path
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # their reference results overflow on purpose
        cases = collect_testcases(None)
    for case in cases:
        path = folder / f"{case.name}.onnx"
        path.write_bytes(case.model.SerializeToString())
        yield case.name, path


def compacted(path: Path, folder: Path) -> Path:
    output = folder / "out.onnx"
    done = command.run(path, "-o", output, "--rate", "0", "--no-metadata")
    if done.code != 0:
        raise Failure(done.trouble())
    return output


def first_difference(a: onnx.ModelProto, b: onnx.ModelProto) -> str:
    """The path of the first field that differs, as far down as it can be told."""
    return field_difference(a, b) or "unknown fields"


def field_difference(a: object, b: object) -> str | None:
    for field in a.DESCRIPTOR.fields:
        x, y = getattr(a, field.name), getattr(b, field.name)
        repeated = isinstance(x, (list, tuple)) or hasattr(x, "add") or hasattr(x, "append")
        if repeated:
            if len(x) != len(y):
                return f"{field.name}: {len(x)} and {len(y)} entries"
            for i, (p, q) in enumerate(zip(x, y, strict=True)):
                if p != q:
                    inner = field_difference(p, q) if hasattr(p, "DESCRIPTOR") else None
                    return f"{field.name}[{i}]" + (f".{inner}" if inner else "")
        elif field.has_presence and a.HasField(field.name) != b.HasField(field.name):
            return f"{field.name}: present in one only"
        elif x != y:
            inner = field_difference(x, y) if hasattr(x, "DESCRIPTOR") else None
            return f"{field.name}" + (f".{inner}" if inner else "")
    return None


def test_copy(path: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        before, after = onnx.load(path), onnx.load(compacted(path, Path(name)))
        # Bytes, not `==`: a NaN does not equal itself, and unknown fields count too.
        if before.SerializeToString(deterministic=True) != after.SerializeToString(deterministic=True):
            raise Failure(f"not the same model: {first_difference(before, after)}")


def test_zeroed(network: Network) -> None:
    """What is exactly zero goes, and the outputs of the input itself stay: no channel is zeroed for it."""
    with tempfile.TemporaryDirectory() as name:
        output = compacted(network.path, Path(name))
        found = equality.largest_distance(network.path, output, network.load().graph)
        if not found <= TOLERANCE:
            raise Failure(f"outputs differ by {found:.1e} of their largest magnitude")
        if network.name in MUST_SHRINK and output.stat().st_size >= network.path.stat().st_size:
            raise Failure("nothing was removed")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="*", metavar="GLOB", help="names of fixtures or of ONNX's tests")
    options = parser.parse_args()
    command.binary()
    known = networks(options.only)
    copies = [(network.name, network.path) for network in known if not network.name.startswith(ZEROED)]
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        models = backend_models(Path(folder))
        copies += [(name, path) for name, path in models if fnmatch.fnmatch(name, options.only)]
        tally.run(copies, test_copy)
    tally.run([(n.name, n) for n in known if n.name.startswith(ZEROED)], test_zeroed)
    tally.finish()


if __name__ == "__main__":
    main()
