"""The page of the documents that says which networks the compiler was tried on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coverage import Result

HEAD = """# Coverage

Networks that the compiler was tried on, and what came of it. Written by `Tests/Coverage/coverage.py`; do not edit.

## How to read it

Each network was compiled at rates {rates}, criterion L2. Every result had to load in ONNX Runtime without a warning that
the input did not give, and to compute what the input computes with the removed channels zeroed: *error* is the largest
difference over three inputs and, where the batch is open, three batch sizes, relative to the output's largest magnitude.
Where rounding alone makes more than 1e-4 of it, the two were compared in double precision (marked *).
Parameters, MACs and seconds (of the whole command, on {processors}) are those of rate 0.3. *Stay* counts axes of weights
that cannot be pruned, which `fdskd-compile inspect` explains one by one. MACs are not known (?) where lengths stay open.

"""

COLUMNS = ["network", "exporter", "MB", "parameters", "", "MACs", "", "stay", "error", "s"]


def page(results: Sequence[Result], rates: str, nothing: str) -> str:
    failures = [result for result in results if result.trouble not in ("", nothing)]
    unchanged = [result for result in results if result.trouble == nothing]
    compiled = [result for result in results if not result.trouble]
    text = HEAD.format(rates=rates.replace(",", ", "), processors=processors())
    text += f"{len(results)} models: {len(compiled)} compiled, {len(unchanged)} in which nothing can be pruned, "
    text += f"{len(failures)} failures.\n"
    if failures:
        text += "\n## Failures\n\n" + table([*COLUMNS[:3], "what went wrong"], map(failed, failures))
    if unchanged:
        text += "\n## Nothing to prune\n\n" + table(COLUMNS[:3], map(named, unchanged))
    if compiled:
        text += "\n## Compiled\n\n" + table(COLUMNS, map(row, compiled))
    return text


def table(columns: list[str], rows: Sequence[list[str]] | map) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def named(result: Result) -> list[str]:
    return [result.network, result.exporter, f"{result.bytes / 1e6:.1f}"]


def failed(result: Result) -> list[str]:
    return [*named(result), result.trouble.replace("|", "\\|")]


def row(result: Result) -> list[str]:
    return [
        *named(result),
        *change(*result.parameters),
        *change(*result.macs),
        str(result.pinned),
        (f"{result.error:.0e}" if result.error else "0") + ("*" if result.in_double else ""),
        f"{result.seconds:.2f}",
    ]


def change(before: int | None, after: int | None) -> list[str]:
    """A count with what is left of it, and the change in per cent."""
    if before is None or after is None:
        return ["?", "?"]
    fraction = (after - before) / before if before else 0
    return [f"{count(before)} → {count(after)}", f"{100 * fraction:.1f}%".replace("-", "−")]


def count(number: int) -> str:
    """Three or four digits and a unit."""
    value: float = number
    for unit in ("", "k", "M", "G"):
        if value < 10_000 or unit == "G":
            return f"{value:.4g}{unit}"
        value /= 1000
    return str(number)


def processors() -> str:
    import os

    return f"a machine with {os.cpu_count()} processor cores"
