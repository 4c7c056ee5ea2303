"""Compiles random networks with random flags, and checks that each computes what its zeroed input computes.

    python Tests/Oracle/test_random.py [--seeds 2000] [--first 0] [--workers 2]
    python Tests/Oracle/test_random.py --seed N [--keep DIR]

A seed is the whole network and its command line. Beside equality: ONNX Runtime must load the result
without a warning that it did not give of the input, inputs and outputs must be the same, and ONNX's checker
must accept it. Layers that were told to keep their filters must have them. Filters that nothing but plain
layers touch must be gone, or an operator that pins too much would pass: exit code 3 is right only where there
are none of them. The plan that was saved must give the same network again.
"""

from __future__ import annotations

import argparse
import os
import shlex
import tempfile
import traceback
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import onnx

import command
import equality
import judge
import plans
from networks import TOLERANCE
from random_networks import Drawn, draw
from tally import Failure, Tally
from test_compile import check_interface
from zeroed import zeroed

#: Of every so many seeds one is run with ONNX Runtime's own optimizations, which are slow to apply.
OPTIMIZED_EVERY = 8
#: The exit code of a command line that cannot be followed.
USAGE = 2
#: Seeds that a process is handed at once.
CHUNK = 16
#: Of every so many seeds the plan that was saved is carried out again, which must give the same network.
APPLIED_EVERY = 4


@dataclass(frozen=True)
class Outcome:
    seed: int
    #: What is wrong, or nothing.
    failure: str = ""
    log: tuple[str, ...] = ()
    #: Whether anything was removed.
    pruned: bool = False


def examine(drawn: Drawn, folder: Path) -> bool:
    """- Returns: whether anything was removed.
    - Raises Failure: if the result is not what it must be."""
    source = folder / "in.onnx"
    onnx.save(drawn.model, source)
    compiled = command.compile_network(source, folder, drawn.rate, drawn.criterion, *drawn.flags)
    if isinstance(compiled, command.Run) and compiled.code == USAGE and "error[no-effect]" in compiled.stderr:
        # The ignored layer keeps its channels anyway, or other rates are those of ignored layers alone.
        compiled = command.compile_network(source, folder, drawn.rate, drawn.criterion, *without_ignoring(drawn.flags))
    if isinstance(compiled, command.Run):
        if compiled.code != command.NOTHING_PRUNABLE:
            raise Failure(compiled.trouble())
        check_nothing_expected(drawn)
        return False
    plan, result = compiled.plan, onnx.load(compiled.output)
    plans.check_plan(plan, drawn.model, drawn.rate if drawn.plain else 0)
    check_outputs(drawn, plan, compiled.output.read_bytes())
    check_interface(drawn.model, result)
    check_accepted(drawn.model, result)
    check_expected(drawn, plan, result)
    check_ignored(drawn, plan)
    if drawn.seed % APPLIED_EVERY == 1:
        check_applied(source, folder, result)
    return any(group["removed"] for group in plan["groups"])


def without_ignoring(flags: tuple[str, ...]) -> list[str]:
    kept = list(flags)
    if "--ignore-layers" not in kept:
        raise Failure("a flag has no effect that should have one")
    position = kept.index("--ignore-layers")
    del kept[position : position + 2]
    return kept


def check_outputs(drawn: Drawn, plan: dict, result: bytes) -> None:
    # ONNX Runtime's optimizations quantize the other operand of a product with a quantized weight.
    quantized = any(node.op_type == "DequantizeLinear" for node in drawn.model.graph.node)
    optimized = drawn.seed % OPTIMIZED_EVERY == 0 and not quantized
    # What goes at rate 0 has no effect: there the input itself is what must be computed.
    compacted = drawn.rate == 0 and "--layer-rate" not in drawn.flags
    reference = drawn.model if compacted else zeroed(drawn.model, plan)
    first = judge.Trial(reference.SerializeToString(), optimized=optimized)
    try:
        second = judge.Trial(result, optimized=optimized)
        feeds = [
            equality.inputs_for(drawn.model.graph, 2, seed, shapes)
            for seed, shapes in enumerate(drawn.shapes)
        ]
        distance = judge.distance(first, second, feeds)
    except Exception as error:
        raise Failure(f"ONNX Runtime refuses the result: {' '.join(str(error).split())[:300]}") from error
    if not distance <= max(TOLERANCE, drawn.coarse):
        raise Failure(f"outputs differ by {distance:.1e} of their largest magnitude")
    more = second.kinds - first.kinds
    if more:
        worst = next(w for w in second.warnings if w.split(":")[0] in more)
        raise Failure(f"ONNX Runtime warns of the result alone: {worst[:200]}")


def check_accepted(before: onnx.ModelProto, after: onnx.ModelProto) -> None:
    """What the checker, with shape inference, says of the result it may only say if it did of the input."""
    try:
        onnx.checker.check_model(after, full_check=True)
    except Exception as error:
        try:
            onnx.checker.check_model(before, full_check=True)
        except Exception:
            return
        raise Failure(f"the checker refuses the result: {' '.join(str(error).split())[:200]}") from error


def sizes(model: onnx.ModelProto) -> dict[str, list[int]]:
    constants = {tensor.name: list(tensor.dims) for tensor in model.graph.initializer}
    return constants | {
        node.output[0]: list(node.attribute[0].t.dims)
        for node in model.graph.node
        if node.op_type == "Constant"
    }


def check_nothing_expected(drawn: Drawn) -> None:
    before = drawn.computed | sizes(drawn.model)
    for name in drawn.expected if drawn.plain else ():
        if plans.removable(drawn.rate, before[name][0]):
            raise Failure(f"'{name}' should be prunable, and the exit code is 3")


def check_expected(drawn: Drawn, plan: dict, result: onnx.ModelProto) -> None:
    groups = {m["tensor"]: g for g in plan["groups"] for m in g["members"] if m["role"] != "consumer"}
    before, after = drawn.computed | sizes(drawn.model), sizes(result)
    for name in drawn.expected:
        if drawn.ignored:
            continue  # the ignored layer may be coupled to it
        if name not in groups:
            raise Failure(f"'{name}' should be prunable, and is not in the plan")
        shrunk = name in after and before[name] != after[name]
        if drawn.plain and plans.removable(drawn.rate, groups[name]["size"]) and not shrunk:
            raise Failure(f"'{name}' is as large as before")


def check_ignored(drawn: Drawn, plan: dict) -> None:
    removed = plans.prunable_producers(plan)
    for name in drawn.ignored:
        if name in removed:
            raise Failure(f"'{name}' lost filters, though its layer was to keep all")


def check_applied(source: Path, folder: Path, result: onnx.ModelProto) -> None:
    again = folder / "again.onnx"
    applied = command.run("apply", folder / "plan.json", source, "-o", again)
    if applied.code != 0:
        raise Failure(f"the saved plan cannot be applied: {applied.trouble()}")
    if onnx.load(again).graph != result.graph:
        raise Failure("the saved plan gives another network")


def attempt(seed: int, keep: Path | None = None) -> Outcome:
    try:
        drawn = draw(seed)
    except Exception:
        return Outcome(seed, "the generator failed: " + traceback.format_exc(limit=-3))
    try:
        if keep:
            return Outcome(seed, pruned=examine(drawn, keep), log=drawn.log)
        with tempfile.TemporaryDirectory() as name:
            return Outcome(seed, pruned=examine(drawn, Path(name)))
    except Failure as failure:
        return Outcome(seed, str(failure), described(drawn))
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(place.filename)}:{place.lineno}"
        text = f"{type(error).__name__} at {where}: {' '.join(str(error).split())[:300]}"
        return Outcome(seed, text, described(drawn))


def described(drawn: Drawn) -> tuple[str, ...]:
    flags = shlex.join([f"--rate {drawn.rate} --criterion {drawn.criterion}".strip(), *drawn.flags])
    return (flags.replace("'", "", 2), *drawn.log)


def reproduction(seed: int) -> str:
    return f"python Tests/Oracle/test_random.py --seed {seed} --keep DIR"


def report(tally: Tally, outcome: Outcome) -> None:
    if not outcome.failure:
        tally.passed += 1
        return
    tally.fail(f"seed {outcome.seed}", outcome.failure)
    print(f"seed {outcome.seed}: {outcome.failure}", *outcome.log, sep="\n    ")
    print(f"    {reproduction(outcome.seed)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=2000, help="how many")
    parser.add_argument("--first", type=int, default=0, metavar="N")
    parser.add_argument("--seed", type=int, metavar="N", help="this one alone")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where --seed leaves its files")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    command.binary()
    tally = Tally()
    if options.seed is not None:
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
        outcome = attempt(options.seed, options.keep)
        if options.keep:
            print(*described(draw(options.seed)), sep="\n    ")
        report(tally, outcome)
        tally.finish()
    pruned = 0
    seeds = range(options.first, options.first + options.seeds)
    done = 0
    with ProcessPoolExecutor(options.workers) as pool:
        try:
            for outcome in pool.map(attempt, seeds, chunksize=CHUNK):
                report(tally, outcome)
                pruned += outcome.pruned
                done += 1
        except BrokenProcessPool:  # ONNX Runtime can end a process without a word
            died = (
                f"among seeds {seeds[done]} to {seeds[min(done + CHUNK * options.workers, len(seeds)) - 1]}"
            )
            tally.fail(died, "a process died")
    print(f"{pruned} of {options.seeds} networks lost channels")
    tally.finish()


if __name__ == "__main__":
    main()
