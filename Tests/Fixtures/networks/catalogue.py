"""What every fixture is for, kept in one place: the generators write it to `index.json` and to the README.

The tests read `index.json`. There `prunable` names weights whose filters a compiler that understands the
fixture must be able to remove: without it, an operator that pins too much would pass every equality test.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent
INDEX = FOLDER / "index.json"
README = FOLDER / "README.md"
TABLE_START = "<!-- table: written by the generators -->"


@dataclass(frozen=True)
class Fixture:
    """One network: how to make it and what to expect of the compiler."""

    name: str
    purpose: str
    make: Callable[[], object]
    #: Weights that must be prunable. Empty with `pinned`: nothing may be prunable.
    prunable: tuple[str, ...] = ()
    pinned: bool = False
    #: Whether ONNX Runtime has all operators; the README says why where not.
    runs: bool = True
    #: Whether onnx.checker's full check, with shape inference, can follow it.
    checks: bool = True
    #: For generators that know several exporters.
    options: dict[str, object] = field(default_factory=dict)

    @property
    def seed(self) -> int:
        """From the name, so that a new fixture leaves the others' weights as they are."""
        return zlib.crc32(self.name.encode())


class Catalogue:
    """The fixtures of one generator, in the order in which they were declared."""

    def __init__(self) -> None:
        self.fixtures: dict[str, Fixture] = {}

    def add(
        self,
        name: str,
        purpose: str,
        *,
        prunable: str = "",
        pinned: bool = False,
        runs: bool = True,
        checks: bool = True,
        **options: object,
    ) -> Callable[[Callable], Callable]:
        """Declares the decorated function's network; `prunable` is a list of names, separated by spaces."""

        def declare(make: Callable) -> Callable:
            if name in self.fixtures:
                raise ValueError(f"two fixtures are called {name}")
            names = tuple(prunable.split())
            self.fixtures[name] = Fixture(name, purpose, make, names, pinned, runs, checks, options)
            return make

        return declare


def publish(producer: str, entries: dict[str, dict]) -> None:
    """Replaces the producer's entries of index.json and rewrites the README's table from it."""
    index = json.loads(INDEX.read_text()) if INDEX.exists() else {}
    index = {name: entry for name, entry in index.items() if entry["producer"] != producer}
    clash = index.keys() & entries.keys()
    if clash:
        raise ValueError(f"two generators write {sorted(clash)}")
    index |= {name: {"producer": producer, **entry} for name, entry in entries.items()}
    lines = [f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in sorted(index.items())]
    INDEX.write_text("{\n" + ",\n".join(lines) + "\n}\n")

    rows = [TABLE_START, "", "| network | by | what it is for |", "|---|---|---|"]
    for name, entry in sorted(index.items()):
        rows.append(f"| `{name}` | {entry['exporter']} | {entry['purpose']} |")
    text = README.read_text().split(TABLE_START)[0] if README.exists() else ""
    README.write_text(text + "\n".join(rows) + "\n")
