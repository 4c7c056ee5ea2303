"""Weights in other files: where those may lie, and what they must be (rows 35 to 41)."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, helper, numpy_helper
from tally import Failure

from .case import COMPILE, OLD, Case
from .networks import model, saved, weight

NUMBERS = model().graph.initializer[0].raw_data
Make = Callable[[Path], object]


def outside(tensor: TensorProto, **entries: object) -> None:
    """The tensor's numbers are in a file, as the entries say."""
    tensor.ClearField("raw_data")
    del tensor.external_data[:]
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in entries.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, str(value)


def referring(prepare: Make, **entries: object) -> Make:
    """in.onnx, whose first weight is in a file that `prepare` makes: w.bin, unless the entries name another."""

    def make(folder: Path) -> None:
        proto = model()
        outside(proto.graph.initializer[0], **{"location": "w.bin"} | entries)
        (folder / "in.onnx").write_bytes(proto.SerializeToString())
        prepare(folder)

    return make


def weights(folder: Path) -> None:
    (folder / "w.bin").write_bytes(NUMBERS)


def nothing(folder: Path) -> None:
    """No file of weights."""


def refused(row: int, name: str, make: Make, says: str) -> Case:
    return Case(row, name, make, 1, rf"tensor 'w1'.*({says})")


def accepted(row: int, name: str, make: Make, says: str = "", *more: str) -> Case:
    return Case(row, name, make, 0, says, (*COMPILE, *more), writes=("out.*.data",))


def paths() -> list[Case]:
    """Row 35."""

    def at(name: str, location: str, says: str) -> Case:
        return refused(35, name, referring(weights, location=location), says)

    return [
        at("..", "../w.bin", r"\.\./w\.bin' leaves"),
        at(".. further on", "inner/../../w.bin", "leaves"),
        at(".. that comes back", "inner/../w.bin", "leaves"),
        at("an absolute path", "/etc/passwd", "absolute"),
        at("a file of the system", "/proc/self/environ", "absolute"),
        at("no path", "", "empty"),
        at("a dot", ".", "folder|empty"),
        at("a folder's name", "inner/", "folder"),
        at(".. of Windows", "..\\w.bin", "Windows"),
        at("a drive of Windows", "C:\\w.bin", "Windows|drive"),
        at("a drive, with a slash", "C:/w.bin", "drive|Windows"),
        at("a share of Windows", "\\\\host\\share\\w.bin", "Windows"),
        at("a name of 5,000 letters", "w" * 5_000, "cannot be|too long"),
        at("100,000 folders", "a/" * 100_000 + "w.bin", "cannot be|folder|depth|long"),
        refused(35, "no location", no_location, "location|empty"),
        accepted(35, "a dot before the name", referring(weights, location="./w.bin")),
        accepted(35, "a folder within", referring(within, location="inner/w.bin")),
        Case(35, "a path through NUL", saved(with_nul()), 1, "NUL"),
    ]


def with_nul() -> ModelProto:
    proto = model()
    outside(proto.graph.initializer[0], location="w.bin\0../secret")
    return proto


def no_location(folder: Path) -> None:
    proto = model()
    outside(proto.graph.initializer[0])
    saved(proto)(folder)


def within(folder: Path) -> None:
    (folder / "inner").mkdir()
    (folder / "inner" / "w.bin").write_bytes(NUMBERS)


def kinds() -> list[Case]:
    """Row 36."""

    def file_link(folder: Path) -> None:
        (folder / "real.bin").write_bytes(NUMBERS)
        (folder / "w.bin").symlink_to("real.bin")

    def folder_link(folder: Path) -> None:
        within(folder)
        (folder / "linked").symlink_to("inner")

    def hard_link(folder: Path) -> None:
        (folder / "real.bin").write_bytes(NUMBERS)
        os.link(folder / "real.bin", folder / "w.bin")

    def listening(folder: Path) -> None:
        with socket.socket(socket.AF_UNIX) as open_socket, contextlib.chdir(folder):
            open_socket.bind("w.bin")

    found = [
        refused(36, "a symbolic link", referring(file_link), "symbolic link"),
        refused(36, "a link to a device", referring(lambda f: (f / "w.bin").symlink_to("/dev/zero")), "symbolic link"),
        refused(36, "a link to nothing", referring(lambda f: (f / "w.bin").symlink_to("gone")), "symbolic link"),
        refused(36, "a folder that is a link", referring(folder_link, location="linked/w.bin"), "symbolic link"),
        refused(36, "a hard link", referring(hard_link), "hard link"),
        refused(36, "a FIFO", referring(lambda f: os.mkfifo(f / "w.bin")), "FIFO"),
        refused(36, "a socket", referring(listening), "another kind"),
        refused(36, "a folder", referring(lambda f: (f / "w.bin").mkdir()), "folder"),
        refused(36, "a file as a folder", referring(weights, location="w.bin/w.bin"), "folder"),
    ]
    if os.geteuid() == 0:

        def device(folder: Path) -> None:
            os.mknod(folder / "w.bin", 0o600 | stat.S_IFCHR, os.makedev(1, 5))

        found.append(refused(36, "a device", referring(device), "device"))
    return found


def ranges() -> list[Case]:
    """Row 37."""

    def entry(name: str, says: str, **entries: object) -> Case:
        return refused(37, name, referring(weights, **entries), says)

    return [
        entry("an offset of -4", "-4", offset=-4),
        entry("an offset that is no number", "'x'", offset="x"),
        entry("an offset of nothing", "''", offset=""),
        entry("an offset with a space", "' 0'", offset=" 0"),
        entry("an offset in hexadecimal", "0x10", offset="0x10"),
        entry("an offset with digits of another script", "'٤'", offset="٤"),
        entry("an offset of 2^40", "1099511627776", offset=1 << 40),
        entry("an offset at the end", "864 bytes", offset=864),
        entry("an offset one too large", "864 bytes", offset=1),
        entry("an offset of 2^63-1", "9223372036854775807", offset=2**63 - 1),
        entry("an offset that wraps", "18446744073709551612", offset=2**64 - 4),
        entry("an offset of a thousand digits", "no size", offset="9" * 1000),
        entry("a length of -1", "-1", length=-1),
        entry("a length of 0", "0", length=0),
        entry("a length that wraps", "9223372036854775807", offset=4, length=2**63 - 1),
        entry("a length that is too short", "860", length=860),
        entry("a length that is too long", "868", length=868),
        entry("an offset twice, by another spelling", "0", offset="+0"),
        refused(37, "two offsets", two_offsets, "offset.*twice"),
        refused(37, "gigabytes of a short file", huge_dims, "w.bin"),
        accepted(37, "an offset of 8 bytes", referring(lambda f: (f / "w.bin").write_bytes(bytes(8) + NUMBERS), offset=8)),
        accepted(37, "a length", referring(weights, offset=0, length=864)),
    ]  # fmt: skip


def two_offsets(folder: Path) -> None:
    proto = model()
    outside(proto.graph.initializer[0], location="w.bin", offset=0)
    proto.graph.initializer[0].external_data.append(proto.graph.initializer[0].external_data[1])
    saved(proto)(folder)
    weights(folder)


def huge_dims(folder: Path) -> None:
    proto = model()
    outside(proto.graph.initializer[0], location="w.bin")
    proto.graph.initializer[0].dims[:] = [1 << 20, 1 << 20, 3, 3]
    saved(proto)(folder)
    weights(folder)


def keys_and_content() -> list[Case]:
    """Rows 38 and 39."""
    digest = hashlib.sha1(NUMBERS).hexdigest()
    address = "*/_ORT_MEM_ADDR_/*"
    short = referring(lambda f: (f / "w.bin").write_bytes(NUMBERS[:-1]))
    return [
        accepted(38, "one that nobody knows", referring(weights, comment="hello"), "comment"),
        accepted(38, "basepath", referring(weights, basepath="/tmp")),
        refused(38, "an address in memory", referring(nothing, location=address, offset=140_000_000), "memory"),
        refused(38, "raw_data besides", besides, "outside"),
        refused(39, "no file", referring(nothing), "w.bin.*No such file"),
        refused(39, "no folder", referring(nothing, location="gone/w.bin"), "gone.*No such file"),
        refused(39, "an empty file", referring(lambda f: (f / "w.bin").write_bytes(b"")), "0 bytes"),
        refused(39, "a file that was cut short", short, "863 bytes"),
        refused(39, "a checksum of other numbers", referring(weights, checksum="0" * 40), digest),
        refused(39, "a checksum that is none", referring(weights, checksum="x"), digest),
        accepted(39, "the right checksum", referring(weights, checksum=digest)),
        accepted(39, "the right checksum, in capitals", referring(weights, checksum=digest.upper())),
        Case(39, "another folder that is missing", referring(weights), 1, "'gone'", (*COMPILE, "--external-data-dir", "gone")),
        Case(39, "a folder that was not named", elsewhere, 1, "w.bin.*--external-data-dir"),
        accepted(39, "a folder that was named", elsewhere, "", "--external-data-dir", "elsewhere"),
    ]  # fmt: skip


def besides(folder: Path) -> None:
    proto = model()
    outside(proto.graph.initializer[0], location="w.bin")
    proto.graph.initializer[0].raw_data = NUMBERS
    saved(proto)(folder)
    weights(folder)


def elsewhere(folder: Path) -> None:
    referring(nothing)(folder)
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "w.bin").write_bytes(NUMBERS)


#: A weight that is worth reading for a while, with numbers that are all positive, or all negative.
LARGE = np.abs(np.random.default_rng(2).standard_normal((256, 3, 64, 64))).astype(np.float32) + 1
POSITIVE, NEGATIVE = LARGE.tobytes(), (-LARGE).tobytes()


def changes() -> list[Case]:
    """Row 40: a file that is replaced or cut off is read whole, or the change is noticed.

    Of one that is rewritten in place no more can be asked than a clean end: its writer may rest half way, and then a mixture
    is what the file holds.
    """

    def replaced(folder: Path) -> None:
        for content in (POSITIVE, NEGATIVE):
            (folder / "w.bin.next").write_bytes(content)
            (folder / "w.bin.next").replace(folder / "w.bin")

    def rewritten(folder: Path) -> None:
        for content in (POSITIVE, NEGATIVE):
            with (folder / "w.bin").open("r+b") as file:
                file.write(content)

    def shrunk(folder: Path) -> None:
        os.truncate(folder / "w.bin", len(POSITIVE) // 2)
        (folder / "w.bin").write_bytes(POSITIVE)

    def verify(folder: Path) -> None:
        if (folder / "out.onnx").read_bytes() != OLD:
            tensor = onnx.load(folder / "out.onnx").graph.initializer[0]
            numbers = numpy_helper.to_array(tensor)
            if not (np.all(numbers > 0) or np.all(numbers < 0)):
                raise Failure("the weights are partly of one file and partly of another")

    def case(name: str, meanwhile: Callable[[Path], None], verify: Callable[[Path], None] | None = verify) -> Case:
        return Case(
            40, name, large, 1, "tensor 'w1'.*w.bin|", (*COMPILE, "--check", "0"), other=0, meanwhile=meanwhile,
            verify=verify, writes=("w.bin", "w.bin.next", "out.*.data"), large=True,
        )  # fmt: skip

    return [
        case("replaced", replaced),
        case("written to", rewritten, verify=None),
        case("cut off and filled again", shrunk),
    ]


def large(folder: Path) -> None:
    """A network whose first layer has the large weight, and those that go with it."""
    nodes = [
        helper.make_node("Conv", ["x", "w1"], ["a"], name="first", pads=[32, 32, 31, 31]),
        helper.make_node("Conv", ["a", "w2"], ["y"], name="second"),
    ]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 8])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4, 8, 8])]
    tensors = [numpy_helper.from_array(LARGE, "w1"), weight("w2", 4, 256, 1, 1)]
    graph = helper.make_graph(nodes, "g", inputs, outputs, tensors)
    outside(graph.initializer[0], location="w.bin")
    saved(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8))(folder)
    (folder / "w.bin").write_bytes(POSITIVE)


def hidden() -> list[Case]:
    """Row 41: a reference that the reader of weights does not come by."""

    def tensor(name: str, location: str, *dims: int) -> TensorProto:
        made = weight(name, *dims)
        outside(made, location=location)
        return made

    def case(name: str, proto: ModelProto, says: str) -> Case:
        return Case(41, name, saved(proto), 1, says)

    up, secret = r"\.\./secret", "../secret"
    copy = helper.make_node("Identity", ["c"], ["y"])
    constant = model([helper.make_node("Constant", [], ["k"], value=tensor("t", secret, 4)), copy])
    lists = model([helper.make_node("Mystery", ["c"], ["y"], domain="d", values=[tensor("t", secret, 4)])])
    body = branch([], "t", tensor("t", secret, 1, 4, 8, 8))
    sparse = helper.make_sparse_tensor(tensor("t", secret, 2), numpy_helper.from_array(np.array([0, 2]), "i"), [4])
    stored, attribute, function, training = (model() for _ in range(4))
    stored.graph.sparse_initializer.append(sparse)
    attribute.graph.node.append(helper.make_node("Constant", [], ["k"], sparse_value=sparse))
    node = helper.make_node("Constant", [], ["b"], value=tensor("t", secret, 4))
    function.functions.append(helper.make_function("d", "F", ["a"], ["b"], [node], [helper.make_opsetid("", 17)]))
    training.training_info.add().algorithm.initializer.append(tensor("t", secret, 4))
    return [
        case("an attribute", constant, up),
        case("a list of tensors", lists, up),
        case("a branch of an If", conditional(body), up),
        case("a branch in a branch", conditional(nested(body)), up),
        case("the values of a sparse tensor", stored, up),
        case("a sparse tensor of an attribute", attribute, up),
        case("a function that nobody calls", function, "'F'.*external"),
        case("training_info", training, "training_info"),
        Case(41, "a default value of a function", saved(default_value(tensor("t", secret, 4))), 1, "external|secret"),
    ]


def branch(nodes: list[onnx.NodeProto], output: str, *tensors: TensorProto) -> onnx.GraphProto:
    return helper.make_graph(nodes, "branch", [], [helper.make_tensor_value_info(output, 1, None)], list(tensors))


def conditional(body: onnx.GraphProto) -> ModelProto:
    other = branch([helper.make_node("Relu", ["c"], ["other"])], "other")
    node = helper.make_node("If", ["k"], ["y"], then_branch=body, else_branch=other)
    return model([node], [numpy_helper.from_array(np.array(True), "k")])


def nested(body: onnx.GraphProto) -> onnx.GraphProto:
    other = branch([helper.make_node("Relu", ["c"], ["inner other"])], "inner other")
    return branch([helper.make_node("If", ["k"], ["deep"], then_branch=body, else_branch=other)], "deep")


def default_value(tensor: TensorProto) -> ModelProto:
    proto = model()
    node = helper.make_node("Constant", [], ["b"])
    node.attribute.add(name="value", ref_attr_name="value", type=onnx.AttributeProto.TENSOR)
    function = helper.make_function("d", "F", ["a"], ["b"], [node], [helper.make_opsetid("", 17)])
    function.attribute_proto.append(helper.make_attribute("value", tensor))
    proto.functions.append(function)
    return proto


def cases() -> list[Case]:
    return [*paths(), *kinds(), *ranges(), *keys_and_content(), *changes(), *hidden()]
