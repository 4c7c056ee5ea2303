"""Places where no output can be, or where something is already (rows 42 and 45 to 47)."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

import command
import onnx
from tally import Failure

from .case import COMPILE, Case
from .external import outside
from .networks import fixture, model
from .usage import network


def to(path: str, *more: str) -> tuple[str, ...]:
    return ("in.onnx", "-o", path, "--rate", "0.5", *more)


def larger(folder: Path) -> object:
    """A network whose weights are worth a file of their own."""
    return fixture("conv-chain")(folder)


def made(*steps: Callable[[Path], object]) -> Callable[[Path], None]:
    """The network, and what the steps make."""

    def make(folder: Path) -> None:
        network(folder)
        for step in steps:
            step(folder)

    return make


def link(target: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / "out.onnx").unlink()
        (folder / "out.onnx").symlink_to(target)

    return make


def file(name: str, content: bytes = b"of somebody else") -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)

    return make


def read_only(folder: Path) -> None:
    (folder / "locked").mkdir()
    (folder / "locked").chmod(0o500)


def refused() -> list[Case]:
    """Row 42. Nothing is read-only for root."""

    def case(name: str, path: str, says: str, *more: str, make: Callable[[Path], object] = network) -> Case:
        return Case(42, name, make, 4, says, to(path, *more), file=path)

    plan = to("new.onnx", "--save-plan", "missing/p.json")
    user = [case("a folder that nobody may write to", "locked/out.onnx", "", make=made(read_only))]
    return [
        case("a folder that is missing", "missing/out.onnx", "'missing'"),
        case("a folder", "folder", "is a folder", make=made(lambda f: (f / "folder").mkdir())),
        case("a folder, with a slash", "folder/", "is a folder", make=made(lambda f: (f / "folder").mkdir())),
        case("the folder where it runs", ".", "is a folder"),
        case("a file as a folder", "in.onnx/out.onnx", ""),
        case("a link to itself", "loop", "links", make=made(lambda f: (f / "loop").symlink_to("loop"))),
        case("a link to a folder that is missing", "out.onnx", "missing", make=made(link("missing/out.onnx"))),
        case("a file that is there, and --no-clobber", "out.onnx", "there already", "--no-clobber"),
        case("a name that is too long", "x" * 300, ""),
        Case(42, "a plan in a folder that is missing", network, 4, "'missing'", plan, file="missing/p.json", writes=("new.onnx",)),
        Case(42, "an input that is missing", network, 4, "No such file", ("gone.onnx", "-o", "out.onnx"), file="gone.onnx"),
        Case(42, "a folder as input", made(lambda f: (f / "d").mkdir()), 4, "folder", ("d", "-o", "out.onnx"), file="d"),
        *(user if os.geteuid() else []),
    ]  # fmt: skip


def kept() -> list[Case]:
    """Rows 45 to 47."""

    def same(folder: Path) -> None:
        if onnx.load(folder / "in.onnx").graph.initializer[0].dims[0] != 4:
            raise Failure("the input is not the output")

    def linked(folder: Path) -> None:
        if not (folder / "out.onnx").is_symlink() or onnx.load(folder / "there" / "real.onnx").graph.initializer[0].dims[0] != 4:
            raise Failure("the link was replaced, or not followed")

    def mode(bits: int) -> Callable[[Path], None]:
        def verify(folder: Path) -> None:
            if (found := stat.S_IMODE((folder / "out.onnx").stat().st_mode)) != bits:
                raise Failure(f"the mode is {found:o}, and was {bits:o}")

        return verify

    def chmod(bits: int) -> Callable[[Path], object]:
        return lambda folder: (folder / "out.onnx").chmod(bits)

    blobs = ("out.data", "out.onnx.data", "out.0123456789abcdef.data")
    external = to("out.onnx", "--save-as-external-data")
    return [
        Case(45, "under its name", network, 0, "", to("in.onnx"), writes=("in.onnx",), verify=same),
        Case(45, "under another path", network, 0, "", to("./in.onnx"), writes=("in.onnx",), verify=same),
        Case(45, "by a link", made(link("in.onnx")), 0, "", to("out.onnx"), writes=("in.onnx",), verify=same),
        Case(45, "with a report", network, 0, "", to("in.onnx", "--report", "r.json"), writes=("in.onnx", "r.json"), verify=same),
        Case(45, "beside its weights", in_place, 0, "", to("in.onnx"), writes=("in.onnx", "in.*.data")),
        *(Case(46, name, made(larger, file(name)), 0, "", external, writes=("out.*.data",), verify=has_blob) for name in blobs),
        Case(46, "with the name and other bytes", lambda f: written_before(f, b"another"), 4, r"out\.[0-9a-f]+\.data", external, file="out.onnx"),
        Case(46, "from the run before", written_before, 0, "", external, verify=has_blob),
        Case(46, "of the input", in_place, 0, "", COMPILE, writes=("out.*.data",)),
        Case(47, "a link", made(file("there/real.onnx"), link("there/real.onnx")), 0, "", COMPILE, writes=("there/real.onnx",), verify=linked),
        Case(47, "a link to nothing yet", made(lambda f: (f / "there").mkdir(), link("there/real.onnx")), 0, "", COMPILE, writes=("there/real.onnx",), verify=linked),
        Case(47, "mode 0600", made(chmod(0o600)), 0, "", COMPILE, verify=mode(0o600)),
        Case(47, "mode 0444", made(chmod(0o444)), 0, "", COMPILE, verify=mode(0o444)),
        Case(47, "mode 0777", made(chmod(0o777)), 0, "", COMPILE, verify=mode(0o777)),
    ]  # fmt: skip


def has_blob(folder: Path) -> None:
    """The output's weights are in a file, and it has the name that the output says."""
    initializers = onnx.load(folder / "out.onnx", load_external_data=False).graph.initializer
    names = {entry.value for tensor in initializers for entry in tensor.external_data if entry.key == "location"}
    if len(names) != 1 or not (folder / names.pop()).exists():
        raise Failure(f"the weights are in {names or 'no file'}")


def in_place(folder: Path) -> None:
    """A network whose weights are in w.bin."""
    proto = model()
    (folder / "w.bin").write_bytes(proto.graph.initializer[0].raw_data)
    outside(proto.graph.initializer[0], location="w.bin")
    (folder / "in.onnx").write_bytes(proto.SerializeToString())


def written_before(folder: Path, content: bytes | None = None) -> None:
    """The network, with the file of weights of a run before, or one of that name with other content."""
    larger(folder)
    with tempfile.TemporaryDirectory() as name:
        earlier = Path(name)
        larger(earlier)
        done = command.run(*to("out.onnx", "--save-as-external-data"), "-q", cwd=earlier)
        if done.code:
            raise Failure(done.trouble())
        (blob,) = earlier.glob("out.*.data")
        (folder / blob.name).write_bytes(blob.read_bytes() if content is None else content)


def cases() -> list[Case]:
    return [*refused(), *kept()]
