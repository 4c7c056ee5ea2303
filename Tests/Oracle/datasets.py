"""Writes ONNX's test data sets: a folder with input_0.pb, …, output_0.pb, …, for `fdskd-compile check --data`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper


def tensor(value: object) -> onnx.TensorProto | None:
    """None for what is no tensor: a sequence, an optional without a value."""
    if isinstance(value, onnx.TensorProto):
        return value
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        return None if array.dtype == object else numpy_helper.from_array(array)
    return None


def write(folder: Path, inputs: Sequence[object], outputs: Sequence[object]) -> bool:
    """False, and nothing written, where one of the values is no tensor."""
    kinds = {"input": [tensor(v) for v in inputs], "output": [tensor(v) for v in outputs]}
    if any(value is None for values in kinds.values() for value in values):
        return False
    folder.mkdir()
    for kind, values in kinds.items():
        for index, value in enumerate(values):
            (folder / f"{kind}_{index}.pb").write_bytes(value.SerializeToString())
    return True
