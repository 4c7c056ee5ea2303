#!/usr/bin/env python3
"""Compares what the compiler writes for a model that it changes nothing in with what it read, by onnx's own equality.

    roundtrip.py [--command 'fdskd-compile {input} -o {output} --rate 0 --no-metadata'] [FOLDER or FILE ...]

Without files: every model of onnx's backend tests (the stored ones and those of its node test generators). Tensors
in external files are compared by their bytes, everything else field by field.
"""

import argparse
import concurrent.futures
import pathlib
import shlex
import subprocess
import sys
import tempfile
import warnings

import onnx
from onnx.external_data_helper import load_external_data_for_model, uses_external_data


def backend_models(folder):
    """Writes the models of onnx's node tests into a folder; returns all models of the backend tests."""
    data = pathlib.Path(onnx.__file__).parent / "backend" / "test" / "data"
    paths = sorted(data.rglob("*.onnx"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases
        from onnx.backend.test.case.model import collect_testcases as collect_model_testcases

        cases = list(collect_testcases(None)) + list(collect_model_testcases())
    for case in cases:
        if case.model is not None:
            path = folder / f"{case.name}.onnx"
            path.write_bytes(case.model.SerializeToString())
            paths.append(path)
    return paths


def tensors(message):
    """Every TensorProto inside a message."""
    if isinstance(message, onnx.TensorProto):
        yield message
    for field, value in message.ListFields():
        if field.message_type is not None:
            for item in value if field.is_repeated else [value]:
                yield from tensors(item)


def load(path):
    """The model, with the bytes of external tensors in place of their file names."""
    model = onnx.load(path, load_external_data=False)
    if any(uses_external_data(tensor) for tensor in tensors(model)):
        load_external_data_for_model(model, str(path.parent))
    return model


def difference(command, path, scratch):
    """None, or what differs."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=scratch))
    output = folder / path.name
    words = [word.format(input=path, output=output) for word in shlex.split(command)]
    run = subprocess.run(words, capture_output=True, text=True)
    if run.returncode != 0:
        message = (run.stdout + run.stderr).strip().splitlines()
        return f"exit {run.returncode}: {message[-1] if message else ''}"
    before, after = load(path), load(output)
    output.unlink()
    if before == after:
        return None
    if before.SerializeToString(deterministic=True) == after.SerializeToString(deterministic=True):
        return None  # a NaN, which is not equal to itself
    fields = [
        field.name
        for field, _ in before.ListFields()
        if getattr(before, field.name) != getattr(after, field.name)
    ]
    return f"differs in {', '.join(fields) or 'unknown fields'}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--command", default=".build/debug/fdskd-compile {input} -o {output} --rate 0 --no-metadata"
    )
    parser.add_argument("paths", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        if arguments.paths:
            paths = [p for a in arguments.paths for p in (sorted(a.rglob("*.onnx")) if a.is_dir() else [a])]
        else:
            paths = backend_models(scratch)
        failures = 0
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            results = pool.map(lambda path: difference(arguments.command, path, scratch), paths)
            for path, result in zip(paths, results):
                if result is not None:
                    failures += 1
                    print(f"{path}: {result}")
        print(f"{len(paths) - failures} of {len(paths)} models come back field by field")
    return 1 if failures or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
