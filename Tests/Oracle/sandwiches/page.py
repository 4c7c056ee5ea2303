"""The page that says of which operators it was proven that channels can be cut through them."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .cases import Case, Left
from .examining import Found

HEAD = """# Operators, proven

Which operators channels were cut through, and the result compared with the input whose removed channels are zero.

Every node model of ONNX's own tests, forms of earlier operator sets and ONNX Runtime's own operators were set between
layers that make channels on every axis of every operand and layers that read every axis of every result; then channels
went, at a rate and at random, and ONNX Runtime (or ONNX's reference implementation) said whether what is left computes
the same. `python Tests/Oracle/test_sandwiches.py --every {every} --page FILE` wrote this page{share};
what each operator ties,
<doc:Operators> says.

- *forms*: node models, of which so many lost channels that the outputs depend on; the others keep every channel.
- *axes*: of all forms, axes of operands that a layer makes and axes of results, of which so many lost channels.
- *comparisons*: compilations whose result was compared, and the channels that they lost in all.

"""


@dataclass
class Row:
    """An operator."""

    forms: set[str] = field(default_factory=set)
    cut_forms: set[str] = field(default_factory=set)
    axes: set[str] = field(default_factory=set)
    cut_axes: set[str] = field(default_factory=set)
    runs: int = 0
    removed: int = 0


def page(cases: Sequence[Case], left: Sequence[Left], outcomes: Iterable, every: int) -> str:
    """- Parameter every: one of so many was tried."""
    rows: dict[str, Row] = collections.defaultdict(Row)
    tried: set[str] = set()
    for outcome in outcomes:
        found: Found | None = outcome.found
        if found is None:
            continue
        tried.add(found.case)
        row = rows[found.operator]
        row.forms.add(found.case)
        row.axes |= {f"{found.case} {axis}" for axis in found.made}
        row.runs += found.runs
        if found.state == "cut":
            row.cut_forms.add(found.case)
            row.cut_axes |= {f"{found.case} {axis}" for axis in found.cut}
            row.removed += found.removed
    lines = ["| operator | forms | axes | comparisons | channels |", "|---|---|---|---|---|"]
    for name, row in sorted(rows.items(), key=lambda item: item[0].lower()):
        lines.append(
            f"| {name} | {len(row.cut_forms)} of {len(row.forms)} | {len(row.cut_axes)} of {len(row.axes)}"
            f" | {row.runs} | {row.removed} |"
        )
    share = "" if every == 1 else f", of one sandwich in {every}"
    head = HEAD.replace("{every}", str(every)).replace("{share}", share)
    return head + "\n".join(lines) + "\n" + not_tried(cases, left, tried)


def not_tried(cases: Sequence[Case], left: Sequence[Left], tried: set[str]) -> str:
    """How many node models there are about which nothing is said, and why."""
    reasons = collections.Counter(item.reason for item in left)
    reasons["no operand that a layer could make, or no engine that runs it"] = sum(
        1 for case in cases if case.name not in tried
    )
    listed = "\n".join(f"- {count}: {reason}" for reason, count in sorted(reasons.items()))
    return f"\n## Not tried\n\nOf {len(cases) + len(left)} node models:\n\n{listed}\n"
