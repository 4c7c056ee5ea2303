"""Which networks the tests compile, and what they may expect of each."""

from __future__ import annotations

import fnmatch
import functools
import json
import os
from dataclasses import dataclass
from pathlib import Path

import onnx

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "Tests" / "Fixtures"

#: Of the largest magnitude of an output.
TOLERANCE = 1e-4
#: Where values pass through fp16 (11 bits), another order of summation moves the last bit or two.
HALF_TOLERANCE = 5e-3


@dataclass(frozen=True)
class Network:
    """One model file, and what is known of it beforehand."""

    name: str
    path: Path
    #: Weights whose filters must be prunable.
    prunable: tuple[str, ...] = ()
    #: Nothing in it can be pruned: exit code 3 is right. Of the models given it is not known.
    pinned: bool | None = False
    #: ONNX Runtime has all of its operators.
    runs: bool = True

    def load(self) -> onnx.ModelProto:
        """The input, external data included; not kept, because the models given can be large."""
        return onnx.load(self.path)

    @functools.cached_property
    def passes_full_check(self) -> bool:
        try:
            onnx.checker.check_model(str(self.path), full_check=True)
        except Exception:  # the checker raises several kinds, from Python and from C++
            return False
        return True

    @functools.cached_property
    def tolerance(self) -> float:
        half = onnx.TensorProto.FLOAT16
        graph = self.load().graph
        uses_half = any(tensor.data_type == half for tensor in graph.initializer) or any(
            attribute.name == "to" and attribute.i == half
            for node in graph.node
            if node.op_type == "Cast"
            for attribute in node.attribute
        )
        return HALF_TOLERANCE if uses_half else TOLERANCE


def fixtures() -> list[Network]:
    index = json.loads((FIXTURES / "index.json").read_text())
    return [
        Network(name, FIXTURES / f"{name}.onnx", tuple(e["prunable"]), e["pinned"], e["runs"])
        for name, e in index.items()
    ]


def given() -> list[Network]:
    """The models in the folders of FDSKD_ORACLE_MODELS, which is a list like PATH."""
    folders = [Path(p) for p in os.environ.get("FDSKD_ORACLE_MODELS", "").split(os.pathsep) if p]
    return [Network(path.stem, path, pinned=None) for folder in folders for path in sorted(folder.glob("*.onnx"))]


def networks(pattern: str = "*") -> list[Network]:
    """Fixtures, the digits example and the models given, as far as their names match."""
    digits = Network("digits", ROOT / "examples" / "digits" / "digits.onnx", ("stem.weight",))
    return [n for n in [*fixtures(), digits, *given()] if fnmatch.fnmatch(n.name, pattern)]
