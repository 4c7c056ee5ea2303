"""Random numbers that depend on names alone, the same on every machine and in every Python."""

from __future__ import annotations

import hashlib

import numpy as np


def stable(*names: object) -> int:
    """A number from names."""
    text = "/".join(map(str, names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def random(*names: object) -> np.random.Generator:
    return np.random.default_rng(stable(*names))
