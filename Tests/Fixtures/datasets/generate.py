"""Writes the small data sets that the tests of `Datasets` read.

    pip install numpy pillow
    python Tests/Fixtures/datasets/generate.py

Run twice, it writes the same bytes: nothing is random, and archives have no dates.
"""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

FOLDER = Path(__file__).resolve().parent


def write(name: str, content: bytes) -> None:
    path = FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def npy(array: np.ndarray, **options) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, **options)
    return buffer.getvalue()


def header(literal: str, body: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    """An .npy file whose header says `literal`, true or not."""
    text = literal.encode() + b"\n"
    length = struct.pack("<H" if version[0] == 1 else "<I", len(text))
    return b"\x93NUMPY" + version + length + text + body


def npz(members: dict[str, bytes], compression=zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name + ".npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = compression
            archive.writestr(info, content)
    return buffer.getvalue()


def bytes_like(*shape: int) -> np.ndarray:
    """uint8, each element another function of its place."""
    return (np.arange(np.prod(shape)) * 7 % 251).astype(np.uint8).reshape(shape)


def numpy_arrays() -> None:
    grid = np.arange(24).reshape(2, 3, 4)
    for descr in ["|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8"]:
        write(f"npy/{descr[1:]}.npy", npy((grid % 2 if descr == "|b1" else grid).astype(descr)))
    for descr in [">i2", ">u4", ">i8", ">f2", ">f4", ">f8"]:
        write(f"npy/{descr[1:]}-big.npy", npy(grid.astype(descr)))
    write("npy/fortran.npy", npy(np.asfortranarray(grid.astype("<f4"))))
    write("npy/fortran-u1.npy", npy(np.asfortranarray(grid.astype("|u1"))))
    write("npy/version-2.npy", npy(grid.astype("<f4"), version=(2, 0)))
    write("npy/version-3.npy", npy(grid.astype("<f4"), version=(3, 0)))
    good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
    floats = np.arange(6, dtype="<f4").tobytes()
    bad = {
        "object": npy(np.array([{"a": 1}, None], dtype=object), allow_pickle=True),
        "records": npy(np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")])),
        "complex": npy(np.zeros((2, 3), dtype="<c8")),
        "magic": b"\x93NUMPX" + header(good, floats)[6:],
        "version": header(good, floats, version=b"\x04\x00"),
        "truncated": header(good, floats[:-1]),
        "longer": header(good, floats + b"\x00"),
        "absurd": header(good.replace("(2, 3)", "(9223372036854775807, 4)")),
        "huge": header(good.replace("(2, 3)", "(1099511627776,)")),
        "negative": header(good.replace("(2, 3)", "(-2, 3)"), floats),
        "code": header("__import__('os').abort()", floats),
        "twice": header(good.replace("'fortran_order': False", "'descr': '<f4'"), floats),
        "no-header": b"\x93NUMPY\x01\x00\xff\xff{",
        "empty": npy(np.zeros((0, 3, 4, 4), dtype="|u1")),
        "scalar": npy(np.array(3, dtype="<f4")),
        "nothing": b"",
    }
    for name, content in bad.items():
        write(f"npy-bad/{name}.npy", content)
    not_finite = np.ones((3, 4), dtype="<f4")
    not_finite[1, 2] = np.nan
    write("npy/nan.npy", npy(not_finite))
    not_finite[1, 2] = np.inf
    write("npy/inf.npy", npy(not_finite))


def numpy_archives() -> None:
    images = bytes_like(3, 2, 4, 3)
    labels = np.array([2, 0, 1])
    write("npz/stored.npz", npz({"x": npy(images), "y": npy(labels)}, zipfile.ZIP_STORED))
    write("npz/deflated.npz", npz({"images": npy(images), "labels": npy(labels.astype("|u1"))}))
    first = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    write("npz/channels-first.npz", npz({"X": npy(first), "Y": npy(labels.reshape(3, 1))}))
    write("npz/one-hot.npz", npz({"data": npy(images), "target": npy(np.eye(4, dtype="<f4")[labels])}))
    halves = {"x_test": npy(images[:1]), "x_train": npy(images), "y_test": npy(labels[:1]), "y_train": npy(labels)}
    write("npz/halves.npz", npz(halves))
    write("npz/float-channels-last.npz", npz({"x": npy(images.astype("<f4"))}))
    write("npz/ambiguous.npz", npz({"x": npy(bytes_like(2, 3, 3, 3))}))

    def bad(name: str, members: dict[str, bytes]) -> None:
        write(f"npz-bad/{name}.npz", npz(members))

    bad("names", {"samples": npy(images), "y": npy(labels)})
    bad("counts", {"x": npy(images), "y": npy(labels[:2])})
    bad("label-high", {"x": npy(images), "y": npy(np.array([0, 10, 1]))})
    bad("label-negative", {"x": npy(images), "y": npy(np.array([0, 1, -1]))})
    bad("label-fraction", {"x": npy(images), "y": npy(np.array([0, 1, 0.5]))})
    bad("label-soft", {"x": npy(images), "y": npy(np.array([[1, 0], [0.5, 0.5], [0, 1]]))})
    bad("label-shape", {"x": npy(images), "y": npy(np.zeros((3, 2, 2)))})
    bad("empty", {"x": npy(np.zeros((0, 3, 4, 4), "|u1")), "y": npy(np.zeros(0, "<i8"))})
    bad("pickled", {"x": npy(np.array([None], dtype=object), allow_pickle=True)})

    content = npy(images)
    archive = bytearray(npz({"x": content}, zipfile.ZIP_STORED))
    archive[archive.find(content) + len(content) - 1] ^= 0xFF
    write("npz-bad/checksum.npz", bytes(archive))
    archive = npz({"x": content})
    write("npz-bad/truncated.npz", archive[: len(archive) // 2])
    # Bit 0 of the flags, in the member's header and in the directory.
    archive = bytearray(npz({"x": content}))
    archive[6] |= 1
    archive[archive.find(b"PK\x01\x02") + 8] |= 1
    write("npz-bad/encrypted.npz", bytes(archive))
    # 64 MB of zeros in 64 kB, as a header that is true: only a limit helps.
    zeros = header("{'descr': '|u1', 'fortran_order': False, 'shape': (4, 4194304), }", bytes(1 << 24))
    bad("bomb", {"x": zeros})
    # A directory that states 4 GB for a few bytes.
    archive = bytearray(npz({"x": content}))
    struct.pack_into("<I", archive, archive.find(b"PK\x01\x02") + 24, 0xFFFF_FFF0)
    write("npz-bad/lying-size.npz", bytes(archive))


def binary_folders() -> None:
    pixels = bytes_like(5, 3072)
    tens = [bytes([label]) + pixels[i].tobytes() for i, label in enumerate([3, 9, 0, 7, 1])]
    write("cifar10/data_batch_1.bin", tens[0] + tens[1])
    write("cifar10/data_batch_2.bin", tens[2])
    write("cifar10/test_batch.bin", tens[3] + tens[4])
    hundreds = [bytes([coarse, fine]) + pixels[i].tobytes() for i, (coarse, fine) in enumerate([(1, 99), (19, 4)])]
    write("cifar100/train.bin", b"".join(hundreds))
    write("cifar100/test.bin", hundreds[0])
    write("cifar-bad/size/data_batch_1.bin", tens[0][:-1])
    write("cifar-bad/label/data_batch_1.bin", tens[0] + bytes([10]) + tens[1][1:])
    write("cifar-bad/empty/data_batch_1.bin", b"")
    write("cifar-bad/test-only/test_batch.bin", tens[0])
    write("cifar-bad/python/data_batch_1", b"\x80\x02}")

    images = bytes_like(4, 5, 6)
    labels = bytes([1, 0, 2, 1])

    def idx(array: bytes, *dims: int) -> bytes:
        return struct.pack(">BBBB", 0, 0, 8, len(dims)) + struct.pack(f">{len(dims)}I", *dims) + array

    def pair(folder: str, image: bytes, label: bytes, ending: str = "") -> None:
        write(f"{folder}/train-images-idx3-ubyte{ending}", image)
        write(f"{folder}/train-labels-idx1-ubyte{ending}", label)

    image, label = idx(images.tobytes(), 4, 5, 6), idx(labels, 4)
    pair("idx", image, label)
    write("idx/t10k-images.idx3-ubyte", idx(images[:1].tobytes(), 1, 5, 6))
    write("idx/t10k-labels.idx1-ubyte", idx(labels[:1], 1))
    packed = gzip.compress(image, mtime=0)
    pair("idx-gz", packed, gzip.compress(label, mtime=0), ".gz")
    pair("idx-bad/magic", b"\x00\x00\x0d" + image[3:], label)
    pair("idx-bad/count", idx(images.tobytes(), 4, 5, 6), idx(labels[:3], 3))
    pair("idx-bad/short", image[:-1], label)
    pair("idx-bad/long", image + b"\x00", label)
    pair("idx-bad/absurd", idx(b"", 0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF), label)
    pair("idx-bad/empty", idx(b"", 0, 5, 6), idx(b"", 0))
    pair("idx-bad/gz-truncated", packed[:-9], gzip.compress(label, mtime=0), ".gz")
    damaged = packed[:-5] + bytes([packed[-5] ^ 0xFF]) + packed[-4:]
    pair("idx-bad/gz-checksum", damaged, gzip.compress(label, mtime=0), ".gz")


def picture(width: int, height: int) -> Image.Image:
    """Soft gradients, one hard edge."""
    y, x = np.mgrid[0:height, 0:width]
    red = x * 255 // max(width - 1, 1)
    green = y * 255 // max(height - 1, 1)
    blue = np.where(x + y < (width + height) // 2, 40, 220)
    return Image.fromarray(np.stack([red, green, blue], axis=2).astype(np.uint8))


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def images() -> None:
    image = picture(12, 8)
    png, jpeg = encoded(image, "PNG"), encoded(image, "JPEG", quality=90)
    transparent = image.copy()
    transparent.putalpha(Image.fromarray(bytes_like(8, 12)))
    palette = image.quantize(16)
    write("images/b-bird/1.png", png)
    write("images/b-bird/2.PNG", encoded(image.convert("L"), "PNG"))
    write("images/b-bird/3.png", encoded(transparent, "PNG"))
    write("images/b-bird/4.png", encoded(palette, "PNG"))
    write("images/a-cat/1.jpg", jpeg)
    write("images/a-cat/2.JPEG", encoded(image.convert("L"), "JPEG", quality=90))
    write("images/a-cat/3.jpeg", encoded(image, "JPEG", quality=90, progressive=True))
    write("images/a-cat/4.jpg", png)
    # A gamma that libpng would apply, and Pillow does not.
    gamma = png[:33] + chunk(b"gAMA", struct.pack(">I", 100000)) + png[33:]
    write("images/c-dog/1.png", gamma)
    write("images/c-dog/notes.txt", b"is passed over\n")

    # What Pillow makes of them: in the order in which the data set has them, as RGB and as grey.
    files = sorted((p for p in (FOLDER / "images").rglob("*") if p.suffix.lower() in (".png", ".jpg", ".jpeg")),
                   key=lambda p: (p.parent.name, p.name))
    opened = [Image.open(path) for path in files]
    rgb = [np.asarray(i.convert("RGB")).transpose(2, 0, 1) for i in opened]
    write("images-expected/rgb.npy", npy(np.stack(rgb)))
    grey = [np.asarray(i.convert("RGB").convert("L") if i.mode != "L" else i)[None] for i in opened]
    write("images-expected/grey.npy", npy(np.stack(grey)))

    source = picture(37, 23)
    write("resize/only/1.png", encoded(source, "PNG"))
    for width, height in [(9, 7), (64, 50), (37, 11), (80, 23), (1, 1)]:
        resized = np.asarray(source.resize((width, height), Image.Resampling.BILINEAR)).transpose(2, 0, 1)
        write(f"resize-expected/{width}x{height}.npy", npy(np.ascontiguousarray(resized)[None]))

    def bad(name: str, content: bytes) -> None:
        write(f"images-bad/{name.split('.')[0]}/only/{name}", content)

    bad("cmyk.jpg", encoded(image.convert("CMYK"), "JPEG"))
    bad("truncated-jpeg.jpg", jpeg[: len(jpeg) * 3 // 4])
    bad("no-jpeg.jpg", b"\xff\xd8\xff")
    bad("corrupt-jpeg.jpg", jpeg[:-40] + bytes(20) + jpeg[-20:])
    bad("text.png", b"this is no image\n")
    bad("nothing.png", b"")
    deep = Image.fromarray((np.arange(96).reshape(8, 12) * 600).astype(np.uint16))
    bad("sixteen-bits.png", encoded(deep, "PNG"))
    bad("truncated-png.png", png[:-30])
    bad("corrupt-png.png", png[:60] + bytes([png[60] ^ 0xFF]) + png[61:])
    large = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", large) + chunk(b"IDAT", zlib.compress(bytes(1000), 9))
    bad("bomb-png.png", bomb + chunk(b"IEND", b""))
    size = jpeg.find(b"\xff\xc0") + 5
    bad("bomb-jpeg.jpg", jpeg[:size] + struct.pack(">HH", 65500, 65500) + jpeg[size + 4:])
    bad("webp.webp", b"RIFF\x00\x00\x00\x00WEBP")
    write("images-mixed/only/1.png", png)
    write("images-mixed/only/2.png", encoded(source, "PNG"))
    write("images-halves/train/cat/1.png", png)
    write("images-halves/val/cat/1.png", png)
    write("images-halves/val/cat/2.png", png)


def pairs() -> None:
    images = bytes_like(3, 1, 2, 2)
    write("pair/x.npy", npy(images))
    write("pair/y.npy", npy(np.array([1, 0, 1], dtype="<i4")))
    write("unknown/notes.txt", b"no data\n")
    write("images-flat/1.png", encoded(picture(4, 4), "PNG"))


if __name__ == "__main__":
    numpy_arrays()
    numpy_archives()
    binary_folders()
    images()
    pairs()
