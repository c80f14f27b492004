"""Any kind of array in, the same kind out, whatever lies in memory how."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

import pixlane as px

DTYPES = ("uint8", "uint16", "int16", "float16", "float32", "float64")
MOVED = ("bool", "int8", "int32", "uint32", "int64", "uint64")
LAYOUTS = ("HW", "HWC", "CHW", "NHW", "NHWC", "NCHW")
MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)


def resize(image: Any, **options: Any) -> Any:
    return px.resize(image, (9, 14), **options)


def normalize(image: Any, **options: Any) -> Any:
    return px.normalize(image, 0.4, 0.25, **options)


def preprocess(image: Any, **options: Any) -> Any:
    return px.preprocess(image, resize=12, crop=10, mean=0.4, std=0.25, **options)


def rotate(image: Any, **options: Any) -> Any:
    return px.rotate(image, 20, border="reflect", **options)


def perspective(image: Any, **options: Any) -> Any:
    return px.perspective(
        image, [[1, 0.1, 2], [0, 0.9, 1], [0.001, 0, 1]], (19, 29), interpolation="lanczos", **options
    )


def elastic(image: Any, **options: Any) -> Any:
    return px.elastic(image, 20, 3, interpolation="bicubic", **options)


def flip(image: Any, **options: Any) -> Any:
    return px.flip(image, **options)


def rot90(image: Any, **options: Any) -> Any:
    return px.rot90(image, **options)


def crop(image: Any, **options: Any) -> Any:
    return px.crop(image, (0, 1, 3, 3), copy=True, **options)


def pad(image: Any, **options: Any) -> Any:
    return px.pad(image, (1, 2, 3, 4), border="symmetric", **options)


def pyramid_down(image: Any, **options: Any) -> Any:
    return px.pyramid_down(image, **options)


def pyramid_up(image: Any, **options: Any) -> Any:
    return px.pyramid_up(image, **options)


def correlate(image: Any, **options: Any) -> Any:
    return px.correlate(image, [[0.5, 0.25], [-0.25, 0.75]], border=("wrap", "edge"), **options)


def sobel(image: Any, **options: Any) -> Any:
    return px.sobel(image, **options)


def gaussian_blur(image: Any, **options: Any) -> Any:
    return px.gaussian_blur(image, 1.5, border="symmetric", **options)


def wide_gaussian(image: Any, **options: Any) -> Any:
    return px.gaussian_blur(image, 6, **options)


def unsharp_mask(image: Any, **options: Any) -> Any:
    return px.unsharp_mask(image, 1.5, 0.75, threshold=2, **options)


def box_blur(image: Any, **options: Any) -> Any:
    return px.box_blur(image, (4, 5), **options)


def median_blur(image: Any, **options: Any) -> Any:
    return px.median_blur(image, 3, **options)


def median_of_many(image: Any, **options: Any) -> Any:
    return px.median_blur(image, 9, border="constant", value=3, **options)


def rank_filter(image: Any, **options: Any) -> Any:
    return px.rank_filter(image, 2, 4, shape="ellipse", **options)


def erode(image: Any, **options: Any) -> Any:
    return px.erode(image, (3, 4), **options)


def dilate(image: Any, **options: Any) -> Any:
    return px.dilate(image, structure=[[1, 2, 0], [0, 5, 1]], **options)


def top_hat(image: Any, **options: Any) -> Any:
    return px.top_hat(image, 5, shape="diamond", **options)


OPS = [resize, normalize, preprocess]
OPS += [rotate, perspective, elastic, flip, rot90, crop, pad, pyramid_down, pyramid_up]
OPS += [correlate, sobel, gaussian_blur, wide_gaussian, unsharp_mask, box_blur]
OPS += [median_blur, median_of_many, rank_filter, erode, dilate, top_hat]
Op = Callable[..., Any]


@pytest.fixture(params=OPS, ids=lambda op: op.__name__)
def op(request: pytest.FixtureRequest) -> Op:
    function: Op = request.param
    return function


def in_layout(image: Any, layout: str) -> Any:
    """``image`` (H, W, C) as a view with the axes of ``layout``; C where it lacks is the first channel."""
    axes = {"H": 0, "W": 1, "C": 2}
    if "C" not in layout:
        image = image[:, :, 0]
    view = image.transpose([axes[letter] for letter in layout if letter != "N"])
    return view[None] if "N" in layout else view


def misaligned(image: Any) -> Any:
    """A copy that begins one byte off."""
    memory = np.zeros(image.nbytes + 1, np.uint8)
    copy = memory[1:].view(image.dtype).reshape(image.shape)
    copy[...] = image
    assert image.dtype.itemsize == 1 or not copy.flags.aligned
    return copy


def read_only(image: Any) -> Any:
    copy = image.copy()
    copy.flags.writeable = False
    return copy


def padded_rows(image: Any) -> Any:
    wide = np.zeros((image.shape[0] + 2, image.shape[1] + 5, *image.shape[2:]), image.dtype)
    wide[1:-1, 2:-3] = image
    return wide[1:-1, 2:-3]


def every_other(image: Any) -> Any:
    wide = np.zeros((image.shape[0] * 2, image.shape[1] * 2, image.shape[2] * 2), image.dtype)
    wide[::2, ::2, ::2] = image
    return wide[::2, ::2, ::2]


MEMORY: list[Callable[[Any], Any]] = [
    np.asfortranarray,
    lambda image: image[::-1, ::-1].copy()[::-1, ::-1],
    lambda image: image[:, :, ::-1].copy()[:, :, ::-1],
    lambda image: np.ascontiguousarray(image.transpose(2, 0, 1)).transpose(1, 2, 0),
    padded_rows,
    every_other,
    misaligned,
    read_only,
    lambda image: image.astype(image.dtype.newbyteorder("S")),
    lambda image: misaligned(image.astype(image.dtype.newbyteorder("S"))),
]
MEMORY_NAMES = [
    "fortran",
    "negative",
    "mirrored",
    "planar",
    "padded",
    "sparse",
    "misaligned",
    "locked",
    "swapped",
    "both",
]


@pytest.mark.sample
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("memory", MEMORY, ids=MEMORY_NAMES)
def test_memory_does_not_matter(backend: str, op: Op, photograph: Any, dtype: str, memory: Any) -> None:
    image = photograph.astype(dtype)
    view = memory(image)
    before = view.copy()
    result = op(view)
    np.testing.assert_array_equal(result, op(image))
    assert result.dtype.isnative
    np.testing.assert_array_equal(view, before)


@pytest.mark.parametrize("dtype", DTYPES)
def test_zero_strides_of_the_input(backend: str, op: Op, photograph: Any, dtype: str) -> None:
    for narrow in (photograph[:1], photograph[:, :1], photograph[:, :, :1], photograph[:1, :1, :1]):
        view = np.broadcast_to(narrow.astype(dtype), photograph.shape)
        np.testing.assert_array_equal(op(view), op(view.copy()))


@pytest.mark.parametrize("dtype", MOVED)
@pytest.mark.parametrize("memory", [lambda image: image, *MEMORY], ids=["plain", *MEMORY_NAMES])
def test_nearest_moves_every_dtype(backend: str, photograph: Any, dtype: str, memory: Any) -> None:
    image = (photograph // 100).astype(dtype)
    small = px.resize(memory(image), (9, 14), interpolation="nearest")
    assert small.dtype == image.dtype
    wanted = px.resize(photograph // 100, (9, 14), interpolation="nearest").astype(dtype)
    np.testing.assert_array_equal(small, wanted)


@pytest.mark.sample
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(backend: str, photograph: Any, layout: str) -> None:
    image = in_layout(photograph, layout)
    small = px.resize(image, (9, 14), layout=layout)
    np.testing.assert_array_equal(small, in_layout(px.resize(photograph, (9, 14)), layout))
    values = px.normalize(image, 0.4, 0.25, layout=layout)
    np.testing.assert_array_equal(values, in_layout(px.normalize(photograph, 0.4, 0.25), layout))
    ready = px.preprocess(image, resize=12, crop=10, layout=layout)
    whole = px.preprocess(photograph, resize=12, crop=10)
    whole = whole if "C" in layout else whole[:1]
    np.testing.assert_array_equal(ready, whole[None] if "N" in layout else whole)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("layout_out", LAYOUTS)
def test_layouts_of_normalize(backend: str, photograph: Any, layout: str, layout_out: str) -> None:
    image = in_layout(photograph, layout)
    if "C" in layout and "C" not in layout_out:
        with pytest.raises(ValueError, match=r"layout_out='N?HW' has no place for axis C"):
            px.normalize(image, 0.4, 0.25, layout=layout, layout_out=layout_out)
        return
    values = px.normalize(image, 0.4, 0.25, layout=layout, layout_out=layout_out)
    plain = px.normalize(photograph, 0.4, 0.25)
    if "C" not in layout:
        plain = plain[:, :, :1]
    np.testing.assert_array_equal(values, in_layout(plain, layout_out))


def test_defaults_by_number_of_dimensions(backend: str, photograph: Any) -> None:
    assert px.resize(photograph[:, :, 0], (5, 7)).shape == (5, 7)
    assert px.resize(photograph, (5, 7)).shape == (5, 7, 3)
    assert px.resize(photograph[None], (5, 7)).shape == (1, 5, 7, 3)
    assert px.preprocess(photograph, resize=(5, 7)).shape == (3, 5, 7)
    assert px.preprocess(photograph[:, :, 0], resize=(5, 7)).shape == (1, 5, 7)
    assert px.preprocess(photograph[None], resize=(5, 7)).shape == (1, 3, 5, 7)
    assert px.preprocess([photograph], resize=(5, 7)).shape == (1, 3, 5, 7)
    assert px.preprocess(photograph, resize=(5, 7), layout_out="NHWC").shape == (5, 7, 3)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 31, 3), (23, 1, 3), (1, 1), (1, 5), (5, 1), (2, 2, 1), (3, 3, 17)])
def test_small_shapes(backend: str, rng: np.random.Generator, shape: tuple[int, ...]) -> None:
    image = rng.integers(0, 255, shape, np.uint8)
    for size in ((1, 1), (1, 7), (9, 1), (4, 5)):
        assert px.resize(image, size).shape == (*size, *shape[2:])
    assert px.normalize(image, 0, 1).shape == shape
    channels = shape[2] if len(shape) == 3 else 1
    assert px.preprocess(image, resize=3, crop=2).shape == (channels, 2, 2)


@pytest.mark.parametrize("shape", [(4, 5, 0), (0, 4, 5, 3), (0, 4, 5, 0), (2, 4, 5, 0)])
def test_empty_batch_or_channels(backend: str, shape: tuple[int, ...]) -> None:
    image = np.zeros(shape, np.uint8)
    new = (*shape[:-3], 2, 3, shape[-1])
    assert px.resize(image, (2, 3)).shape == new
    out = np.zeros(new, np.uint8)
    assert px.resize(image, (2, 3), out=out) is out
    assert px.normalize(image, 0, 1).shape == shape
    assert px.preprocess(image, resize=(2, 3)).shape == (*shape[:-3], shape[-1], 2, 3)


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0), (0, 5, 3), (5, 0, 3), (2, 0, 5, 3), (0, 0, 5, 3)])
def test_no_pixels(backend: str, shape: tuple[int, ...]) -> None:
    image = np.zeros(shape, np.uint8)
    assert px.normalize(image, 0, 1).shape == shape
    with pytest.raises(ValueError, match="image has no pixels to resize: its shape is"):
        px.resize(image, (2, 3))
    with pytest.raises(ValueError, match="images has no pixels: its shape is"):
        px.preprocess(image, resize=(2, 3))


# ---- NumPy and its subclasses


class Labelled(np.ndarray[Any, Any]):
    """A subclass such as other libraries make."""


def test_subclasses_come_back_plain(backend: str, op: Op, photograph: Any, tmp_path: Path) -> None:
    mapped = np.memmap(tmp_path / "image", np.uint8, "w+", shape=photograph.shape)
    mapped[...] = photograph
    for image in (photograph.view(Labelled), mapped):
        result = op(image)
        assert type(result) is np.ndarray
        np.testing.assert_array_equal(result, op(photograph))


def test_out(backend: str, op: Op, photograph: Any, tmp_path: Path) -> None:
    wanted = op(photograph)
    plain = np.empty_like(wanted)
    assert op(photograph, out=plain) is plain
    fortran = np.empty_like(wanted, order="F")
    backward = np.empty_like(wanted)[::-1, ::-1]
    spaced = np.zeros((*wanted.shape[:-1], wanted.shape[-1] * 2), wanted.dtype)[..., ::2]
    mapped = np.memmap(tmp_path / "out", wanted.dtype, "w+", shape=wanted.shape)
    for out in (plain, fortran, backward, spaced, mapped):
        assert op(photograph, out=out) is out
        np.testing.assert_array_equal(out, wanted)


@pytest.mark.sample
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "uint8"])
def test_normalize_in_place(backend: str, photograph: Any, dtype: str) -> None:
    image = photograph.astype(dtype)
    wanted = px.normalize(image, MEAN, STD, dtype=dtype)
    assert px.normalize(image, MEAN, STD, dtype=dtype, out=image) is image
    np.testing.assert_array_equal(image, wanted)
    same = photograph.astype(dtype)
    assert px.normalize(same[:], MEAN, STD, dtype=dtype, out=same) is same
    np.testing.assert_array_equal(same, wanted)


# ---- torch


@pytest.fixture
def torch() -> ModuleType:
    return pytest.importorskip("torch")  # type: ignore[no-any-return]


def test_torch(backend: str, torch: Any, photograph: Any) -> None:
    planes = np.ascontiguousarray(photograph.transpose(2, 0, 1))
    tensor = torch.from_numpy(planes)
    small = px.resize(tensor, (9, 14))
    assert isinstance(small, torch.Tensor)
    assert small.dtype == torch.uint8
    np.testing.assert_array_equal(small.numpy(), px.resize(planes, (9, 14), layout="CHW"))
    np.testing.assert_array_equal(px.resize(tensor[0], (9, 14)).numpy(), small[0].numpy())
    np.testing.assert_array_equal(px.resize(tensor[None], (9, 14)).numpy(), small[None].numpy())
    channels_last = torch.from_numpy(photograph)
    np.testing.assert_array_equal(px.resize(channels_last, (9, 14), layout="HWC"), px.resize(photograph, (9, 14)))
    values = px.normalize(tensor, MEAN, STD, dtype=torch.float16)
    assert values.dtype == torch.float16
    np.testing.assert_array_equal(values.numpy(), px.normalize(planes, MEAN, STD, dtype="float16", layout="CHW"))
    ready = px.preprocess([tensor, tensor.flip(2)], resize=12, crop=10, mean=MEAN, std=STD)
    assert isinstance(ready, torch.Tensor)
    assert ready.shape == (2, 3, 10, 10)
    plain = px.preprocess([photograph, photograph[:, ::-1]], resize=12, crop=10, mean=MEAN, std=STD)
    np.testing.assert_array_equal(ready.numpy(), plain)


@pytest.mark.parametrize("dtype", DTYPES)
def test_torch_dtypes(backend: str, torch: Any, photograph: Any, dtype: str) -> None:
    image = photograph.astype(dtype)
    small = px.resize(torch.from_numpy(image), (9, 14), layout="HWC")
    assert small.dtype == getattr(torch, dtype)
    np.testing.assert_array_equal(small.numpy(), px.resize(image, (9, 14)))


def test_torch_strides(backend: str, torch: Any, photograph: Any) -> None:
    tensor = torch.from_numpy(photograph)
    np.testing.assert_array_equal(
        px.resize(tensor.permute(2, 0, 1), (9, 14)), px.resize(photograph, (9, 14)).transpose(2, 0, 1)
    )
    batch = torch.from_numpy(photograph.transpose(2, 0, 1)[None].copy()).to(memory_format=torch.channels_last)
    np.testing.assert_array_equal(px.resize(batch, (9, 14))[0], px.resize(photograph, (9, 14)).transpose(2, 0, 1))


def test_torch_out(backend: str, torch: Any, photograph: Any) -> None:
    tensor = torch.from_numpy(photograph).permute(2, 0, 1)
    out = torch.empty((3, 9, 14), dtype=torch.uint8)
    assert px.resize(tensor, (9, 14), out=out) is out
    np.testing.assert_array_equal(out.numpy(), px.resize(tensor, (9, 14)).numpy())
    batch = torch.empty((1, 3, 10, 10))
    assert px.preprocess([tensor], resize=12, crop=10, out=batch) is batch
    np.testing.assert_array_equal(batch.numpy(), px.preprocess([tensor], resize=12, crop=10).numpy())
    with pytest.raises(TypeError, match=r"out must be a torch.Tensor like the input, got numpy.ndarray"):
        px.resize(tensor, (9, 14), out=out.numpy())
    with pytest.raises(TypeError, match=r"out must be a numpy.ndarray like the input, got torch.Tensor"):
        px.resize(photograph, (9, 14), out=torch.empty((9, 14, 3), dtype=torch.uint8))
    with pytest.raises(TypeError, match=r"out requires grad.*out.detach\(\)"):
        px.resize(tensor, (9, 14), out=torch.empty((3, 9, 14), requires_grad=True))
    with pytest.raises(ValueError, match="out overlaps the input"):
        px.resize(tensor, (23, 31), out=tensor)


def test_torch_refusals(backend: str, torch: Any) -> None:
    plain = torch.zeros((3, 8, 8))
    refused = [
        (torch.zeros((3, 8, 8), requires_grad=True), r"image requires grad.*pass image.detach\(\)"),
        (torch.nn.Parameter(plain.clone()), r"image requires grad.*pass image.detach\(\)"),
        (plain.bfloat16(), r"dtype torch.bfloat16, accepted are uint8, .*pass image.float\(\)"),
        (plain.to(torch.float8_e4m3fn), r"dtype torch.float8_e4m3fn, accepted are uint8, "),
        (plain.to(torch.complex64), "dtype complex64, accepted are uint8, "),
        (plain.to_sparse(), r"must be a dense tensor.*image.to_dense\(\)"),
        (torch.zeros((3, 8, 8), dtype=torch.complex64).conj().imag, r"negative bit set; pass image.resolve_neg\(\)"),
        (torch.zeros((3, 8, 8), dtype=torch.complex64).conj(), r"conjugate bit set; pass image.resolve_conj\(\)"),
        (plain.to("meta"), r"is on device meta, accepted are cpu and cuda; pass image.cpu\(\)"),
        (plain.to(torch.int64), "dtype int64, accepted are uint8, "),
    ]
    with pytest.raises(TypeError, match=r"kernel must be an array of numbers: .*requires grad"):
        px.correlate(plain, torch.ones((3, 3), requires_grad=True))
    for tensor, message in refused:
        with pytest.raises(TypeError, match=message):
            px.resize(tensor, (4, 4))
        with pytest.raises(TypeError, match=message), torch.no_grad():
            px.resize(tensor, (4, 4))


def test_libraries_are_not_imported() -> None:
    code = """import sys, numpy as np, pixlane as px
px.resize(np.zeros((4, 4), np.uint8), (2, 2))
assert not {"torch", "cupy", "PIL"} & set(sys.modules)"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=300)


# ---- PIL


@pytest.fixture
def pil() -> ModuleType:
    return pytest.importorskip("PIL.Image")  # type: ignore[no-any-return]


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_pil(backend: str, pil: Any, op: Op, photograph: Any, mode: str) -> None:
    image = pil.fromarray(photograph).convert(mode)
    result = op(image)
    assert type(result) is np.ndarray
    np.testing.assert_array_equal(result, op(np.asarray(image)))


def test_pil_other_modes(backend: str, pil: Any, photograph: Any) -> None:
    gray = photograph[:, :, 0]
    black_and_white = pil.fromarray(gray).convert("1")
    small = px.resize(black_and_white, (9, 14))
    assert small.dtype == np.uint8
    np.testing.assert_array_equal(small, px.resize(np.asarray(black_and_white).astype(np.uint8) * 255, (9, 14)))
    deep = gray.astype(np.uint16) * 200
    np.testing.assert_array_equal(px.resize(pil.fromarray(deep), (9, 14)), px.resize(deep, (9, 14)))
    swapped = pil.frombytes("I;16B", (31, 23), deep.astype(">u2").tobytes())
    result = px.resize(swapped, (9, 14))
    assert result.dtype == np.dtype("=u2")
    np.testing.assert_array_equal(result, px.resize(deep, (9, 14)))
    real = gray.astype(np.float32) / 7
    np.testing.assert_array_equal(px.resize(pil.fromarray(real), (9, 14)), px.resize(real, (9, 14)))
    whole = pil.fromarray(gray.astype(np.int32))
    assert px.resize(whole, (9, 14), interpolation="nearest").dtype == np.int32


@pytest.mark.parametrize(
    "size", [(1, 1), (5, 7), (37, 64), (1030, 5000)], ids=str
)  # the last takes more than one block
@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA"])
def test_pil_memory(pil: Any, rng: np.random.Generator, mode: str, size: tuple[int, int]) -> None:
    from pixlane import _pillow

    image = pil.fromarray(rng.integers(0, 255, (*size, 4), np.uint8)).convert(mode)
    wanted = np.asarray(image.convert("L") if mode == "1" else image)
    pixels = _pillow.as_array(image)
    np.testing.assert_array_equal(pixels, wanted)
    part = image.crop((0, 0, (size[1] + 1) // 2, size[0]))
    del image  # the view keeps the memory
    for _ in range(3):
        pil.new("RGBA", size[::-1], (1, 2, 3, 4))
    np.testing.assert_array_equal(pixels, wanted)
    np.testing.assert_array_equal(_pillow.as_array(part), wanted[:, : (size[1] + 1) // 2])


def test_pil_refusals(backend: str, pil: Any, op: Op, photograph: Any) -> None:
    image = pil.fromarray(photograph)
    for mode in ("P", "CMYK", "YCbCr", "HSV", "LAB"):
        with pytest.raises(TypeError, match=rf'mode "{mode}".*\.convert\("RGB"\)'):
            op(image.convert(mode))
    with pytest.raises(TypeError, match=r'mode "PA".*\.convert\("RGBA"\)'):
        op(image.convert("LA").convert("PA"))
    with pytest.raises(TypeError, match=r'images\[1\] is a PIL image of mode "P"'):
        px.preprocess([image, image.convert("P")], resize=8)


def test_pil_files_that_cannot_be_read(backend: str, pil: Any, photograph: Any, tmp_path: Path) -> None:
    """Pillow opens a file and reads it later, here: of many images, the error says which."""
    file = tmp_path / "whole.png"
    image = pil.fromarray(photograph)
    image.save(file)
    short = tmp_path / "short.png"
    short.write_bytes(file.read_bytes()[:-60])
    with pil.open(short) as opened, pytest.raises(OSError, match=r"^images\[2\] cannot be read: .*truncated"):
        px.preprocess([image, image, opened], resize=8, crop=4)
    with pil.open(short) as opened, pytest.raises(OSError, match=r"^image cannot be read: .*truncated"):
        px.resize(opened, (3, 3))
    opened = pil.open(file)
    opened.close()
    with pytest.raises(ValueError, match=r"^images\[1\] cannot be read: "):
        px.preprocess([image, opened], resize=8, crop=4)


def test_an_array_interface_that_is_none(backend: str, photograph: Any) -> None:
    class Wrong:
        def __init__(self, interface: Any) -> None:
            self.__array_interface__ = interface

    for wrong in (Wrong({"version": 3, "shape": (4, 4)}), Wrong(5)):
        with pytest.raises(ValueError, match=r"^images\[1\] cannot be read: "):
            px.preprocess([photograph, wrong], resize=8, crop=4)


def test_pil_in_a_list(backend: str, pil: Any, photograph: Any) -> None:
    images = [pil.fromarray(photograph), photograph, pil.fromarray(photograph[::-1, :20].copy())]
    batch = px.preprocess(images, resize=12, crop=10)
    np.testing.assert_array_equal(batch, px.preprocess([np.asarray(image) for image in images], resize=12, crop=10))


# ---- DLPack and the array interface


class ThroughDLPack:
    """Holds an array, and gives it through DLPack alone."""

    def __init__(self, array: Any, device: tuple[int, int] = (1, 0)) -> None:
        self.array = array
        self.device = device

    def __dlpack__(self, **options: Any) -> Any:
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.device


class ThroughInterface:
    """Holds an array, and gives its array interface alone."""

    def __init__(self, array: Any) -> None:
        self.array = array
        self.__array_interface__ = array.__array_interface__


def test_protocols(backend: str, op: Op, photograph: Any) -> None:
    for image in (ThroughDLPack(photograph), ThroughInterface(photograph), ThroughInterface(photograph[::-1, ::2])):
        result = op(image)
        assert type(result) is np.ndarray
        np.testing.assert_array_equal(result, op(image.array))
    swapped = photograph.astype(">f4")
    np.testing.assert_array_equal(op(ThroughInterface(swapped)), op(photograph.astype(np.float32)))
    read_only_image = read_only(photograph)
    np.testing.assert_array_equal(op(ThroughInterface(read_only_image)), op(photograph))


def test_protocol_refusals(backend: str, photograph: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TypeError, match="image is on DLPack device type 10, accepted are main memory and CUDA"):
        px.resize(ThroughDLPack(photograph, (10, 0)), (4, 4))
    monkeypatch.setitem(sys.modules, "cupy", None)  # cannot be imported
    with pytest.raises(TypeError, match="on the GPU, where pixlane needs CuPy"):
        px.resize(ThroughDLPack(photograph, (2, 0)), (4, 4))


# ---- CuPy, by a module that works on NumPy but lets nothing of it slip in or out


class _FakeArray(np.lib.mixins.NDArrayOperatorsMixin):
    device = SimpleNamespace(id=0)

    def __init__(self, array: Any, dtype: Any = None, memory: Any = None, strides: Any = None) -> None:
        """An array of NumPy; or, as CuPy's is made in memory of others, a shape and a `_FakeTensor`."""
        self.array = array if memory is None else memory.array

    shape = property(lambda self: self.array.shape)
    dtype = property(lambda self: self.array.dtype)
    ndim = property(lambda self: self.array.ndim)
    size = property(lambda self: self.array.size)
    strides = property(lambda self: self.array.strides)
    flags = property(lambda self: self.array.flags)

    class _Memory:
        def __init__(self, ptr: int) -> None:
            self.ptr = ptr

    @property
    def data(self) -> Any:
        return self._Memory(self.array.__array_interface__["data"][0])

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("Implicit conversion to a NumPy array is not allowed")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if "out" in options:
            options["out"] = tuple(_unwrap(one) for one in options["out"])
        return _wrap(getattr(ufunc, method)(*[_unwrap(one) for one in inputs], **options))

    def __getitem__(self, key: Any) -> Any:
        return _wrap(self.array[_unwrap(key)])

    def __setitem__(self, key: Any, value: Any) -> None:
        self.array[_unwrap(key)] = _unwrap(value)

    def __len__(self) -> int:
        return len(self.array)

    def __iter__(self) -> Iterator[Any]:
        return (self[k] for k in range(len(self)))

    def __getattr__(self, name: str) -> Any:
        if name not in ("transpose", "reshape", "astype", "copy", "swapaxes", "clip", "take", "min", "max", "view"):
            raise AttributeError(name)
        method = getattr(self.array, name)
        return lambda *args, **kwargs: _wrap(method(*[_unwrap(a) for a in args], **kwargs))


_FakeArray.__module__, _FakeArray.__qualname__, _FakeArray.__name__ = "cupy", "ndarray", "ndarray"


def _unwrap(value: Any) -> Any:
    if isinstance(value, _FakeArray):
        return value.array
    if isinstance(value, tuple):
        return tuple(_unwrap(one) for one in value)
    if isinstance(value, list):
        return [_unwrap(one) for one in value]
    if isinstance(value, np.ndarray) and value.ndim:
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")
    return value


def _wrap(value: Any) -> Any:
    return _FakeArray(np.asarray(value)) if isinstance(value, (np.ndarray, np.generic)) else value


class _FakeCupy(ModuleType):
    ndarray = _FakeArray

    @staticmethod
    def asarray(array: Any, dtype: Any = None) -> Any:
        return _FakeArray(np.array(array.array if isinstance(array, _FakeArray) else array, dtype))

    @staticmethod
    def may_share_memory(one: Any, two: Any) -> bool:
        return bool(np.may_share_memory(one.array, two.array))

    def __getattr__(self, name: str) -> Any:
        found = getattr(np, name)
        if not callable(found) or isinstance(found, type):
            return found
        return lambda *args, **kwargs: _wrap(found(*_unwrap(args), **{k: _unwrap(v) for k, v in kwargs.items()}))


@pytest.fixture
def cupy(monkeypatch: pytest.MonkeyPatch) -> Any:
    module = _FakeCupy("cupy")
    module.cuda = SimpleNamespace(runtime=SimpleNamespace(getDevice=lambda: 0))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cupy", module)
    return module


def test_cupy_reaches_the_reference(cupy: Any, op: Op, photograph: Any) -> None:
    with px.use_backend("reference"):
        for dtype in DTYPES:
            image = photograph.astype(dtype)
            result = op(cupy.asarray(image))
            assert isinstance(result, cupy.ndarray)
            np.testing.assert_array_equal(result.array, op(image))
        nearest = px.resize(cupy.asarray(photograph), (9, 14), interpolation="nearest")
        np.testing.assert_array_equal(nearest.array, px.resize(photograph, (9, 14), interpolation="nearest"))


def test_cupy_without_a_forced_backend(cupy: Any, photograph: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from pixlane import _backend

    token = _backend.choice.set(None)
    try:
        result = px.resize(cupy.asarray(photograph), (9, 14))
        batch = px.preprocess([cupy.asarray(photograph)] * 2, resize=12, crop=10, flip=[True, False])
    finally:
        _backend.choice.reset(token)
    assert isinstance(result, cupy.ndarray)
    assert isinstance(batch, cupy.ndarray)
    np.testing.assert_array_equal(result.array, px.resize(photograph, (9, 14)))
    np.testing.assert_array_equal(batch.array, px.preprocess([photograph] * 2, resize=12, crop=10, flip=[True, False]))


def test_cupy_out(cupy: Any, photograph: Any) -> None:
    image = cupy.asarray(photograph)
    with px.use_backend("reference"):
        out = cupy.empty((9, 14, 3), np.uint8)
        assert px.resize(image, (9, 14), out=out) is out
        np.testing.assert_array_equal(out.array, px.resize(photograph, (9, 14)))
        with pytest.raises(TypeError, match=r"out must be a cupy.ndarray like the input, got numpy.ndarray"):
            px.resize(image, (9, 14), out=np.empty((9, 14, 3), np.uint8))
        with pytest.raises(TypeError, match=r"out must be a numpy.ndarray like the input, got cupy.ndarray"):
            px.resize(photograph, (9, 14), out=out)
        with pytest.raises(ValueError, match="out overlaps the input"):
            px.resize(image, (23, 31), out=image)
        with pytest.raises(TypeError, match=r"images\[1\] is a numpy.ndarray, images\[0\] a cupy.ndarray"):
            px.preprocess([image, photograph], resize=8)


def test_cupy_devices(cupy: Any, photograph: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An array is worked on, and its result made, on its own device; a list lies on one."""
    entered = []

    class Device:
        def __init__(self, device: int) -> None:
            self.device = device

        def __enter__(self) -> None:
            entered.append(self.device)

        def __exit__(self, *error: object) -> None:
            entered.append("left")

    cupy.cuda.Device = Device
    with px.use_backend("reference"):
        here, there = cupy.asarray(photograph), cupy.asarray(photograph)
        px.flip(here)
        assert entered == []
        there.device = SimpleNamespace(id=1)
        np.testing.assert_array_equal(px.flip(there).array, px.flip(photograph))
        assert entered == [1, "left", 1, "left"]
        with pytest.raises(TypeError, match=r"images\[1\] is a cupy.ndarray on device 1, images\[0\] a cupy.ndarray"):
            px.preprocess([here, there], resize=8)


def test_an_error_of_cuda_is_not_taken_for_want_of_memory(cupy: Any, photograph: Any) -> None:
    image = cupy.asarray(photograph)

    def fail(error: Exception) -> Any:
        def empty(*args: Any) -> None:
            raise error

        return empty

    with px.use_backend("reference"):
        cupy.empty = fail(RuntimeError("cudaErrorInitializationError: initialization error"))
        with pytest.raises(RuntimeError, match="cudaErrorInitializationError"):
            px.flip(image)
        cupy.empty = fail(RuntimeError("CUDA out of memory"))
        with pytest.raises(MemoryError, match="takes 2139 bytes: CUDA out of memory"):
            px.flip(image)


@pytest.mark.skipif(not px.info()["native"], reason="the native module is not here")
def test_cupy_never_reaches_a_backend_in_main_memory(cupy: Any, photograph: Any) -> None:
    with (
        px.use_backend("native"),
        pytest.raises(TypeError, match="'native' takes arrays in main memory, got one on the GPU"),
    ):
        px.resize(cupy.asarray(photograph), (9, 14))


# ---- CUDA tensors, by a stand-in for torch whose tensors are the stand-in for CuPy's arrays


class _FakeTensor:
    requires_grad = False
    layout = "strided"
    is_quantized = False

    def __init__(self, array: Any, device: Any) -> None:
        self.array, self.device, self.dtype = array, device, f"torch.{array.dtype}"
        self.shape = array.shape

    def stride(self) -> tuple[int, ...]:
        return tuple(stride // self.array.itemsize for stride in self.array.strides)

    def element_size(self) -> int:
        return int(self.array.itemsize)

    def data_ptr(self) -> int:
        return int(self.array.ctypes.data)

    def is_conj(self) -> bool:
        return False

    is_neg = is_conj


class _FakeTorch(ModuleType):
    """Tensors on "cuda:0", whose current stream has the address 7."""

    Tensor = _FakeTensor
    strided = "strided"
    dtype = type("dtype", (), {})
    device = SimpleNamespace(type="cuda", index=0)
    cuda = SimpleNamespace(current_stream=lambda device: SimpleNamespace(cuda_stream=7, device=device))

    def tensor(self, array: Any) -> Any:
        return _FakeTensor(array, self.device)

    def empty(self, shape: Any, dtype: Any, device: Any) -> Any:
        return _FakeTensor(np.empty(shape, dtype), device)

    def from_dlpack(self, array: Any) -> Any:
        return _FakeTensor(array.array, self.device)

    def __getattr__(self, name: str) -> Any:
        if name in DTYPES:
            return np.dtype(name)
        raise AttributeError(name)


@pytest.fixture
def cuda_torch(cupy: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    streams: list[Any] = []

    class ExternalStream:
        def __init__(self, address: int, device: int) -> None:
            self.address = address, device

        def __enter__(self) -> None:
            streams.append(self.address)

        def __exit__(self, *error: object) -> None:
            streams.append("left")

    module = _FakeTorch("torch")
    monkeypatch.setitem(sys.modules, "torch", module)

    def unowned_memory(address: int, size: int, owner: Any, device: int) -> Any:
        assert (address, device) == (owner.array.ctypes.data, 0)
        assert size == owner.array.nbytes, "these tensors lie close together"
        return owner

    cupy.cuda.ExternalStream = ExternalStream
    cupy.cuda.UnownedMemory = unowned_memory
    cupy.cuda.MemoryPointer = lambda memory, offset: memory
    cupy.streams = streams
    return module


def test_cuda_tensors(cuda_torch: Any, cupy: Any, photograph: Any) -> None:
    planes = np.ascontiguousarray(photograph.transpose(2, 0, 1))
    tensor = cuda_torch.tensor(planes)
    with px.use_backend("reference"):
        wanted = px.resize(planes, (9, 14), layout="CHW")
        small = px.resize(tensor, (9, 14))
        assert type(small) is _FakeTensor
        np.testing.assert_array_equal(small.array, wanted)
        assert cupy.streams == [(7, 0), "left"], "the op ran on another stream than torch's"
        out = cuda_torch.tensor(np.zeros_like(wanted))
        assert px.resize(tensor, (9, 14), out=out) is out
        np.testing.assert_array_equal(out.array, wanted)
        batch = px.preprocess([tensor, tensor], resize=12, crop=10)
        np.testing.assert_array_equal(batch.array, px.preprocess([photograph] * 2, resize=12, crop=10))
        with pytest.raises(TypeError, match=r"out must be a torch.Tensor on a CUDA device like the input, got numpy"):
            px.resize(tensor, (9, 14), out=np.zeros_like(wanted))
        tensor.requires_grad = True
        with pytest.raises(TypeError, match=r"image requires grad.*image.detach\(\)"):
            px.resize(tensor, (9, 14))


def test_the_cuda_backend_plugs_in(cupy: Any, photograph: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from pixlane import _backend, reference

    module = ModuleType("pixlane._cuda")
    called = []

    def resize(*args: Any) -> None:
        called.append(args[2])
        reference.resize(*args)

    module.resize = resize  # type: ignore[attr-defined]
    module.device_info = lambda: {"device": "stand-in"}  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pixlane._cuda", module)
    _backend.load.cache_clear()
    _backend._cuda.cache_clear()
    token = _backend.choice.set(None)
    try:
        image = cupy.asarray(photograph)
        result = px.resize(image, (9, 14))
        np.testing.assert_array_equal(px.flip(image).array, px.flip(photograph))  # which the stand-in lacks
        with px.use_backend("cuda"):
            np.testing.assert_array_equal(px.resize(image, (9, 14)).array, result.array)
            assert "cuda" in px.info()["backends"]
            assert px.info()["cuda"] == {"device": "stand-in"}
            with pytest.raises(_backend.MissingOpError, match="backend 'cuda' does not have 'copy' yet"):
                px.flip(image)
            with pytest.raises(TypeError, match="backend 'cuda' takes arrays on the GPU, got one in main memory"):
                px.resize(photograph, (9, 14))
    finally:
        _backend.choice.reset(token)
        monkeypatch.undo()
        _backend.load.cache_clear()
        _backend._cuda.cache_clear()
    assert called == ["HWC", "HWC"]
    np.testing.assert_array_equal(result.array, px.resize(photograph, (9, 14)))


# ---- lists of images


def test_list_equals_one_by_one(backend: str, rng: np.random.Generator) -> None:
    images = [rng.integers(0, 255, (h, w, 3), np.uint8) for h, w in ((20, 30), (31, 17), (16, 16), (9, 64))]
    options: dict[str, Any] = {"resize": 14, "crop": 12, "mean": MEAN, "std": STD}
    flips = [False, True, True, False]
    batch = px.preprocess(images, flip=flips, **options)
    for k, image in enumerate(images):
        np.testing.assert_array_equal(batch[k], px.preprocess(image, flip=flips[k], **options))
    np.testing.assert_array_equal(px.preprocess(tuple(images), flip=np.array(flips), **options), batch)
    out = np.empty_like(batch)
    assert px.preprocess(images, flip=flips, out=out, **options) is out
    np.testing.assert_array_equal(out, batch)


def test_batch_equals_one_by_one(backend: str, rng: np.random.Generator) -> None:
    batch = rng.integers(0, 255, (3, 20, 26, 3), np.uint8)
    for flip in (False, True, [True, False, True]):
        result = px.preprocess(batch, resize=14, crop=12, flip=flip)
        each = flip if isinstance(flip, list) else [flip] * 3
        for k in range(3):
            np.testing.assert_array_equal(result[k], px.preprocess(batch[k], resize=14, crop=12, flip=each[k]))
    gray = px.preprocess(batch[..., 0], resize=14, crop=12, layout="NHW", flip=[True, False, True])
    assert gray.shape == (3, 1, 12, 12)
    np.testing.assert_array_equal(gray, px.preprocess(batch, resize=14, crop=12, flip=[True, False, True])[:, :1])


# ---- data loaders

LOADER = """
import numpy as np, PIL.Image, torch
import pixlane as px


class Compose:  # as torchvision's
    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self, image):
        for transform in self.transforms:
            image = transform(image)
        return image


class Photographs(torch.utils.data.Dataset):
    transform = Compose([px.Preprocess(resize=16, crop=12, mean=(0.4, 0.5, 0.6), std=0.25), torch.from_numpy])

    def __len__(self):
        return 6

    def __getitem__(self, index):
        image = np.full((20 + index, 30, 3), index * 40, np.uint8)
        return self.transform(PIL.Image.fromarray(image) if index % 2 else image)


if __name__ == "__main__":
    photographs = Photographs()
    wanted = torch.stack([photographs[k] for k in range(6)])
    for method in ("fork", "spawn"):
        loader = torch.utils.data.DataLoader(photographs, batch_size=3, num_workers=2, multiprocessing_context=method)
        assert torch.equal(torch.cat(list(loader)), wanted), method
"""


def test_data_loader_and_compose(torch: Any, pil: Any, tmp_path: Path) -> None:
    script = tmp_path / "load.py"
    script.write_text(LOADER)
    subprocess.run([sys.executable, "-W", "ignore", str(script)], check=True, timeout=300)


def test_preprocess_travels(photograph: Any) -> None:
    transform = px.Preprocess(resize=16, crop=12, mean=MEAN, std=STD, flip=True)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(transform))(photograph), transform(photograph))
