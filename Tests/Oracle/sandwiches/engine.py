"""Who runs a sandwich: ONNX Runtime as the file says, or ONNX's reference implementation where that lacks a kernel."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence

import numpy as np
import onnx

os.environ.setdefault("ALLOW_RELEASED_ONNX_OPSET_ONLY", "0")

import onnxruntime  # noqa: E402  (it reads the environment)

import equality  # noqa: E402

# Warnings of kernels, which are about nothing that is compared.
onnxruntime.set_default_logger_severity(4)


class Untried(Exception):
    """Why a filling cannot be tried in a way."""


class Engine:
    """Runs models; the two below say where."""

    reference: bool

    @classmethod
    def run(cls, model: onnx.ModelProto, feeds: Sequence[dict]) -> list[list]:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            runner = equality.Runner(model, reference=cls.reference, optimizes=False)
            return [runner.run(feed) for feed in feeds]

    @staticmethod
    def choose(
        model: onnx.ModelProto, feeds: dict, engines: Sequence[type[Engine]] = ()
    ) -> tuple[type[Engine], list]:
        """The first that runs the model, with what it gives."""
        reasons = []
        for engine in engines or (Runtime, Reference):
            try:
                return engine, engine.run(model, [feeds])[0]
            except Exception as error:  # both raise what they like
                reasons.append(" ".join(str(error).split())[:160])
        raise Untried(f"it does not run between layers: {'; '.join(reasons)}")


class Runtime(Engine):
    reference = False


class Reference(Engine):
    reference = True
