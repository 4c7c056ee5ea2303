"""Writes the fixtures that PyTorch exports, with the exporters that its users have.

pip install torch onnx onnxscript onnxruntime numpy
python Tests/Fixtures/generate_torch.py [NAME ...]

NAME.onnx          TorchScript exporter, opset 17, BatchNormalization kept, nothing folded
NAME-folded.onnx   TorchScript exporter, opset 17, for inference: BatchNormalization folded into convolutions
NAME-dynamo.onnx   torch.export exporter, opset 20
"""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import warnings
from pathlib import Path

import onnx
import onnxruntime
import torch
from torch import nn

from networks import torch_blocks, torch_networks
from networks.catalogue import FOLDER, Fixture, publish

MODULES = [torch_blocks, torch_networks]
SUFFIX = {"ts": "", "folded": "-folded", "dynamo": "-dynamo"}
EXPORTER = {
    "ts": "TorchScript, opset 17",
    "folded": "TorchScript folded, opset 17",
    "dynamo": "torch.export, opset 20",
}


def settle(model: nn.Module) -> None:
    """Statistics and parameters of normalisation layers as after training: each one of them matters."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.5)
            module.running_var.uniform_(0.5, 1.5)
        if (
            isinstance(module, nn.BatchNorm2d | nn.LayerNorm | nn.GroupNorm | nn.InstanceNorm2d)
            and module.weight is not None
        ):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.5)
        if isinstance(module, nn.PReLU):
            nn.init.uniform_(module.weight, 0.05, 0.4)
        if isinstance(module, nn.MultiheadAttention):
            nn.init.normal_(module.in_proj_bias, 0, 0.2)


def make(fixture: Fixture) -> nn.Module:
    torch.manual_seed(fixture.seed)
    model = fixture.make()
    if not fixture.options.get("fresh"):
        settle(model)
    return model.to(fixture.options.get("dtype", torch.float32)).eval()


def export(fixture: Fixture, exporter: str, path: Path) -> None:
    options = fixture.options
    model = make(fixture)
    shape = (2, 7, 16) if options.get("tokens") else (2, 3, 12, 12)
    sample = torch.randn(shape, dtype=options.get("dtype", torch.float32))
    axes = {0: "batch"}
    if options.get("tokens"):
        axes |= {1: "time"}
    if options.get("dynamic_map"):
        axes |= {2: "height", 3: "width"}
    names = {"input_names": ["tokens" if options.get("tokens") else "image"]}
    if exporter == "dynamo":
        # A program for export asks for one entry an argument.
        torch.onnx.export(
            model,
            (sample,),
            str(path),
            dynamo=True,
            opset_version=20,
            external_data=False,
            verbose=False,
            dynamic_shapes=(dict.fromkeys(axes, torch.export.Dim.DYNAMIC),),
            **names,
        )
        return
    kept = exporter == "ts"
    torch.onnx.export(
        model,
        (sample,),
        str(path),
        dynamo=False,
        opset_version=17,
        training=torch.onnx.TrainingMode.PRESERVE if kept else torch.onnx.TrainingMode.EVAL,
        do_constant_folding=not kept,
        dynamic_axes={names["input_names"][0]: axes},
        **names,
    )


def strip(path: Path) -> None:
    """Removes what tells where on this machine the model was traced: stack traces, doc strings."""
    model = onnx.load(path)
    for part in [*model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output]:
        part.ClearField("doc_string")
        kept = [entry for entry in part.metadata_props if "stack_trace" not in entry.key]
        del part.metadata_props[:]
        part.metadata_props.extend(kept)
    path.write_bytes(model.SerializeToString(deterministic=True))


def write(fixture: Fixture, exporter: str) -> str:
    name = fixture.name + SUFFIX[exporter]
    path = FOLDER / f"{name}.onnx"
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        export(fixture, exporter, path)
    strip(path)
    onnx.checker.check_model(str(path), full_check=True)
    onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return name


def entry(fixture: Fixture, exporter: str) -> dict:
    # Folding renames the weights that it changes: keep the names that are left.
    graph = onnx.load(FOLDER / f"{fixture.name}{SUFFIX[exporter]}.onnx").graph
    names = {tensor.name for tensor in graph.initializer}
    prunable = [name for name in fixture.prunable if name in names]
    return {
        "exporter": EXPORTER[exporter],
        "purpose": fixture.purpose,
        "prunable": prunable,
        "pinned": fixture.pinned,
        "runs": True,
    }


def main(names: list[str]) -> None:
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    fixtures = {name: f for module in MODULES for name, f in module.CATALOGUE.fixtures.items()}
    entries = {}
    for name, fixture in fixtures.items():
        for exporter in str(fixture.options.get("exporters", "ts")).split():
            if not names or name in names:
                try:
                    write(fixture, exporter)
                except Exception as error:
                    raise SystemExit(f"{name}, {exporter}: {error}") from error
            entries[name + SUFFIX[exporter]] = entry(fixture, exporter)
    publish("generate_torch.py", entries)
    print(f"{len(entries)} fixtures known")


if __name__ == "__main__":
    main(sys.argv[1:])
