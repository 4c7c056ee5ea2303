"""One bad input: how to make it, how to run the command on it, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

#: What is at the place of the output.
OLD = b"the output of an earlier run"
COMPILE = ("in.onnx", "-o", "out.onnx", "--rate", "0.5")

#: What there is to get wrong, by number. Every row has a case at least.
ROWS = {
    1: "an empty file",
    2: "a file that was cut short",
    3: "a file of another format",
    4: "messages nested without end",
    5: "millions of empty messages",
    6: "a singular message that is there again",
    7: "a file of two gigabytes",
    8: "lengths, integers and tags that are wrong",
    9: "a field with another wire type",
    10: "NUL, or what is not UTF-8, in names",
    11: "fields that nobody knows",
    12: "no graph, opset or IR version",
    13: "versions that do not exist yet",
    14: "operators that nobody knows",
    15: "functions that call themselves",
    16: "names that are given twice",
    17: "cycles, and nodes in another order",
    18: "names that nothing has",
    19: "weights with too few bytes, or too many",
    20: "weights that are stored twice",
    21: "lengths that cannot be",
    22: "weights without a type, or of text",
    23: "convolutions that contradict themselves",
    24: "weights that are no numbers",
    25: "weights and values that somebody else can see",
    26: "what is kept as it is, or pruned where it is understood",
    27: "couplings that cannot be resolved",
    28: "scores that are all the same",
    29: "rates that leave none, or remove none",
    30: "nothing to remove",
    31: "rates that are none",
    32: "patterns that match nothing",
    33: "configurations",
    34: "training without data",
    35: "paths of external data",
    36: "external data that is no plain file",
    37: "offsets and lengths of external data",
    38: "keys of external data",
    39: "external data that is missing, or other",
    40: "external data that changes while it is read",
    41: "external data where nobody looks for it",
    42: "outputs that cannot be written",
    45: "the input as output",
    46: "a file of weights that is there already",
    47: "outputs that are links, or private",
    51: "small files that stand for large things",
    52: "archives of arrays",
    53: "arrays",
    54: "IDX and CIFAR files",
    55: "images",
    56: "labels, counts and shapes",
    59: "gates",
    60: "plans",
}


@dataclass(frozen=True)
class Case:
    #: A key of `ROWS`.
    row: int
    name: str
    #: Writes the files into an empty folder; the model is in.onnx.
    make: Callable[[Path], object]
    #: The exit code.
    code: int
    #: A regular expression that is found in the diagnostic of a run that fails, and in what one that succeeds prints.
    says: str = ""
    arguments: tuple[str, ...] = COMPILE
    #: What the diagnostic begins with: the file that is to blame. Empty where the command line is.
    file: str = "in.onnx"
    #: Files beside the output that are written. One that a pattern names has to be new.
    writes: tuple[str, ...] = ()
    #: Goes on in the folder, again and again, while the command runs.
    meanwhile: Callable[[Path], object] | None = None
    #: Another exit code that is as good, where it depends on who is faster.
    other: int | None = None
    #: Looks at the files afterwards, and raises a failure.
    verify: Callable[[Path], object] | None = None
    #: Whether ONNX Runtime can be asked about the output: some bombs go off in it.
    loads: bool = True
    #: Bytes and seconds that are allowed where those of small files are not.
    large: bool = False

    @property
    def title(self) -> str:
        return f"{self.row:02} {self.name}"


def content(data: bytes) -> Callable[[Path], object]:
    """Writes in.onnx."""
    return lambda folder: (folder / "in.onnx").write_bytes(data)
