"""Compares the methods of fdskd-compile on CIFAR-10, with the same budget for each, and writes a table.

    python examples/cifar10/compare.py --data cifar-10-batches-bin --model resnet20.onnx \
        --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225

Every run leaves its report in the folder of results, and a run whose report is there is not made again: an
interrupted comparison goes on where it was. Needs Python 3.9 and nothing else.
"""

from __future__ import annotations

import argparse
import json
import shlex
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
METHODS = ("l1", "sfp", "fpgm", "fd", "fd-skd")
#: What each comparison tries: a name in the table, and the flags that make it.
TABLES = {
    "table4": {
        "d_r 0.2": ["--decay-rate", "0.2"],
        "d_r 0.02": ["--decay-rate", "0.02"],
        "d_r 0": ["--decay-rate", "0"],
        "d_r annealed": [],
    },
    "table5": {"sigmoid": ["--annealing", "sigmoid"], "linear": ["--annealing", "linear"]},
    "scopes": {"channel": ["--decay-scope", "channel"], "filter": ["--decay-scope", "filter"]},
}


class Trouble(Exception):
    """What ends the comparison, in one sentence."""


@dataclass(frozen=True)
class Variant:
    """One row of the table."""

    name: str
    method: str
    flags: tuple[str, ...] = ()

    @property
    def slug(self) -> str:
        return "-".join(self.name.replace("_", "").split())


@dataclass(frozen=True)
class Outcome:
    """What a report says of one run; accuracies are fractions, None where they were not measured."""

    teacher: float | None
    before_removal: float | None
    accuracy: float | None
    parameters: int
    parameters_before: int
    macs: int
    macs_before: int
    seconds: float

    @classmethod
    def of(cls, report: dict) -> Outcome:
        training = report["training"]
        if training is None:
            raise Trouble("a report tells of no training")

        def accuracy(stage: str) -> float | None:
            return training[stage]["accuracy"] if training[stage] else None

        before, after = report["totals"]["before"], report["totals"]["after"]
        return cls(
            teacher=accuracy("teacher"),
            before_removal=accuracy("before_removal"),
            accuracy=accuracy("final"),
            parameters=after["parameters"],
            parameters_before=before["parameters"],
            macs=after["macs"],
            macs_before=before["macs"],
            seconds=report["timing"]["total_seconds"],
        )


@dataclass
class Row:
    """The runs of one variant."""

    variant: Variant
    outcomes: list[Outcome] = field(default_factory=list)
    failures: int = 0


def variants(arguments: argparse.Namespace) -> list[Variant]:
    if arguments.comparison == "methods":
        return [Variant(method, method) for method in arguments.methods]
    table = TABLES[arguments.comparison]
    return [
        Variant(name if len(arguments.methods) == 1 else f"{method} {name}", method, tuple(flags))
        for method in arguments.methods
        for name, flags in table.items()
    ]


def command(arguments: argparse.Namespace, variant: Variant, seed: int, report: Path) -> list[str]:
    line = [
        str(arguments.binary), str(arguments.model), "-o", str(report.with_suffix(".onnx")),
        "--data", str(arguments.data), "--method", variant.method, "--epochs", str(arguments.epochs),
        "--rate", str(arguments.rate), "--lr", str(arguments.lr), "--seed", str(seed),
        "--augment", arguments.augment, "--report", str(report), "-q", "--progress", "always",
    ]  # fmt: skip
    for flag in ("mean", "std", "threads"):
        value = getattr(arguments, flag)
        if value is not None:
            line += [f"--{flag}", str(value)]
    return line + list(variant.flags) + arguments.flags


def read(path: Path) -> Outcome:
    """The outcome that a report tells of."""
    try:
        return Outcome.of(json.loads(path.read_text()))
    except (ValueError, KeyError, TypeError) as error:
        raise Trouble(f"{path} is no report of a training ({type(error).__name__}: {error}); remove it") from error


def check_flags(path: Path, flags: str) -> None:
    """Reports of other flags in the same folder must not come into the table."""
    found = path.read_text() if path.exists() else ""
    if found != flags:
        raise Trouble(f"the report beside {path} was made with other flags; choose another --out")


def spread(values: list[float], scale: float = 1, digits: int = 2) -> str:
    """`91.98 ± 0.12`: mean and standard deviation of the sample; one value alone has none."""
    if not values:
        return ""
    mean = f"{statistics.fmean(values) * scale:.{digits}f}"
    return f"{mean} ± {statistics.stdev(values) * scale:.{digits}f}" if len(values) > 1 else mean


def known(outcomes: list[Outcome], name: str) -> list[float]:
    return [value for outcome in outcomes if (value := getattr(outcome, name)) is not None]


def share(outcomes: list[Outcome], name: str) -> str:
    """`0.14M (-47.0%)`"""
    count = statistics.fmean(getattr(outcome, name) for outcome in outcomes)
    before = statistics.fmean(getattr(outcome, f"{name}_before") for outcome in outcomes)
    return f"{count / 1e6:.3g}M ({100 * (count / before - 1):+.1f}%)"


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def table(rows: list[Row]) -> str:
    lines = [
        "| method | accuracy, % | change, points | before removal, % | parameters | MACs | time a run | runs |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        runs = f"{len(row.outcomes)}" + (f", {row.failures} failed" if row.failures else "")
        if not row.outcomes:
            lines.append(f"| {row.variant.name} |  |  |  |  |  |  | {runs} |")
            continue
        changes = [
            outcome.accuracy - outcome.teacher
            for outcome in row.outcomes
            if outcome.accuracy is not None and outcome.teacher is not None
        ]
        change = f"{statistics.fmean(changes) * 100:+.2f}" if changes else ""
        cells = [
            row.variant.name,
            spread(known(row.outcomes, "accuracy"), 100),
            change,
            spread(known(row.outcomes, "before_removal"), 100),
            share(row.outcomes, "parameters"),
            share(row.outcomes, "macs"),
            duration(statistics.fmean(outcome.seconds for outcome in row.outcomes)),
            runs,
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def page(arguments: argparse.Namespace, rows: list[Row]) -> str:
    """The table with what is needed to read it."""
    outcomes = [outcome for row in rows for outcome in row.outcomes]
    teachers = sorted({f"{100 * value:.2f}%" for value in known(outcomes, "teacher")})
    origin = f"{arguments.model.name}, {' and '.join(teachers)} as it came" if teachers else arguments.model.name
    seeds = ", ".join(str(seed) for seed in arguments.seeds)
    flags = f", {' '.join(arguments.flags)}" if arguments.flags else ""
    return (
        f"{origin}; rate {arguments.rate}, {arguments.epochs} epochs, learning rate {arguments.lr}, "
        f"augmentation {arguments.augment}{flags}; seeds {seeds}. Mean ± standard deviation.\n\n{table(rows)}\n"
    )


def run(arguments: argparse.Namespace) -> list[Row]:
    """All runs, seed after seed, so that a table of what there is compares the same seeds."""
    arguments.out.mkdir(parents=True, exist_ok=True)
    rows = [Row(variant) for variant in variants(arguments)]
    for seed in arguments.seeds:
        for row in rows:
            name = f"{row.variant.slug}-seed{seed}"
            report = arguments.out / f"{arguments.comparison}-{name}.json"
            line = command(arguments, row.variant, seed, report)
            flags = report.with_suffix(".flags")
            if report.exists():
                check_flags(flags, shlex.join(line[1:]))
                print(f"{name}: there already", file=sys.stderr)
            else:
                print(f"{name}: runs", file=sys.stderr)
                flags.write_text(shlex.join(line[1:]))
                done = subprocess.run(line, stdout=subprocess.DEVNULL)
                if done.returncode < 0 or done.returncode in (2, 130, 143):
                    raise Trouble(f"{name} ended with exit code {done.returncode}; the same command goes on")
                if done.returncode != 0 or not report.exists():
                    # A gate that failed left a report, which tells of no result.
                    report.unlink(missing_ok=True)
                    print(f"{name}: failed, exit code {done.returncode}", file=sys.stderr)
                    row.failures += 1
                    continue
            row.outcomes.append(read(report))
            (arguments.out / f"{arguments.comparison}.md").write_text(page(arguments, rows))
    return rows


def parse(words: list[str] | None = None) -> argparse.Namespace:
    def numbers(text: str) -> list[int]:
        return [int(part) for part in text.split(",")]

    def methods(text: str) -> list[str]:
        found = text.split(",")
        for name in found:
            if name not in METHODS:
                raise argparse.ArgumentTypeError(f"'{name}' is none of {', '.join(METHODS)}")
        return found

    parser = argparse.ArgumentParser(
        description="Compares the methods of fdskd-compile on CIFAR-10. Flags behind -- go to every run."
    )
    parser.add_argument("--data", type=Path, required=True, help="CIFAR-10 in binary: data_batch_1.bin, ...")
    parser.add_argument("--model", type=Path, required=True, help="a trained ONNX network")
    parser.add_argument("--binary", type=Path, default=ROOT / ".build" / "release" / "fdskd-compile")
    parser.add_argument("--out", type=Path, default=Path("cifar10-results"), help="folder of reports and tables")
    parser.add_argument("--methods", type=methods, help=f"which, with commas (default: {','.join(METHODS)})")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--rate", type=float, default=0.3)
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--seeds", type=numbers, default=[0, 1, 2], help="with commas (default: 0,1,2)")
    parser.add_argument("--augment", choices=("crop-flip", "none"), default="crop-flip")
    parser.add_argument("--mean", help="as the network was trained with: 0.485,0.456,0.406")
    parser.add_argument("--std")
    parser.add_argument("--threads", type=int)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--table", choices=("4", "5"), help="4: fixed decay rates; 5: linear and sigmoid annealing")
    which.add_argument("--scopes", action="store_true", help="what decays: whole channels, or filters alone")
    words = list(sys.argv[1:] if words is None else words)
    split = words.index("--") if "--" in words else len(words)
    arguments = parser.parse_args(words[:split])
    arguments.flags = words[split + 1 :]
    arguments.comparison = f"table{arguments.table}" if arguments.table else "scopes" if arguments.scopes else "methods"
    arguments.methods = arguments.methods or (list(METHODS) if arguments.comparison == "methods" else ["fd-skd"])
    if arguments.comparison != "methods" and not set(arguments.methods) <= {"fd", "fd-skd"}:
        parser.error("only fd and fd-skd let filters decay by a rate")
    for path in (arguments.data, arguments.model, arguments.binary):
        if not path.exists():
            parser.error(f"{path} does not exist")
    return arguments


def main() -> int:
    arguments = parse()
    try:
        rows = run(arguments)
    except Trouble as trouble:
        print(f"error: {trouble}", file=sys.stderr)
        return 1
    print(page(arguments, rows), end="")
    return 1 if any(row.failures for row in rows) else 0


if __name__ == "__main__":
    raise SystemExit(main())
