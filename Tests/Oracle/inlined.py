"""The network that a plan speaks of where the input calls functions of its own: the input with those inlined.

The compiler itself writes it (`--stop-after inline-functions`), because the plan names values as it does. Before it
is used, it has to have the operators that ONNX's own inliner makes, and to compute what the input computes.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import onnx
import onnx.inliner

import command
import equality
from networks import Network
from tally import Failure


def load(network: Network) -> onnx.ModelProto:
    """- Raises Failure: where inlining has changed the network."""
    source = network.load()
    if not source.functions:
        return source
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "inlined.onnx"
        done = command.run(network.path, "-o", path, "--stop-after", "inline-functions", "--no-metadata")
        if done.code != 0:
            raise Failure(f"inlining: {done.trouble()}")
        model = onnx.load(path)
        onnx.checker.check_model(str(path), full_check=network.passes_full_check)
        # ONNX's inliner leaves out attributes that have their default from the function.
        defaults = {a.name for function in source.functions for a in function.attribute_proto}
        theirs = onnx.inliner.inline_local_functions(source)
        ours, theirs = (operators(m.graph, compares=not defaults) for m in (model, theirs))
        if ours != theirs:
            raise Failure(f"inlining gives {ours}, ONNX's own inliner {theirs}")
        error = equality.largest_distance(network.path, path, source.graph)
        if not error <= network.tolerance:
            raise Failure(f"inlining changes the outputs by {error:.1e} of their largest magnitude")
    return model


def operators(graph: onnx.GraphProto, *, compares: bool) -> list[tuple]:
    """What is computed, in order, whatever it is called; `compares` attributes too."""
    result = []
    for node in graph.node:
        plain, inner = [], []
        for attribute in sorted(node.attribute, key=lambda a: a.name):
            if attribute.HasField("g"):
                inner.append(operators(attribute.g, compares=compares))
            elif compares:
                plain.append((attribute.name, str(onnx.helper.get_attribute_value(attribute))))
        inputs = [bool(name) for name in node.input]
        while inputs and not inputs[-1]:
            inputs.pop()
        result.append((node.domain, node.op_type, inputs, plain, inner))
    return result
