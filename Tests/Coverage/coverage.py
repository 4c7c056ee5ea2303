"""Compiles folders of models at several rates, checks each result, and writes the page of the documents about it.

    python Tests/Coverage/coverage.py FOLDER... --page Sources/FDSKD/Documentation.docc/Coverage.md

`export.py` beside this file makes a folder of networks; any other folder of ONNX files will do. A file is called
NETWORK.onnx, or NETWORK.EXPORTER.onnx; shapes of inputs that only run at some sizes are in NETWORK.shapes.json.
Each result must load in ONNX Runtime without a warning that the input did not give, and compute what the input with
the plan's consumers zeroed computes.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Oracle"))

import onnx
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument, RuntimeException

import command
import equality
import judge
import precise
from networks import TOLERANCE, Network
from page import page
from zeroed import zeroed

#: Seeds, each with its batch size where the batch is open.
BATCHES = (1, 2, 3)
#: The rate that the page's figures are of.
SHOWN_RATE = 0.3
#: Of so many runs the shortest counts.
TIMED_RUNS = 3


@dataclass
class Result:
    """What became of one model, over all rates."""

    network: str
    exporter: str
    bytes: int
    parameters: list[int | None]
    macs: list[int | None]
    pinned: int
    error: float
    seconds: float
    trouble: str = ""
    #: Single precision was not enough to compare.
    in_double: bool = False


def stem(path: Path) -> tuple[str, str]:
    """Network and exporter, from the file's name or else from what the file says of its producer."""
    name, _, exporter = path.stem.partition(".")
    if exporter:
        return name, exporter
    model = onnx.load(path, load_external_data=False)
    return name, f"{model.producer_name} {model.producer_version}".strip() or "unknown"


def examine(path: Path, rates: list[float]) -> Result:
    network, exporter = stem(path)
    result = Result(network, exporter, path.stat().st_size, [None, None], [None, None], 0, 0.0, 0.0)
    for rate in rates:
        with tempfile.TemporaryDirectory() as folder:
            trouble = examine_rate(path, Path(folder), rate, result)
        if trouble:
            result.trouble = trouble if trouble == NOTHING else f"rate {rate}: {trouble}"
            break
    return result


NOTHING = "nothing can be pruned"


def examine_rate(path: Path, folder: Path, rate: float, result: Result) -> str:
    compiled = command.compile_network(path, folder, rate, "l2")
    if isinstance(compiled, command.Run):
        return NOTHING if compiled.code == command.NOTHING_PRUNABLE else compiled.trouble()
    if rate == SHOWN_RATE:
        totals = compiled.report["totals"]
        result.parameters = [totals[side]["parameters"] for side in ("before", "after")]
        result.macs = [totals[side]["macs"] for side in ("before", "after")]
        result.pinned = len(compiled.report["why_not"])
        result.seconds = shortest(path, folder, rate)
    before = onnx.load(path)
    silenced = zeroed(before, compiled.plan)
    reference = judge.Trial(silenced.SerializeToString(), optimized=True)
    after = judge.Trial(compiled.output.read_bytes(), optimized=True)
    shapes = equality.given_shapes(path)
    feeds = [equality.inputs_for(before.graph, batch, seed, shapes) for seed, batch in enumerate(BATCHES)]
    feeds = [feed for feed in feeds if runs(reference, feed)]
    if not feeds:
        return "not compared: the input does not run at the sizes tried"
    error = judge.distance(reference, after, feeds)
    if error > TOLERANCE and math.isfinite(error):
        # Rounding, grown by a deep network, or a mistake: double precision tells.
        error = precise.distance(silenced, onnx.load(compiled.output), feeds[0])
        result.in_double = True
    result.error = max(result.error, error)
    if not error <= Network(path.stem, path).tolerance:
        return f"outputs differ by {error:.1e}"
    fresh = after.kinds - reference.kinds
    return f"ONNX Runtime warns of {', '.join(sorted(fresh))}" if fresh else ""


def runs(trial: judge.Trial, feed: dict) -> bool:
    """Some networks say that their batch is open, and only run one at a time."""
    try:
        trial.run(feed)
    except (Fail, InvalidArgument, RuntimeException):
        return False
    return True


def shortest(path: Path, folder: Path, rate: float) -> float:
    """Seconds of `fdskd-compile IN -o OUT`, reading and writing included."""
    runs = [command.run(path, "-o", folder / "timed.onnx", "--rate", rate) for _ in range(TIMED_RUNS)]
    return min(run.seconds for run in runs)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--rates", default="0.1,0.3,0.5,0.9")
    parser.add_argument("--only", default="*", metavar="GLOB")
    parser.add_argument("--results", type=Path, help="keeps results here, and examines only what is not there")
    parser.add_argument("--time-again", action="store_true", help="measures seconds anew, of results kept")
    parser.add_argument("--page", type=Path, help="where to write the page")
    options = parser.parse_args()
    command.binary()
    known: dict[str, dict] = {}
    if options.results and options.results.exists():
        known = json.loads(options.results.read_text())
    rates = [float(rate) for rate in options.rates.split(",")]
    for folder in options.folders:
        for path in sorted(folder.glob(f"{options.only}.onnx")):
            if path.name not in known:
                known[path.name] = asdict(examine(path, rates))
            elif options.time_again and not known[path.name]["trouble"]:
                with tempfile.TemporaryDirectory() as place:
                    known[path.name]["seconds"] = shortest(path, Path(place), SHOWN_RATE)
            if options.results:
                options.results.write_text(json.dumps(known, indent=1, sort_keys=True))
            shown = known[path.name]
            print(f"{path.name:44} {shown['trouble'] or 'ok':40} error {shown['error']:.1e}", flush=True)
    results = [Result(**values) for _, values in sorted(known.items())]
    if options.page:
        options.page.write_text(page(results, options.rates, NOTHING))
    failures = sum(1 for result in results if result.trouble not in ("", NOTHING))
    print(f"{len(results)} models, {failures} failures")
    raise SystemExit(1 if failures else 0)


if __name__ == "__main__":
    main()
