"""Seeds for the fuzzers: every small fixture as the input of the targets that read its kind.

python Tests/Fuzz/corpus.py FOLDER FDSKD_COMPILE

Writes FOLDER/TARGET/NAME. Plans are made by the compiler; configurations are all of its settings, a few at a time.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "Tests" / "Fixtures"
LARGEST = 16_000

#: The first byte of an input of the target `dataset`, in the order of DatasetTarget.swift's forms.
DATASET_FORMS = {
    ".npz": 0, ".npy": 1, ".bin": 2, "images": 3, "labels": 4, ".gz": 5, ".jpg": 6, ".jpeg": 6, ".png": 7,
}  # fmt: skip

CONFIGURATIONS = [
    "rate: 0.3\ncriterion: l2\n",
    'rate: 0.5\nignore: ["head*", "/classifier/*"]\nround-to: 8\nmin-channels: 4\n',
    "target-macs: 0.5\nscope: global\nnormalize: mean\nstrict: true\n",
    "rate: 0.3\ndata: cifar\nepochs: 20\nlr: 0.01\nmomentum: 0.9\nmethod: fd-skd\nannealing: sigmoid\n",
    "{\"rate\": 0.25, \"max-memory\": \"2G\", \"input-shape\": [\"x:1,3,32,32\"]}",
    "mean: 0.485,0.456,0.406\nstd: 0.229,0.224,0.225\nbn: restore\ncheckpoint: here\nresume: true\n",
]


def main() -> None:
    folder, compiler = Path(sys.argv[1]), Path(sys.argv[2])

    def put(target: str, content: bytes) -> None:
        (folder / target).mkdir(parents=True, exist_ok=True)
        (folder / target / hashlib.sha1(content).hexdigest()).write_bytes(content)

    for path in sorted(FIXTURES.rglob("*")):
        if not path.is_file() or path.stat().st_size > LARGEST:
            continue
        content = path.read_bytes()
        if path.suffix == ".onnx":
            put("model", content)
            put("compile", content)
        elif path.suffix == ".pb":
            put("tensor", content)
        elif (form := dataset_form(path)) is not None:
            put("dataset", bytes([form]) + content)
    for path in sorted(FIXTURES.glob("*.onnx"))[::8]:
        put("plan", plan(compiler, path))
    for text in CONFIGURATIONS:
        put("configuration", text.encode())


def dataset_form(path: Path) -> int | None:
    if path.name.endswith("-ubyte"):
        return DATASET_FORMS["images" if "images" in path.name else "labels"]
    return DATASET_FORMS.get(path.suffix)


def plan(compiler: Path, model: Path) -> bytes:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "plan.json"
        command = [compiler, model, "--dry-run", "--rate", "0.5", "--save-plan", path, "--quiet"]
        subprocess.run(list(map(str, command)), check=False, capture_output=True)
        # Refused networks have no plan; an object is a seed as well.
        return path.read_bytes() if path.exists() else json.dumps({"version": 1}).encode()


if __name__ == "__main__":
    main()
