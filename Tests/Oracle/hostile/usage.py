"""Command lines and configurations that cannot be meant (rows 31 to 34)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .case import COMPILE, Case
from .networks import bytes_of, model

FILES = ("in.onnx", "-o", "out.onnx")
CONFIGURED = (*FILES, "-c", "c.yaml")


def network(folder: Path) -> None:
    (folder / "in.onnx").write_bytes(bytes_of(model()))


def configuration(data: str | bytes) -> Callable[[Path], None]:
    """The network, and c.yaml."""

    def make(folder: Path) -> None:
        network(folder)
        (folder / "c.yaml").write_bytes(data.encode() if isinstance(data, str) else data)

    return make


def laughs() -> str:
    """A list of lists of lists: 9^9 numbers, were they written out."""
    lines = ["a0: &a0 [1, 2]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    return "\n".join(lines)


def merged() -> str:
    """The same, with keys that are merged."""
    lines = ["base: &b {rate: 0.5}", "other: &c", "  <<: [*b, *b]"]
    return "\n".join(lines)


def flags() -> list[Case]:
    def rate(text: str, says: str = "rate") -> Case:
        return Case(31, f"--rate {text or 'of nothing'}", network, 2, says, (*FILES, f"--rate={text}"), file="")

    def flag(row: int, name: str, says: str, *more: str, before: tuple[str, ...] = COMPILE) -> Case:
        return Case(row, name, network, 2, says, (*before, *more), file="")

    amounts = ("-0.1", "1", "1.0", "1.5", "30", "nan", "inf", "-inf", "1e400", "half", "", "٠.٥", "0,5")
    return [
        *(rate(amount) for amount in amounts),
        rate("30%", "30% is 0.3"),
        flag(31, "a rate of one layer", "first=1.5", "--layer-rate", "first=1.5"),
        flag(31, "a rate of no layer", "layer-rate", "--layer-rate", "0.5"),
        flag(31, "a target of 0", "target-macs", "--target-macs", "0", before=FILES),
        flag(31, "a target of -1", "target-params", "--target-params=-1", before=FILES),
        flag(31, "a target of 10^30", "target-params", "--target-params=1e30", before=FILES),
        flag(31, "-1 channels at least", "min-channels", "--min-channels=-1"),
        flag(31, "multiples of 0", "round-to", "--round-to", "0"),
        flag(31, "10^30 batches", "check", "--check", "1000000000000000000000000000000"),
        flag(31, "an unknown flag", "--rat", "--rat", "0.5"),
        flag(31, "an unknown criterion", "criterion", "--criterion", "l3"),
        flag(31, "a length of 0", "input-shape", "--input-shape", "x:0,3,8,8"),
        flag(31, "a length of 2^63", "input-shape", "--input-shape", "x:9223372036854775808,3,8,8"),
        flag(31, "no memory", "max-memory", "--max-memory", "0"),
        flag(31, "8 exabytes of memory", "max-memory", "--max-memory", "9999999999G"),
        flag(31, "a report of an unknown kind", "report", "--report", "r.pdf"),
        flag(31, "no model", "input|argument", before=()),
        flag(31, "three files", "three", "second", "three"),
        flag(32, "of layers to ignore", "'firts'.*did you mean 'first'", "--ignore-layers", "firts"),
        flag(32, "of a rate", "'secnd'.*did you mean 'second'", "--layer-rate", "secnd=0.2"),
        flag(32, "of layers, with stars", r"'block\*'", "--ignore-layers", "block*"),
        flag(32, "of a class that does not end", r"\[a", "--ignore-layers", "[a"),
        flag(32, "a pass", "'score'.*score-filters", "--stop-after", "score"),
        flag(32, "an input", "'y'", "--input-shape", "y:1,3,8,8"),
        flag(34, "--epochs", "--epochs.*no data", "--epochs", "3"),
        flag(34, "--method", "--method.*no data", "--method", "fd"),
        flag(34, "--max-accuracy-drop", "--max-accuracy-drop.*no data", "--max-accuracy-drop", "1"),
        flag(34, "--resume without --checkpoint", "--resume|--checkpoint|no data", "--resume"),
    ]


def configurations() -> list[Case]:
    def config(name: str, data: str | bytes, says: str, line: int | None = None) -> Case:
        place = "c.yaml" if line is None else f"c.yaml:{line}:"
        return Case(33, name, configuration(data), 2, says, CONFIGURED, file=place)

    def nested(opening: str, count: int = 100_000) -> str:
        return "rate: " + opening * count

    return [
        config("a key that is not known", "rat: 0.3\n", "'rat'.*did you mean 'rate'", 1),
        config("a key twice", "rate: 0.3\nrate: 0.4\n", "'rate'", 2),
        config("a key twice, once with no-", "strict: true\nno-strict: true\n", "strict", 2),
        config("a number in the place of a list", "round-to: [8]\n", "'round-to' has to be", 1),
        config("a text in the place of a number", "rate: half\n", "'rate' has to be", 1),
        config("a number in the place of a switch", "strict: 1\n", "'strict' has to be", 1),
        config("a rate of 1.5", "rate: 1.5\n", "rate"),
        config("a rate that is no number", "rate: .nan\n", "rate"),
        config("nothing in the place of a number", "rate:\n", "'rate' has to be", 1),
        config("a mapping as a key", "? {a: b}\n: 1\n", "key", 1),
        config("a list of keys", "- rate: 0.3\n", "key: value"),
        config("a text alone", "rate\n", "key: value"),
        config("a bracket that is not closed", "rate: [1\n", ""),
        config("a tab", "rate:\n\t0.3\n", ""),
        config("aliases of aliases", laughs(), "aliases", 1),
        config("keys that are merged", merged(), "aliases", 1),
        config("an object of Python", "rate: !!python/object/apply:os.system ['id']\n", "'rate' has to be", 1),
        config("two documents", "rate: 0.3\n---\nrate: 0.4\n", ""),
        config("100,000 lists in lists", nested("["), ""),
        config("100,000 mappings in mappings", nested("{a: "), ""),
        config("100,000 indentations", nested("- "), ""),
        config("bytes that are no text", b"rate: \xff\xfe\n", "UTF-8"),
        config("NUL", b"rate: 0.3\0\n", ""),
        config("two megabytes", "# " + "x" * (2 << 20), "has more than"),
        Case(33, "none", network, 2, "cannot be read", CONFIGURED, file="c.yaml"),
        Case(33, "a folder", lambda f: (network(f), (f / "c.yaml").mkdir()), 2, "cannot be read", CONFIGURED, file="c.yaml"),
        Case(33, "a device without end", network, 2, "", (*FILES, "-c", "/dev/zero"), file="/dev/zero"),
        Case(33, "JSON", configuration('{"rate": 0.25, "min-channels": 2}'), 0, "", CONFIGURED),
    ]  # fmt: skip


def cases() -> list[Case]:
    return [*flags(), *configurations()]
