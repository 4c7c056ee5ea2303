"""Runs a network in ONNX Runtime and keeps what it warns of, which it only writes to standard error."""

from __future__ import annotations

import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import onnxruntime

import equality

#: "2026-07-26 12:00:00.123 [W:onnxruntime:, graph.cc:118 MergeShapeInfo] Error merging ..."
WARNING = re.compile(r"\[[WEF]:onnxruntime:[^\]]*?(\w+)\s*\] (.*)")


class Trial:
    """One model on several inputs. Only for a process with one thread: it borrows standard error."""

    def __init__(self, model: bytes, *, optimized: bool) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 2
        if not optimized:
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        self.warnings: Counter[str] = Counter()
        with self.listening():
            self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.names = [output.name for output in self.session.get_outputs()]

    def run(self, feeds: dict) -> list[np.ndarray]:
        with self.listening():
            return self.session.run(None, feeds)

    @contextmanager
    def listening(self) -> Iterator[None]:
        with tempfile.TemporaryFile() as file:
            usual = os.dup(2)
            os.dup2(file.fileno(), 2)
            try:
                yield
            finally:
                os.dup2(usual, 2)
                os.close(usual)
                file.seek(0)
                text = file.read().decode(errors="replace")
                self.warnings.update(f"{place}: {message}" for place, message in WARNING.findall(text))

    @property
    def kinds(self) -> Counter[str]:
        """How often it warned from which place; the messages name values and sizes, which may change."""
        return Counter(warning.split(":")[0] for warning in self.warnings.elements())


def distance(first: Trial, second: Trial, feeds: Sequence[dict]) -> float:
    """The largest over all outputs and inputs, relative to an output's largest magnitude."""
    if first.names != second.names:
        return float("inf")
    pairs = ((first.run(f), second.run(f)) for f in feeds)
    return max((equality.distance(x, y) for a, b in pairs for x, y in zip(a, b, strict=True)), default=0.0)
