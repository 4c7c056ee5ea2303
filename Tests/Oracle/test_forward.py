"""Runs every fixture on the engine, and compares with what ONNX Runtime computes from the same inputs.

    python Tests/Oracle/test_forward.py [--only 'conv-*']

Other models are tried as well: FDSKD_ORACLE_MODELS is a list of folders, as in PATH.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import command
import datasets
from equality import BATCH_SIZES, Runner, given_shapes, inputs_for
from networks import Network, networks
from tally import Failure, Tally

#: Fixtures that cannot be run, and why.
UNSUPPORTED = {
    "attention-grouped-query": "a cache of past keys",
    "body-nested": "loops",
    "found-behind-loop": "loops",
    "function-other-opset": "a function of another operator set is not inlined",
    "loop-body": "loops",
    "loop-conv": "loops",
    "optional-type": "sequences",
    "scan-matmul": "loops",
    "sparse-initializer": "sparse constants",
}
stopped: dict[str, str] = {}


def test(network: Network) -> None:
    model = network.load()
    # Node by node: fused, quantized layers are rounded elsewhere.
    runner = Runner(network.path, optimizes=False)
    for batch in BATCH_SIZES:
        feeds = inputs_for(model.graph, batch, batch, given_shapes(network.path))
        outputs = dict(zip(runner.names, runner.run(feeds), strict=True))
        # The command goes by position: inputs as the file lists them, initializers among them left out.
        if list(feeds) != [value.name for value in model.graph.input][: len(feeds)]:
            raise Failure("its inputs do not come first")
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "test_data_set_0"
            values = [outputs[value.name] for value in model.graph.output]
            if not datasets.write(data, list(feeds.values()), values):
                raise Failure("an output is no tensor")
            done = command.run("check", network.path, "--data", data, "--rtol", network.tolerance, "--json")
        if done.stderr.startswith(("error[no-kernel]", "error[unknown-shape]")):
            stopped[network.name] = done.trouble()
            if network.name not in UNSUPPORTED:
                raise Failure(done.trouble())
            return
        if done.code != 0:
            figures = json.loads(done.stdout) if done.stdout.strip() else {}
            raise Failure(f"{done.trouble()}; the error is {figures.get('max_relative_error')}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="*")
    options = parser.parse_args()
    command.binary()
    tally = Tally()
    tally.run([(n.name, n) for n in networks(options.only) if n.runs], test)
    tally.passed -= len(stopped.keys() & UNSUPPORTED.keys())  # what cannot be run has not passed
    for name, reason in sorted(stopped.items()):
        print(f"{name} cannot be run: {reason}")
    if options.only == "*":
        for gone in sorted(UNSUPPORTED.keys() - stopped.keys()):
            tally.fail(gone, "runs now: take it off the list")
    tally.finish()


if __name__ == "__main__":
    main()
