"""Checks the schemas themselves, every kind of report and plan against them, and that they refuse what is wrong.

    python Tests/Oracle/test_schemas.py
"""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import numpy as np

import command
from networks import ROOT
from tally import Failure, Tally

DIGITS = ROOT / "examples" / "digits" / "digits.onnx"
SAMPLES = ROOT / "examples" / "digits" / "digits-train.npz"
TESTS = ROOT / "examples" / "digits" / "digits-test.npz"
GATE_FAILED = 3

#: What each run of the command is to leave behind: a name, its arguments, its exit code.
RUNS = (
    ("compile", ["{model}", "-o", "{folder}/out.onnx"], 0),
    ("nothing asked", ["{model}", "-o", "{folder}/out.onnx", "--rate", "0"], 0),
    ("dry run", ["{model}", "--dry-run"], 0),
    ("inspect", ["inspect", "{model}", "--global", "--criterion", "gm"], 0),
    ("target as a fraction", ["{model}", "-o", "{folder}/out.onnx", "--target-macs", "0.5"], 0),
    ("target as a count", ["{model}", "-o", "{folder}/out.onnx", "--target-params", "20k"], 0),
    ("stopped early", ["{model}", "-o", "{folder}/out.onnx", "--stop-after", "infer-shapes"], 0),
    ("every setting", ["{model}", "-o", "{folder}/out.onnx", "--layer-rate", "*=0.2", "--round-to", "2",
                       "--min-channels", "2", "--max-memory", "2G", "--no-metadata", "--no-clobber",
                       "--save-as-external-data"], 0),
    ("training", ["{model}", "-o", "{folder}/out.onnx", "--data", str(SAMPLES), "--val-data", str(TESTS),
                  "--epochs", "2", "--batch-size", "64", "--distill-output", "logits", "--mean", "0", "--std", "1",
                  "--threads", "1", "--checkpoint", "{folder}/checkpoints", "--max-accuracy-drop", "50", "-qq"], 0),
    ("training without labels", ["{model}", "-o", "{folder}/out.onnx", "--data", "{folder}/images.npz", "--epochs", "1",
                                 "--rate", "0", "--threads", "1"], 0),
    ("nothing prunable", ["{model}", "-o", "{folder}/out.onnx", "--ignore-layers", "*"], GATE_FAILED),
)  # fmt: skip


def load(name: str) -> dict:
    return json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text())


def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(load(name))


def check(name: str, document: dict) -> None:
    error = jsonschema.exceptions.best_match(validator(name).iter_errors(document))
    if error:
        raise Failure(f"{name} at {error.json_path}: {error.message[:200]}")


def test_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(load(name))


def test_run(arguments: list[str], code: int) -> tuple[dict, dict]:
    """The report and the plan of one run, both valid."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savez(folder / "images.npz", images=np.load(SAMPLES)["images"][:200])
        filled = [argument.format(model=DIGITS, folder=folder) for argument in arguments]
        done = command.run(*filled, "--json", "--save-plan", folder / "plan.json", "--report", folder / "r.json")
        if done.code != code:
            raise Failure(done.trouble())
        report, plan = json.loads(done.stdout), json.loads((folder / "plan.json").read_text())
        if json.loads((folder / "r.json").read_text()) != report:
            raise Failure("--json and --report do not say the same")
    check("report", report)
    check("plan", plan)
    if report["input"]["sha256"] != plan["input_sha256"]:
        raise Failure("report and plan are not of one input")
    return report, plan


def objects(value: object, path: str = "$") -> Iterator[tuple[str, dict]]:
    """Every object in a document, with where it is."""
    if isinstance(value, dict):
        yield path, value
        for key, inner in value.items():
            yield from objects(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value[:3]):
            yield from objects(inner, f"{path}[{index}]")


def test_strictness(name: str, document: dict) -> None:
    """One key too many, or one missing, anywhere: refused."""
    check_one = validator(name)
    for index, (path, _) in enumerate(objects(document)):
        changed = copy.deepcopy(document)
        target = list(objects(changed))[index][1]
        target["surprise"] = 1
        if check_one.is_valid(changed):
            raise Failure(f"{name} allows another key in {path}")
        del target["surprise"]
        for key in list(target):
            value = target.pop(key)
            if check_one.is_valid(changed):
                raise Failure(f"{name} does not ask for {path}.{key}")
            target[key] = value


def main() -> None:
    tally = Tally()
    tally.run([(name, name) for name in ("report", "plan")], test_schema)
    results = tally.run([(name, run) for name, *run in RUNS], lambda run: test_run(*run))
    strict = [(f"{name} schema", (name, document)) for name, document in documents(results)]
    tally.run(strict, lambda case: test_strictness(*case))
    tally.finish()


def documents(results: list[tuple[str, tuple[dict, dict]]]) -> Iterator[tuple[str, dict]]:
    for name, (report, plan) in results:
        if name in ("compile", "every setting", "training"):
            short = report | {key: report[key][:2] for key in ("layers", "groups", "passes", "why_not")}
            yield "report", short
            yield "plan", plan | {"groups": plan["groups"][:1]}


if __name__ == "__main__":
    main()
