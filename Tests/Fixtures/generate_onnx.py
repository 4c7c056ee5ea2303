"""Writes the fixtures that are built node by node with onnx.helper.

    pip install onnx numpy onnxruntime
    python Tests/Fixtures/generate_onnx.py [NAME ...]

Every network's weights are seeded by its name. ONNX's checker, and ONNX Runtime where it can, must accept it.
"""

from __future__ import annotations

import sys

import onnx
import onnxruntime

from networks import (
    attention,
    bodies,
    channels,
    computed,
    convolution,
    elementwise,
    fileformat,
    fileformat_parts,
    found,
    indexed,
    layout,
    linear,
    pooling,
    quantized,
    recurrent,
    zeroed,
)
from networks.builder import Network
from networks.catalogue import FOLDER, Fixture, publish

MODULES = [
    convolution,
    linear,
    elementwise,
    pooling,
    channels,
    layout,
    zeroed,
    quantized,
    computed,
    fileformat,
    fileformat_parts,
    bodies,
    found,
    attention,
    indexed,
    recurrent,
]

OPTIONS = onnxruntime.SessionOptions()
OPTIONS.log_severity_level = 3  # some fixtures are about what it warns of


def build(fixture: Fixture) -> tuple[onnx.ModelProto, dict[str, bytes]]:
    """The model and the files of external data beside it."""
    net = Network(fixture.seed, **fixture.options)
    made = fixture.make(net)
    if made is None:
        return net.model(), {}
    return made if isinstance(made, tuple) else (made, {})


def write(fixture: Fixture) -> None:
    model, files = build(fixture)
    for location, data in files.items():
        path = FOLDER / location
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    path = FOLDER / f"{fixture.name}.onnx"
    path.write_bytes(model.SerializeToString(deterministic=True))
    onnx.checker.check_model(str(path), full_check=fixture.checks)
    if fixture.runs:
        onnxruntime.InferenceSession(str(path), OPTIONS, providers=["CPUExecutionProvider"])


def main(names: list[str]) -> None:
    fixtures = {name: f for module in MODULES for name, f in module.CATALOGUE.fixtures.items()}
    for name in names or fixtures:
        try:
            write(fixtures[name])
        except Exception as error:
            raise SystemExit(f"{name}: {error}") from error
    publish(
        "generate_onnx.py",
        {
            name: {
                "exporter": f"helper, opset {f.options.get('opset', 17)}",
                "purpose": f.purpose,
                "prunable": list(f.prunable),
                "pinned": f.pinned,
                "runs": f.runs,
            }
            for name, f in fixtures.items()
        },
    )
    print(f"{len(names or fixtures)} fixtures written")


if __name__ == "__main__":
    main(sys.argv[1:])
