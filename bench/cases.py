"""The list of benchmark cases: the rows of the speed table, and rows of our own between them.

A new op adds lines to ``CASES`` here, its formula to ``oracle.py`` and a branch to the adaptors of the peers that do
the same job. Nothing else in ``bench/`` knows the ops by name.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import filters, geometry, orders

SIZES = {"4K": (2160, 3840), "1080p": (1080, 1920), "720p": (720, 1280)}
ITEM_BYTES = {"u8": 1, "u16": 2, "i16": 2, "f16": 2, "f32": 4, "f64": 8}
LINE_BYTES = 64  # of memory that is moved at least
TAPS = {"nearest": 1, "bilinear": 2, "bicubic": 4, "lanczos": 6}  # per result and axis, without antialiasing
SHORT_NAMES = {"uint8": "u8", "uint16": "u16", "int16": "i16", "float16": "f16", "float32": "f32", "float64": "f64"}
IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}


@dataclass(frozen=True)
class Image:
    """What the input is; ``images.py`` makes it."""

    size: tuple[int, int]
    dtype: str = "u8"
    channels: int = 3
    kind: str = "photo"  # "photo", or "synthetic" where scikit-image is not wanted
    view: str = ""  # how the array lies in memory: "", "crop", "flip", "step", "planar" (H,W,C view of C,H,W), "chw"
    count: int = 1  # above 1: a list of photographs of mixed sizes around ``size``

    @property
    def layout(self) -> str:
        if self.channels == 1:
            return "HW"
        return "CHW" if self.view == "chw" else "HWC"

    @property
    def name(self) -> str:
        size = next((name for name, size in SIZES.items() if size == self.size), f"{self.size[0]}x{self.size[1]}")
        view = f"-{self.view}" if self.view else ""
        return f"{size}-{self.dtype}x{self.channels}{view}" + (f"-list{self.count}" if self.count > 1 else "")

    @property
    def nbytes(self) -> int:
        return self.size[0] * self.size[1] * self.channels * ITEM_BYTES[self.dtype]


@dataclass(frozen=True)
class Case:
    """One job: ``op`` of pixlane on ``image`` with ``params`` as its keywords."""

    op: str
    image: Image
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)
    target: float = 1.0  # peer time / our time that the row must reach; 1.0 for rows of our own
    row: str = "own"  # label of the row in the speed table, or "own"
    target_threads: int = 1  # where ``target`` holds; elsewhere the promise is 1.0

    @property
    def name(self) -> str:
        return "/".join((self.op, self.image.name, *self._words()))

    def _words(self) -> Iterable[str]:
        p = dict(self.params)
        if self.op == "resize":
            size = next((name for name, size in SIZES.items() if size == p["size"]), "{}x{}".format(*p["size"]))
            yield f"{size}-{p['interpolation']}" + ("" if p.get("antialias", True) else "-plain")
        elif self.op in geometry.OPS:
            yield geometry.words(self)
        elif self.op in filters.OPS:
            yield filters.words(self)
        elif self.op in orders.OPS:
            yield orders.words(self)
        elif self.op == "normalize":
            layout = p.get("layout_out") or self.image.layout
            yield f"{p.get('dtype', 'float32')}-{layout}"
        else:
            words = [f"{k}{v}" for k, v in p.items() if k in ("resize", "crop", "interpolation", "dtype")]
            words += ["flip"] if p.get("flip") else []
            words += ["plain"] if not p.get("antialias", True) else []
            yield "-".join(words)

    def target_at(self, threads: int) -> float:
        return self.target if threads == self.target_threads else 1.0

    @property
    def output_size(self) -> tuple[int, int]:
        if self.op == "resize":
            size: tuple[int, int] = self.params["size"]
            return size
        if self.op == "preprocess" and (crop := self.params.get("crop")):
            return crop, crop
        if self.op in geometry.OPS:
            return geometry.output_size(self)
        return self.image.size

    @property
    def output_dtype(self) -> str:
        if self.op == "resize" or self.op in geometry.OPS or self.op in orders.OPS:
            return self.image.dtype
        if self.op in filters.OPS - filters.DERIVATIVES and "dtype" not in self.params:
            return self.image.dtype
        return SHORT_NAMES[self.params.get("dtype", "float32")]

    @property
    def shrinks(self) -> bool:
        out = self.output_size
        return out[0] < self.image.size[0] or out[1] < self.image.size[1]

    @property
    def grows(self) -> bool:
        out = self.output_size
        return out[0] > self.image.size[0] or out[1] > self.image.size[1]

    @property
    def needs_antialias(self) -> bool:
        """Whether the filter must widen, so that a library that only interpolates does another job."""
        filters = ("bilinear", "bicubic", "lanczos")
        widens = self.params.get("interpolation", "bilinear") in filters and self.params.get("antialias", True)
        return self.op in ("resize", "preprocess") and self.shrinks and widens

    @property
    def traffic(self) -> int:
        """Bytes that must cross memory: cache lines that have to be read once, what is written once."""
        from .images import mixed_sizes

        height, width = self.output_size
        written = height * width * self.image.channels * ITEM_BYTES[self.output_dtype] * self.image.count
        count, size = self.image.count, self.image.size
        return written + sum(self._read(size) for size in ([size] if count == 1 else mixed_sizes(size, count)))

    def _read(self, size: tuple[int, int]) -> int:
        height, width = size
        rows, columns = self.output_size
        if self.op == "preprocess" and "crop" in self.params:
            zoom = min(size) / self.params["resize"]
            height, width = min(height, int(rows * zoom)), min(width, int(columns * zoom))
        pixel = self.image.channels * ITEM_BYTES[self.image.dtype]
        row = width * pixel
        interpolation = self.params.get("interpolation", "bilinear")
        if self.op in ("resize", "preprocess") and (
            interpolation == "nearest" or not self.params.get("antialias", True)
        ):
            taps = TAPS[interpolation]
            height, row = min(height, taps * rows), min(row, columns * max(LINE_BYTES, taps * pixel))
        return height * row

    @property
    def level(self) -> float:
        """One 8-bit level of the source in units of the output: the unit in which adaptors state their bounds."""
        if self.op not in ("normalize", "preprocess") or self.output_dtype == "u8":
            return {"u8": 1.0, "u16": 257.0, "i16": 257.0}.get(self.image.dtype, 1 / 255)
        return 1 / 255 / float(min(self.params.get("std", (1.0,))))


def _img(size: str | tuple[int, int], dtype: str = "u8", channels: int = 3, **more: Any) -> Image:
    return Image(SIZES[size] if isinstance(size, str) else size, dtype, channels, **more)


def resize(
    image: Image, size: str | tuple[int, int], interpolation: str, target: float = 1.0, row: str = "own", **more: Any
) -> Case:
    size = SIZES[size] if isinstance(size, str) else size
    return Case("resize", image, {"size": size, "interpolation": interpolation, **more}, target, row)


def normalize(image: Image, target: float = 1.0, row: str = "own", **more: Any) -> Case:
    stats = {k: tuple(v[c % 3] for c in range(image.channels)) for k, v in IMAGENET.items()}
    return Case("normalize", image, {**stats, **more}, target, row)


def preprocess(image: Image, target: float = 1.0, row: str = "own", target_threads: int = 1, **more: Any) -> Case:
    params = {"resize": 256, "crop": 224, "flip": True, **IMAGENET, **more}
    return Case("preprocess", image, params, target, row, target_threads)


def moves(op: str, image: Image, target: float = 1.0, row: str = "own", **params: Any) -> Case:
    return Case(op, image, params, target, row)


def warps(op: str, image: Image, interpolation: str, target: float = 1.0, row: str = "own", **params: Any) -> Case:
    return Case(op, image, {**params, "interpolation": interpolation}, target, row)


def order(op: str, image: Image, target: float = 1.0, row: str = "own", **params: Any) -> Case:
    return Case(op, image, params, target, row)


def sums(op: str, image: Image, target: float = 1.0, row: str = "own", **params: Any) -> Case:
    return Case(op, image, params, target, row)


ROW_224 = "resize 1080p->224x224, antialiased"
ROW_4K = "resize 4K->1080p, antialiased"
ROW_UP = "resize 512->1024"
ROW_AREA = "resize area"
ROW_F32 = "resize 1080p->720p f32, antialiased"
ROW_U16 = "resize 1080p->720p u16"
ROW_NEAREST = "nearest"
ROW_PREPROCESS = "preprocess: resize 256, crop 224, flip, normalize, CHW f32"
ROW_LIST = "preprocess, list of 64 photographs of mixed sizes"
ROW_NORMALIZE = "normalize u8 -> f32"
ROW_ROTATE = "rotate 15 deg"
ROW_ROTATE_TYPES = "rotate 15 deg bilinear, other types"
ROW_WARP = "perspective / remap bilinear"
ROW_MOVES = "flip / rot90 / HWC->CHW"
ROW_CORRELATE = "correlate"
ROW_SOBEL = "sobel u8 -> f32"
ROW_ERODE = "erode"
ROW_MEDIAN = "median"
ROW_BOX = "box 15"
ROW_GAUSSIAN = "gaussian"
# Scaled, turned and sheared; a photographed page.
AFFINE = ((1.1037, 0.2071, -120.37), (-0.1513, 0.9029, 150.71), (0.0, 0.0, 1.0))
TILTED = ((1.0507, 0.1213, -60.39), (-0.0823, 1.1019, 40.77), (5.1e-5, 8.3e-5, 1.0))

# fmt: off
CASES: tuple[Case, ...] = (
    # The rows of the speed table.
    resize(_img("1080p"), (224, 224), "bilinear", 3, ROW_224),
    resize(_img("1080p"), (224, 224), "bicubic", 3, ROW_224),
    resize(_img("1080p"), (224, 224), "lanczos", 3, ROW_224),
    resize(_img("1080p"), (224, 224), "area", 2, ROW_AREA),
    resize(_img("1080p"), "720p", "area", 2, ROW_AREA),
    resize(_img("1080p"), (317, 501), "area", 2, ROW_AREA),
    resize(_img("4K"), "1080p", "bilinear", 3, ROW_4K),
    resize(_img("4K"), "1080p", "bicubic", 3, ROW_4K),
    resize(_img("4K"), "1080p", "lanczos", 3, ROW_4K),
    resize(_img("4K"), "1080p", "area", 1.5, ROW_4K),
    resize(_img((512, 512)), (1024, 1024), "bilinear", 1.5, ROW_UP),
    resize(_img((512, 512)), (1024, 1024), "bicubic", 1.3, ROW_UP),
    resize(_img((512, 512)), (1024, 1024), "lanczos", 3, ROW_UP),
    resize(_img("1080p", "f32"), "720p", "bilinear", 5, ROW_F32),
    resize(_img("1080p", "f32"), "720p", "bicubic", 5, ROW_F32),
    resize(_img("1080p", "u16"), "720p", "area", 3, ROW_U16),
    resize(_img("1080p", "u16"), "720p", "bicubic", 3, ROW_U16),
    resize(_img("1080p"), (224, 224), "nearest", 1.2, ROW_NEAREST),
    resize(_img("4K"), "1080p", "nearest", 1.2, ROW_NEAREST),
    resize(_img((512, 512)), (1024, 1024), "nearest", 1.2, ROW_NEAREST),
    resize(_img("1080p", "f32"), "720p", "nearest", 1.2, ROW_NEAREST),
    resize(_img("1080p", "u8", 1), "720p", "nearest", 1.2, ROW_NEAREST),
    preprocess(_img("1080p"), 4, ROW_PREPROCESS),
    preprocess(_img("1080p", count=64), 5, ROW_LIST, target_threads=2),
    normalize(_img("1080p"), 3, ROW_NORMALIZE),
    normalize(_img("1080p"), 4, ROW_NORMALIZE, layout_out="CHW"),
    warps("rotate", _img("1080p"), "bilinear", 3, ROW_ROTATE, angle=15),
    warps("rotate", _img("1080p"), "bicubic", 3, ROW_ROTATE, angle=15),
    warps("rotate", _img("1080p"), "lanczos", 8, ROW_ROTATE, angle=15),
    warps("rotate", _img("1080p"), "nearest", 3, ROW_ROTATE, angle=15),
    warps("rotate", _img("1080p", "f32"), "bilinear", 4, ROW_ROTATE_TYPES, angle=15),
    warps("rotate", _img("1080p", "u16"), "bilinear", 3, ROW_ROTATE_TYPES, angle=15),
    warps("rotate", _img("1080p", "u8", 1), "bilinear", 4, ROW_ROTATE_TYPES, angle=15),
    warps("perspective", _img("1080p"), "bilinear", 3, ROW_WARP, matrix=TILTED),
    warps("remap", _img("1080p"), "bilinear", 2.5, ROW_WARP),
    moves("flip", _img("1080p"), 1, ROW_MOVES, direction="horizontal"),
    moves("rot90", _img("1080p"), 2, ROW_MOVES, k=1),
    moves("transpose", _img("1080p"), 1.2, ROW_MOVES, layout_out="CHW"),
    sums("correlate", _img("1080p"), 3, ROW_CORRELATE, kernel=filters.dense(5)),
    sums("correlate", _img("1080p", "f32"), 1.7, ROW_CORRELATE, kernel=filters.dense(5)),
    sums("correlate", _img("1080p", "u16"), 10, ROW_CORRELATE, kernel=filters.dense(5)),
    sums("correlate", _img("1080p"), 3, ROW_CORRELATE, kernel=filters.dense(9)),
    sums("correlate", _img("1080p", "f32"), 2, ROW_CORRELATE, kernel=filters.dense(9)),
    sums("correlate", _img("1080p"), 2, ROW_CORRELATE, kernel=filters.dense(31)),
    sums("sobel", _img("1080p"), 2, ROW_SOBEL, axis="x"),
    order("erode", _img("1080p"), 1, ROW_ERODE, footprint=5),
    order("erode", _img("1080p", "f32"), 1.5, ROW_ERODE, footprint=5),
    order("erode", _img("1080p"), 2, ROW_ERODE, footprint=31),
    order("erode", _img("1080p", "f32"), 2, ROW_ERODE, footprint=31),
    order("median_blur", _img("1080p"), 1.1, ROW_MEDIAN, footprint=3, border="edge"),
    order("median_blur", _img("1080p"), 3, ROW_MEDIAN, footprint=5, border="edge"),
    order("median_blur", _img("1080p"), 20, ROW_MEDIAN, footprint=7, border="edge"),
    order("median_blur", _img("1080p"), 10, ROW_MEDIAN, footprint=15, border="edge"),
    order("median_blur", _img("1080p", "f32"), 2, ROW_MEDIAN, footprint=3, border="edge"),
    order("median_blur", _img("1080p", "f32"), 3, ROW_MEDIAN, footprint=5, border="edge"),
    order("median_blur", _img((512, 512), "u16", 1), 50, ROW_MEDIAN, footprint=15, border="edge"),
    sums("box_blur", _img("1080p"), 2.5, ROW_BOX, size=15),
    sums("box_blur", _img("1080p", "f32"), 2.5, ROW_BOX, size=15),
    sums("box_blur", _img("1080p", "u8", 1), 1.5, ROW_BOX, size=15),
    *(
        sums("gaussian_blur", _img("1080p"), target, ROW_GAUSSIAN, sigma=sigma)
        for sigma, target in ((1, 3), (2, 3), (5, 5), (15, 10))
    ),
    sums("gaussian_blur", _img("1080p", "f32"), 2.5, ROW_GAUSSIAN, sigma=2),
    sums("gaussian_blur", _img("1080p", "f32"), 15, ROW_GAUSSIAN, sigma=15),
    sums("gaussian_blur", _img("1080p", "u16"), 5, ROW_GAUSSIAN, sigma=2),
    sums("gaussian_blur", _img("1080p", "u16"), 20, ROW_GAUSSIAN, sigma=15),
    # Between them: channels.
    resize(_img("1080p", "u8", 1), (224, 224), "bilinear"),
    resize(_img("1080p", "u8", 2), (224, 224), "bilinear"),
    resize(_img("1080p", "u8", 4), (224, 224), "bilinear"),
    resize(_img("1080p", "u8", 5), (224, 224), "bilinear"),
    resize(_img("1080p", "u8", 1), "720p", "bicubic"),
    resize(_img("1080p", "u8", 4), "720p", "lanczos"),
    resize(_img((512, 512), "u8", 1), (1024, 1024), "bilinear"),
    resize(_img((512, 512), "u8", 4), (1024, 1024), "bicubic"),
    resize(_img((512, 512), "u8", 5), (1024, 1024), "bilinear"),
    # Ratios and odd sizes.
    resize(_img("1080p"), "720p", "bilinear"),
    resize(_img("1080p"), "720p", "lanczos"),
    resize(_img((1013, 1511)), (317, 499), "bicubic"),
    resize(_img((487, 613)), (1021, 1279), "lanczos"),
    resize(_img((487, 613)), (487, 301), "bilinear"),
    resize(_img((487, 613)), (301, 613), "bilinear"),
    resize(_img("1080p"), "720p", "bilinear", antialias=False),
    resize(_img("1080p"), (224, 224), "bilinear", antialias=False),
    resize(_img("1080p"), (270, 480), "area"),
    resize(_img("1080p", "u8", 1), (540, 960), "area"),
    # Types.
    resize(_img("1080p", "u16"), (224, 224), "bilinear"),
    resize(_img("1080p", "u16", 1), "720p", "lanczos"),
    resize(_img("1080p", "u16"), "720p", "bilinear", antialias=False),
    resize(_img("1080p", "i16"), "720p", "area"),
    resize(_img("1080p", "i16"), "720p", "bilinear", antialias=False),
    resize(_img("1080p", "f32"), (224, 224), "lanczos"),
    resize(_img("1080p", "f32", 1), "720p", "bilinear"),
    resize(_img("1080p", "f32"), "720p", "bilinear", antialias=False),
    resize(_img("1080p", "f32"), "720p", "area"),
    resize(_img("1080p", "f32", view="chw"), "720p", "bilinear"),
    resize(_img((512, 512), "f32"), (1024, 1024), "bicubic"),
    resize(_img((512, 512), "u16"), (1024, 1024), "bilinear"),
    # Views.
    resize(_img("1080p", view="crop"), (224, 224), "bilinear"),
    resize(_img("1080p", view="flip"), (224, 224), "bilinear"),
    resize(_img("1080p", view="step"), (224, 224), "bilinear"),
    resize(_img("1080p", view="planar"), (224, 224), "bilinear"),
    resize(_img("1080p", view="chw"), (224, 224), "bilinear"),
    # Small images, where overhead decides.
    resize(_img((32, 32)), (16, 16), "bilinear"),
    resize(_img((32, 32)), (64, 64), "bilinear"),
    resize(_img((32, 32)), (16, 16), "bilinear", antialias=False),
    resize(_img((32, 32)), (16, 16), "nearest"),
    resize(_img((64, 64)), (32, 32), "bicubic"),
    resize(_img((64, 64)), (32, 32), "area"),
    resize(_img((64, 64), "f32"), (48, 48), "bilinear"),
    resize(_img((64, 64), "u8", 1), (96, 96), "lanczos"),
    # preprocess and normalize.
    preprocess(_img("4K")),
    preprocess(_img((480, 640))),
    preprocess(_img((64, 64)), resize=32, crop=28),
    preprocess(_img("1080p"), interpolation="bicubic"),
    preprocess(_img("1080p"), antialias=False),
    preprocess(_img("1080p"), dtype="float16"),
    normalize(_img("1080p", "u8", 1)),
    normalize(_img("1080p", "u8", 4)),
    normalize(_img("1080p", "u16")),
    normalize(_img("1080p", "f32")),
    normalize(_img("1080p", "f32"), layout_out="CHW"),
    normalize(_img("1080p"), layout_out="CHW", dtype="float16"),
    normalize(_img("1080p", view="crop"), layout_out="CHW"),
    normalize(_img((224, 224)), layout_out="CHW"),
    normalize(_img((32, 32))),
    normalize(_img((32, 32)), layout_out="CHW"),
    # Warps: angles (a steep one is to cost little more than a slight one), types, shapes, small images.
    warps("rotate", _img("1080p"), "bilinear", angle=1),
    warps("rotate", _img("1080p"), "bilinear", angle=45),
    warps("rotate", _img("1080p"), "bilinear", angle=89),
    warps("rotate", _img("1080p", "u8", 4), "bilinear", angle=15),
    warps("rotate", _img("1080p", "f32", 1), "bilinear", angle=15),
    warps("rotate", _img("1080p", "f32"), "bicubic", angle=15),
    warps("rotate", _img("1080p", "f32"), "lanczos", angle=15),
    warps("rotate", _img("1080p", "f32", 1), "bicubic", angle=15),
    warps("rotate", _img("1080p", "u16"), "bicubic", angle=15),
    warps("rotate", _img("1080p", "u16"), "lanczos", angle=15),
    warps("rotate", _img("1080p", "u16", 1), "bilinear", angle=15),
    warps("rotate", _img("1080p", "u8", 1), "bicubic", angle=15),
    warps("rotate", _img("1080p", "u8", 1), "lanczos", angle=15),
    warps("rotate", _img("1080p", "u8", 4), "lanczos", angle=15),
    warps("rotate", _img("1080p", "u16"), "nearest", angle=89),
    warps("rotate", _img((4320, 480)), "bilinear", angle=15),
    warps("rotate", _img((480, 4320)), "bilinear", angle=89),
    warps("rotate", _img((224, 224)), "bilinear", angle=15),
    warps("rotate", _img((32, 32)), "bilinear", angle=15),
    warps("affine", _img("1080p"), "bilinear", matrix=AFFINE),
    warps("affine", _img("1080p"), "bicubic", matrix=AFFINE),
    warps("affine", _img("1080p", "u8", 1), "nearest", matrix=AFFINE),
    warps("affine", _img((224, 224)), "bilinear", matrix=AFFINE),
    warps("perspective", _img("1080p"), "nearest", matrix=TILTED),
    warps("perspective", _img("1080p", "f32"), "bilinear", matrix=TILTED),
    warps("remap", _img("1080p", "u8", 1), "bilinear"),
    warps("remap", _img("1080p"), "nearest"),
    warps("elastic", _img((512, 512)), "bilinear", alpha=100.0, sigma=8.0, seed=7),
    # Moves.
    moves("flip", _img("1080p"), direction="vertical"),
    moves("flip", _img("1080p"), direction="both"),
    moves("flip", _img("1080p", "u8", 1), direction="horizontal"),
    moves("flip", _img("1080p", "u8", 4), direction="horizontal"),
    moves("flip", _img("1080p", "f32"), direction="horizontal"),
    moves("flip", _img((32, 32)), direction="horizontal"),
    moves("rot90", _img("1080p"), k=2),
    moves("rot90", _img("1080p"), k=3),
    moves("rot90", _img("1080p", "u8", 1), k=1),
    moves("rot90", _img("1080p", "u8", 4), k=1),
    moves("rot90", _img("1080p", "f32"), k=1),
    moves("rot90", _img((224, 224)), k=1),
    moves("transpose", _img("1080p", "f32"), layout_out="CHW"),
    moves("transpose", _img("1080p", "u16"), layout_out="CHW"),
    moves("transpose", _img("1080p", view="chw"), layout_out="HWC"),
    moves("transpose", _img("1080p", "u8", 4), layout_out="CHW"),
    moves("crop", _img("1080p"), box=(100, 50, 1740, 970), copy=True),
    moves("pad", _img("1080p"), padding=32, border="constant"),
    moves("pad", _img("1080p"), padding=32, border="reflect"),
    moves("pyramid_down", _img("1080p")),
    moves("pyramid_down", _img("1080p", "f32")),
    moves("pyramid_up", _img("720p")),
    # Sums of neighbourhoods: kernels of rank one, other sizes, types and channels.
    sums("correlate", _img("1080p"), kernel=filters.dense(3)),
    sums("correlate", _img("1080p", "u8", 1), kernel=filters.dense(5)),
    sums("correlate", _img("1080p", "u8", 4), kernel=filters.dense(7)),
    sums("correlate", _img("1080p", "f32"), kernel=filters.dense(3)),
    sums("correlate", _img("1080p", "f32"), kernel=filters.dense(31)),
    sums("correlate", _img("1080p"), kernel=filters.RANK_ONE),
    sums("correlate", _img((32, 32)), kernel=filters.dense(3)),
    sums("convolve", _img("1080p"), kernel=filters.dense(4)),
    sums("convolve_separable", _img("1080p"), kernel_y=filters.line(9), kernel_x=filters.line(9)),
    sums("convolve_separable", _img("1080p"), kernel_y=filters.line(41), kernel_x=filters.line(41)),
    sums("convolve_separable", _img("1080p", "f32"), kernel_y=filters.line(9), kernel_x=filters.line(9)),
    sums("convolve_separable", _img("1080p", "f32"), kernel_y=filters.line(41), kernel_x=filters.line(41)),
    sums("convolve_separable", _img("1080p", "u16"), kernel_y=filters.line(9), kernel_x=filters.line(9)),
    sums("sobel", _img("1080p"), axis="magnitude"),
    sums("sobel", _img("1080p"), axis="y", dtype="int16"),
    *(sums("sobel", _img((side, side), "u8", 1), axis="x") for side in (32, 64, 100)),
    sums("sobel", _img((100, 100), "f32", 1), axis="x"),
    *(sums("correlate", _img((side, side), "u8", 1), kernel=filters.dense(5)) for side in (32, 64, 100)),
    sums("correlate", _img((100, 100), "f32", 1), kernel=filters.dense(5)),
    *(sums("correlate", _img("1080p", "f32"), kernel=filters.dense(size)) for size in (7, 15)),
    sums("correlate", _img("1080p", "u16"), kernel=filters.dense(9)),
    sums("scharr", _img("1080p", "f32"), axis="x"),
    sums("laplacian", _img("1080p")),
    # Morphology: sizes, types, shapes, small images, and what is made of it.
    order("erode", _img("1080p"), footprint=3),
    order("erode", _img("1080p"), footprint=9),
    order("erode", _img("1080p"), footprint=101),
    order("erode", _img("1080p", "u8", 1), footprint=5),
    order("erode", _img("1080p", "u8", 4), footprint=7),
    order("erode", _img("1080p", "u16"), footprint=5),
    order("erode", _img("1080p", "i16"), footprint=15),
    order("erode", _img("1080p", "f64", 1), footprint=5),
    order("erode", _img("1080p"), footprint=15, shape="ellipse"),
    order("erode", _img((32, 32)), footprint=3),
    order("dilate", _img("1080p"), footprint=5),
    order("dilate", _img("1080p", "f32"), footprint=15, shape="ellipse"),
    order("opening", _img("1080p"), footprint=5),
    order("closing", _img("1080p", "f32"), footprint=5),
    order("morphological_gradient", _img("1080p"), footprint=5),
    order("top_hat", _img("1080p"), footprint=9),
    *(order("opening", _img("1080p"), footprint=size) for size in (3, 31, 101)),
    order("opening", _img("1080p", "f32"), footprint=31),
    order("opening", _img("1080p"), footprint=15, shape="ellipse"),
    *(order(op, _img((side, side), "u8", 1), footprint=5) for op in ("erode", "opening") for side in (32, 64, 100)),
    *(order(op, _img((100, 100), "f32", 1), footprint=5) for op in ("erode", "opening")),
    # Ranks: types, shapes, small images.
    order("median_blur", _img("1080p", "u8", 1), footprint=3, border="edge"),
    order("median_blur", _img("1080p", "u16"), footprint=3, border="edge"),
    order("median_blur", _img("1080p", "u16"), footprint=5, border="edge"),
    order("median_blur", _img("1080p", "u16", 1), footprint=3, border="edge"),
    order("median_blur", _img("1080p", "i16"), footprint=3, border="edge"),
    order("median_blur", _img((512, 512)), footprint=9, border="edge"),
    order("median_blur", _img((512, 512)), footprint=31, border="edge"),
    order("median_blur", _img((512, 512), "f32", 1), footprint=9, border="edge"),
    order("median_blur", _img((32, 32)), footprint=3, border="edge"),
    order("rank_filter", _img((512, 512), "u8", 1), footprint=5, rank=4, border="edge"),
    order("percentile_filter", _img((512, 512), "u8", 1), footprint=7, percentile=75, border="edge"),
    order("minimum_filter", _img("1080p", "u8", 1), footprint=9),
    order("maximum_filter", _img("1080p", "f32", 1), footprint=9),
    *(sums("box_blur", _img("1080p"), size=size) for size in (3, 5, 31, 101)),
    *(sums("box_blur", _img("1080p", "f32"), size=size) for size in (3, 31, 101)),
    sums("box_blur", _img("1080p", "u16"), size=15),
    sums("box_blur", _img("1080p", "u8", 1), size=3),
    sums("box_blur", _img((224, 224)), size=5),
    sums("box_blur", _img((32, 32)), size=3),
    *(sums("box_blur", _img((side, side), "u8", 1), size=5) for side in (32, 64, 100)),
    sums("box_blur", _img((100, 100), "f32", 1), size=5),
    *(sums("gaussian_blur", _img("1080p"), sigma=sigma) for sigma in (0.5, 3, 4, 8, 30)),
    *(sums("gaussian_blur", _img("1080p", "f32"), sigma=sigma) for sigma in (1, 3, 4, 5, 30)),
    sums("gaussian_blur", _img("1080p", "u16"), sigma=5),
    *(sums("gaussian_blur", _img("1080p", "u8", 1), sigma=sigma) for sigma in (1, 3, 5, 15)),
    *(sums("gaussian_blur", _img((224, 224)), sigma=sigma) for sigma in (1, 5)),
    *(sums("gaussian_blur", _img((32, 32)), sigma=sigma) for sigma in (1, 5)),
    sums("unsharp_mask", _img("1080p"), sigma=1),
    sums("unsharp_mask", _img("1080p", "f32"), sigma=2),
    sums("unsharp_mask", _img("1080p"), sigma=15),
)
# fmt: on


def select(patterns: Iterable[str] = (), quick: bool = False) -> list[Case]:
    """Cases whose name or row matches any pattern (a glob, or part of it); ``quick`` keeps the table's rows."""
    cases = [case for case in CASES if not quick or case.row != "own"]
    patterns = list(patterns)
    if not patterns:
        return cases
    chosen = [c for c in CASES if any(_matches(p, c) for p in patterns)]
    if not chosen:
        known = "\n  ".join(case.name for case in CASES)
        raise ValueError(f"no case matches {', '.join(patterns)}; the cases are\n  {known}")
    return chosen


def _matches(pattern: str, case: Case) -> bool:
    return any(pattern in text or fnmatch.fnmatch(text, pattern) for text in (case.name, case.row))
