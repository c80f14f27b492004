"""The command line: what it writes, what it says, and its exit codes."""

from __future__ import annotations

import html.parser
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pixlane as px

pytest.importorskip("typer")
pytest.importorskip("rich")
pytest.importorskip("PIL")

from PIL import Image, ImageCms, ImageOps
from typer.testing import CliRunner, Result

from pixlane.cli import _apply, _demo, _files, _peers
from pixlane.cli.app import app

RUNNER = CliRunner()
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
MEAN_TEXT, STD_TEXT = "0.485,0.456,0.406", "0.229, 0.224, 0.225"


def run(*arguments: object) -> Result:
    return RUNNER.invoke(app, [str(argument) for argument in arguments])


def module(*arguments: str, code: str | None = None) -> subprocess.CompletedProcess[str]:
    """``python -m pixlane`` in a process of its own, or ``python -c code``."""
    command = ["-m", "pixlane"] if code is None else ["-c", code]
    # An editable install builds again when it is imported, and need not say so here.
    environment = {**os.environ, "SKBUILD_EDITABLE_VERBOSE": "0"}
    return subprocess.run(
        [sys.executable, *command, *arguments], capture_output=True, text=True, env=environment, timeout=120
    )


def read(path: Path) -> NDArray[Any]:
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.fixture
def pixels(rng: np.random.Generator) -> NDArray[np.uint8]:
    """A picture of 90 x 70 with structure everywhere, so that a wrong turn or shift shows."""
    y, x = np.mgrid[0:70, 0:90]
    smooth = np.stack([3 * x, 3 * y, 127 + 60 * np.sin(x / 5) + 60 * np.cos(y / 7)], axis=-1)
    return np.clip(smooth + rng.normal(0, 6, smooth.shape), 0, 255).astype(np.uint8)


# ---- info and the command as such


def test_info_prints_what_was_chosen() -> None:
    result = run("info")
    assert result.exit_code == 0
    for word in ("pixlane", "machine", "isa", "threads", "backends", "numpy"):
        assert word in result.output


def test_info_json_holds_all_of_info() -> None:
    result = run("info", "--json")
    facts = json.loads(result.output)
    for key in ("version", "native", "isa", "isa_available", "threads", "backends", "cuda", "machine", "packages"):
        assert key in facts
    assert facts["backends"] == px.info()["backends"]


def test_module_is_the_command() -> None:
    result = module("info", "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["version"] == px.info()["version"]
    assert module("--version").stdout.split() == ["pixlane", px.info()["version"]]


def test_without_the_extra_one_line_says_what_to_install() -> None:
    code = "import sys; sys.modules['typer'] = None; from pixlane.cli import main; main()"
    result = module(code=code)
    assert result.returncode != 0
    assert "Traceback" not in result.stderr
    assert result.stderr.splitlines()[-1] == "pixlane: the command line needs typer: pip install pixlane[cli]"


def test_the_library_does_not_import_the_command() -> None:
    code = "import sys, pixlane; print(any(name.split('.')[0] in ('typer', 'rich', 'PIL') for name in sys.modules))"
    assert module(code=code).stdout.strip() == "False"


# ---- apply: pictures


def test_apply_in_a_process_of_its_own(tmp_path: Path, pixels: NDArray[np.uint8]) -> None:
    Image.fromarray(pixels).save(tmp_path / "a.png")
    result = module("apply", str(tmp_path / "a.png"), "--out", str(tmp_path / "out"), "--resize", "35")
    assert result.returncode == 0, result.stderr
    assert np.array_equal(read(tmp_path / "out" / "a.png"), px.resize(pixels, (35, 45)))


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "lanczos", "area"])
@pytest.mark.parametrize("antialias", [True, False])
def test_apply_resizes_as_resize(
    tmp_path: Path, pixels: NDArray[np.uint8], interpolation: str, antialias: bool
) -> None:
    Image.fromarray(pixels).save(tmp_path / "a.png")
    switch = "--antialias" if antialias else "--no-antialias"
    result = run(
        "apply", tmp_path, "-o", tmp_path / "out", "--resize", "31x40", switch, "--interpolation", interpolation
    )
    assert result.exit_code == 0, result.output
    expected = px.resize(pixels, (31, 40), interpolation=interpolation, antialias=antialias)
    assert np.array_equal(read(tmp_path / "out" / "a.png"), expected)


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        (("--resize", "32", "--crop", "28"), {"resize": 32, "crop": 28}),
        (("--resize", "33", "--crop", "28x31", "--flip"), {"resize": 33, "crop": (28, 31), "flip": True}),
        (("--resize", "40", "--fit", "stretch"), {"resize": 40, "fit": "stretch"}),
        (("--resize", "41", "--fit", "pad", "--pad-value", "114"), {"resize": 41, "fit": "pad", "pad_value": 114}),
        (("--resize", "40x64", "--fit", "pad", "--crop", "50"), {"resize": (40, 64), "fit": "pad", "crop": 50}),
        (("--crop", "95x31", "--pad-value", "9"), {"crop": (95, 31), "pad_value": 9}),
        (("--crop", "7"), {"crop": 7}),
        (("--flip",), {"flip": True}),
    ],
)
def test_apply_gives_what_preprocess_gives(
    tmp_path: Path, pixels: NDArray[np.uint8], options: tuple[str, ...], arguments: dict[str, Any]
) -> None:
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert run("apply", tmp_path / "a.png", "--out", tmp_path / "out", *options).exit_code == 0
    expected = px.preprocess(pixels, dtype="uint8", layout_out="NHWC", **arguments)
    assert np.array_equal(read(tmp_path / "out" / "a.png"), expected)
    tensors = ("--format", "npy", "--mean", MEAN_TEXT, "--std", STD_TEXT)
    assert run("apply", tmp_path / "a.png", "--out", tmp_path / "out", *options, *tensors).exit_code == 0
    tensor = np.load(tmp_path / "out" / "a.npy")
    assert tensor.dtype == np.float32
    assert np.array_equal(tensor, px.preprocess(pixels, mean=MEAN, std=STD, **arguments))


def test_npy_without_statistics_holds_the_pixels(tmp_path: Path, pixels: NDArray[np.uint8]) -> None:
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert run("apply", tmp_path / "a.png", "--out", tmp_path, "--resize", "20", "--format", "npy").exit_code == 0
    assert np.array_equal(np.load(tmp_path / "a.npy"), px.resize(pixels, (20, 25)))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path: Path, pixels: NDArray[np.uint8], orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    assert run("apply", tmp_path / "a.png", "-o", tmp_path / "out", "--resize", "35", "--crop", "30x20").exit_code == 0
    with Image.open(tmp_path / "a.png") as image:
        upright = np.asarray(ImageOps.exif_transpose(image))
    expected = px.preprocess(upright, resize=35, crop=(30, 20), dtype="uint8", layout_out="NHWC")
    with Image.open(tmp_path / "out" / "a.png") as result:
        assert not result.getexif()
        assert np.array_equal(np.asarray(result), expected)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_reduced_jpeg_keeps_its_geometry(tmp_path: Path, orientation: int) -> None:
    # 1001 and 617 are not multiples of 8, so the last decoded pixels are covered in part. On a ramp from 0 to 255,
    # taking them for fully covered would stretch the picture by up to 1.8 levels.
    y, x = np.mgrid[0:617, 0:1001]
    ramp = np.stack([x * (255 / 1000), y * (255 / 616), np.full(x.shape, 128.0)], axis=-1)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "a.jpg"
    Image.fromarray(ramp.round().astype(np.uint8)).save(path, quality=100, subsampling=0, exif=exif)
    recipe = _apply.Recipe(resize=64)
    reduced = _files.load(path, lambda size: _apply.geometry(size, recipe).resized)
    full = _files.load(path)
    assert reduced.size == full.size == full.pixels.shape[:2]
    assert min(reduced.pixels.shape[:2]) == 78  # 617 / 8, cut up
    assert reduced.box is not None
    assert full.box is None
    small, expected = _apply.render(reduced, recipe), _apply.render(full, recipe)
    assert small.shape == expected.shape
    assert np.abs(small.astype(int) - expected.astype(int)).max() <= 2
    assert np.abs((small.astype(float) - expected).mean(axis=(0, 1))).max() < 0.5
    inner = (small.astype(float) - expected)[2:-2, 2:-2]
    assert np.abs(inner).mean() < 0.6


def test_reduced_jpeg_is_never_smaller_than_needed(tmp_path: Path) -> None:
    Image.new("RGB", (640, 480)).save(tmp_path / "a.jpg")
    for side in (10, 59, 60, 61, 119, 120, 121, 240, 241, 480, 481, 900):
        picture = _files.load(tmp_path / "a.jpg", lambda size, side=side: (side, side * 4 // 3))  # type: ignore[misc]
        assert picture.pixels.shape[0] >= min(side, 480)
        assert picture.pixels.shape[0] < 16 * side


# ---- apply: what files can hold


def test_modes_stay_what_they_are(tmp_path: Path, pixels: NDArray[np.uint8]) -> None:
    rgb = Image.fromarray(pixels)
    alpha = Image.linear_gradient("L").resize(rgb.size)
    rgba, la = rgb.copy(), rgb.convert("L")
    rgba.putalpha(alpha)
    la.putalpha(alpha)
    wide = pixels[..., 0].astype(np.uint16) * 250
    inputs: dict[str, tuple[Image.Image, str, str]] = {
        "gray": (rgb.convert("L"), "png", "L"),
        "bits": (rgb.convert("1"), "png", "L"),
        "palette": (rgb.convert("P"), "png", "RGB"),
        "rgba": (rgba, "png", "RGBA"),
        "la": (la, "png", "LA"),
        "cmyk": (rgb.convert("CMYK"), "tif", "RGB"),
        "lab": (rgb.convert("YCbCr"), "tif", "RGB"),
        "wide": (Image.fromarray(wide), "png", "I;16"),
    }
    for name, (image, extension, _) in inputs.items():
        image.save(tmp_path / f"{name}.{extension}")
    result = run("apply", tmp_path, "--out", tmp_path / "out", "--resize", "35", "--format", "png")
    assert result.exit_code == 0, result.output
    for name, (_, _, mode) in inputs.items():
        with Image.open(tmp_path / "out" / f"{name}.png") as image:
            assert (image.mode, image.size) == (mode, (45, 35)), name
    assert np.array_equal(read(tmp_path / "out" / "wide.png"), px.resize(wide, (35, 45)))
    straight = np.asarray(rgba)
    assert np.array_equal(read(tmp_path / "out" / "rgba.png"), px.resize(straight, (35, 45), premultiply=True))


def test_cmyk_jpeg_becomes_rgb(tmp_path: Path, pixels: NDArray[np.uint8]) -> None:
    Image.fromarray(pixels).convert("CMYK").save(tmp_path / "a.jpg", quality=95)
    assert run("apply", tmp_path / "a.jpg", "--out", tmp_path / "out", "--format", "png").exit_code == 0
    result = read(tmp_path / "out" / "a.png")
    assert result.shape == pixels.shape
    assert np.abs(result.astype(int) - pixels).mean() < 12


def test_transparent_palette_keeps_its_transparency(tmp_path: Path) -> None:
    image = Image.new("P", (40, 40), 0)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.paste(1, (10, 10, 30, 30))
    image.save(tmp_path / "a.gif", transparency=0)
    assert run("apply", tmp_path / "a.gif", "--out", tmp_path / "out", "--resize", "20").exit_code == 0
    result = read(tmp_path / "out" / "a.png")
    assert result.shape == (20, 20, 4)
    assert tuple(result[0, 0])[3] == 0
    assert tuple(result[10, 10]) == (0, 0, 255, 255)
    seen = result[result[..., 3] > 0]
    assert (seen[:, 0] == 0).all()  # the invisible red did not bleed in


def test_transparency_lies_on_white_in_jpeg(tmp_path: Path) -> None:
    Image.new("RGBA", (32, 32), (200, 0, 0, 0)).save(tmp_path / "a.png")
    Image.new("LA", (32, 32), (0, 0)).save(tmp_path / "b.png")
    assert run("apply", tmp_path, "--out", tmp_path / "out", "--format", "jpg").exit_code == 0
    assert (read(tmp_path / "out" / "a.jpg") == 255).all()
    with Image.open(tmp_path / "out" / "b.jpg") as image:
        assert image.mode == "L"
        assert (np.asarray(image) == 255).all()


def test_three_means_make_three_channels(tmp_path: Path, pixels: NDArray[np.uint8]) -> None:
    Image.fromarray(pixels[..., 0]).save(tmp_path / "gray.png")
    Image.fromarray(np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])).save(tmp_path / "rgba.png")
    result = run("apply", tmp_path, "--out", tmp_path, "--format", "npy", "--mean", MEAN_TEXT, "--std", STD_TEXT)
    assert result.exit_code == 0, result.output
    gray = np.repeat(pixels[..., :1], 3, axis=2)
    assert np.array_equal(np.load(tmp_path / "gray.npy"), px.normalize(gray, MEAN, STD, layout_out="CHW"))
    assert np.array_equal(np.load(tmp_path / "rgba.npy"), px.normalize(pixels, MEAN, STD, layout_out="CHW"))
    result = run(
        "apply", tmp_path / "rgba.png", "-o", tmp_path, "--format", "npy", "--overwrite", "--mean", "0,0", "--std", "1"
    )
    assert result.exit_code == 1
    assert "--mean has 2 values" in result.output


def test_icc_profile_is_kept(tmp_path: Path, pixels: NDArray[np.uint8]) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.fromarray(pixels)
    for name in ("a.jpg", "b.png", "c.webp"):
        image.save(tmp_path / name, icc_profile=profile)
    assert run("apply", tmp_path, "--out", tmp_path / "out", "--resize", "35").exit_code == 0
    for name in ("a.jpg", "b.png", "c.webp"):
        with Image.open(tmp_path / "out" / name) as result:
            assert result.info["icc_profile"] == profile, name
            assert result.size == (45, 35)


def test_floats_go_to_npy_only(tmp_path: Path, pixels: NDArray[np.uint8]) -> None:
    values = pixels[..., 0].astype(np.float32) / 7
    Image.fromarray(values).save(tmp_path / "a.tiff")
    result = run("apply", tmp_path / "a.tiff", "--out", tmp_path / "out", "--resize", "35")
    assert result.exit_code == 1
    assert "use --format npy" in " ".join(result.output.split())
    assert list((tmp_path / "out").iterdir()) == []  # nothing half-written either
    assert run("apply", tmp_path / "a.tiff", "-o", tmp_path, "--resize", "35", "--format", "npy").exit_code == 0
    assert np.array_equal(np.load(tmp_path / "a.npy"), px.resize(values, (35, 45)))


def test_sixteen_bits_to_jpeg_are_rounded(tmp_path: Path) -> None:
    Image.fromarray(np.full((16, 16), 128 * 257 + 128, np.uint16)).save(tmp_path / "a.png")
    assert run("apply", tmp_path / "a.png", "--out", tmp_path, "--format", "jpg", "--quality", "100").exit_code == 0
    assert (read(tmp_path / "a.jpg") == 128).all()


# ---- apply: many files


def test_bad_files_are_named_and_skipped(tmp_path: Path, pixels: NDArray[np.uint8]) -> None:
    image = Image.fromarray(pixels)
    image.save(tmp_path / "good.png")
    image.save(tmp_path / "whole.jpg")
    whole = (tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.png").write_text("this is no picture")
    (tmp_path / "empty.jpg").touch()
    result = run("apply", tmp_path, tmp_path / "missing.png", "--out", tmp_path / "out", "--resize", "20")
    assert result.exit_code == 1
    for name in ("cut.jpg", "text.png", "empty.jpg", "missing.png"):
        assert re.search(rf"failed: \S*{name}: \S+", result.output), name
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["good.png", "whole.jpg"]
    assert "2 written" in result.output
    assert "4 failed" in result.output
    assert "Traceback" not in result.output


def test_pictures_too_large_to_be_true_are_named(
    tmp_path: Path, pixels: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.fromarray(pixels).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 4000)  # a warning from there, an error from twice that
    assert run("apply", tmp_path / "a.png", "--out", tmp_path / "out").exit_code == 0
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 3000)
    result = run("apply", tmp_path / "a.png", "--out", tmp_path / "out", "--overwrite")
    assert result.exit_code == 1
    assert "failed" in result.output


def test_ctrl_c_ends_the_run_between_files(tmp_path: Path, pixels: NDArray[np.uint8]) -> None:
    for k in range(40):
        Image.fromarray(pixels).save(tmp_path / f"{k}.png")
    done: list[_apply.Outcome] = []

    def report(outcome: _apply.Outcome) -> None:
        done.append(outcome)
        if len(done) == 3:
            raise KeyboardInterrupt

    jobs = _apply.plan(_apply.find_images([tmp_path], recursive=False, out=tmp_path / "out"), tmp_path / "out", "same")
    with pytest.raises(KeyboardInterrupt):
        _apply.run(jobs, _apply.Recipe(resize=20), threads=2, overwrite=False, report=report)
    written = [path.name for path in (tmp_path / "out").iterdir()]
    assert 3 <= len(written) < 40
    assert all(re.fullmatch(r"\d+\.png", name) for name in written)


def test_folders_keep_their_shape(tmp_path: Path, pixels: NDArray[np.uint8]) -> None:
    image = Image.fromarray(pixels)
    for name in ("top.png", "one/a.png", "one/two/a.png", ".hidden/a.png", "one/.secret.png"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        image.save(tmp_path / "in" / name)
    (tmp_path / "in" / "notes.txt").write_text("not an image")

    def written(out: str) -> list[str]:
        return sorted(str(path.relative_to(tmp_path / out)) for path in (tmp_path / out).rglob("*") if path.is_file())

    assert run("apply", tmp_path / "in", "--out", tmp_path / "flat", "--resize", "9").exit_code == 0
    assert written("flat") == ["top.png"]
    assert run("apply", tmp_path / "in", "-r", "--out", tmp_path / "deep", "--resize", "9").exit_code == 0
    assert written("deep") == ["one/a.png", "one/two/a.png", "top.png"]
    # Results inside the input folder are not inputs of the next run.
    for _ in range(2):
        assert run("apply", tmp_path / "in", "-r", "--out", tmp_path / "in" / "out", "--resize", "9").exit_code == 0
    assert written("in/out") == ["one/a.png", "one/two/a.png", "top.png"]


def test_equal_names_do_not_collide(tmp_path: Path, pixels: NDArray[np.uint8]) -> None:
    (tmp_path / "other").mkdir()
    for name in ("a.png", "a.jpg", "other/A.png"):
        Image.fromarray(pixels).save(tmp_path / name)
    inputs = [tmp_path / "a.jpg", tmp_path / "a.png", tmp_path / "other" / "A.png", tmp_path / "a.png"]
    out = tmp_path / "out"
    assert run("apply", *inputs, "--out", out, "--format", "png", "--resize", "9").exit_code == 0
    assert sorted(path.name for path in out.iterdir()) == ["A-3.png", "a-2.png", "a.png"]
    again = run("apply", *inputs, "--out", out, "--format", "png", "--resize", "9")
    assert again.exit_code == 0
    assert "0 written" in again.output
    assert "3 there already" in again.output


def test_results_that_exist_stay_unless_told(tmp_path: Path, pixels: NDArray[np.uint8]) -> None:
    Image.fromarray(pixels).save(tmp_path / "a.png")
    out = tmp_path / "out"
    assert run("apply", tmp_path / "a.png", "--out", out, "--resize", "20").exit_code == 0
    assert run("apply", tmp_path / "a.png", "--out", out, "--resize", "30").exit_code == 0
    assert read(out / "a.png").shape[0] == 20
    assert run("apply", tmp_path / "a.png", "--out", out, "--resize", "30", "--overwrite").exit_code == 0
    assert read(out / "a.png").shape[0] == 30


def test_inputs_are_never_replaced(tmp_path: Path, pixels: NDArray[np.uint8]) -> None:
    Image.fromarray(pixels).save(tmp_path / "a.png")
    before = (tmp_path / "a.png").read_bytes()
    result = run("apply", tmp_path, "--out", tmp_path, "--resize", "20", "--overwrite")
    assert result.exit_code == 1
    assert "is an input" in " ".join(result.output.split())
    assert (tmp_path / "a.png").read_bytes() == before


def test_threads_do_not_change_results(tmp_path: Path, pixels: NDArray[np.uint8]) -> None:
    for k in range(9):
        Image.fromarray(np.roll(pixels, k, axis=1)).save(tmp_path / f"{k}.png")
    for threads in (1, 4):
        out = tmp_path / f"out{threads}"
        assert run("apply", tmp_path, "--out", out, "--resize", "30", "--threads", threads, "--quiet").exit_code == 0
    for k in range(9):
        assert (tmp_path / "out1" / f"{k}.png").read_bytes() == (tmp_path / "out4" / f"{k}.png").read_bytes()


@pytest.mark.parametrize(
    "options",
    [
        ("--resize", "0"),
        ("--resize", "-3"),
        ("--resize", "12x"),
        ("--resize", "big"),
        ("--crop", "0x5"),
        ("--fit", "pad"),
        ("--fit", "wrong", "--resize", "9"),
        ("--interpolation", "cubic"),
        ("--mean", "0.5"),
        ("--mean", "0.5", "--std", "0.5"),
        ("--mean", "a", "--std", "1", "--format", "npy"),
        ("--mean", "0.5", "--std", "0", "--format", "npy"),
        ("--mean", "0.5", "--std", "-1", "--format", "npy"),
        ("--mean", "nan", "--std", "1", "--format", "npy"),
        ("--mean", "1,2,3", "--std", "1,2", "--format", "npy"),
        ("--mean", "", "--std", "", "--format", "npy"),
        ("--quality", "0"),
        ("--threads", "0"),
        ("--format", "bmp"),
        ("--unknown",),
    ],
)
def test_wrong_usage_is_exit_code_2(tmp_path: Path, pixels: NDArray[np.uint8], options: tuple[str, ...]) -> None:
    Image.fromarray(pixels).save(tmp_path / "a.png")
    result = run("apply", tmp_path / "a.png", "--out", tmp_path / "out", *options)
    assert result.exit_code == 2, result.output
    assert not (tmp_path / "out").exists()


def test_a_folder_without_images_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    result = run("apply", tmp_path / "in", "--out", tmp_path / "out")
    assert result.exit_code == 2
    (tmp_path / "file").touch()
    assert run("apply", tmp_path / "in", "--out", tmp_path / "file").exit_code == 2
    assert run("apply", tmp_path / "in").exit_code == 2  # no --out


# ---- demo


class References(html.parser.HTMLParser):
    """Collects every address that a page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attributes:
            if name in ("src", "srcset", "href", "xlink:href", "data", "action", "poster", "background"):
                self.found.append(value or "")


def test_demo_writes_one_page_that_needs_nothing_else(tmp_path: Path, pixels: NDArray[np.uint8]) -> None:
    photographs = tmp_path / "in"
    photographs.mkdir()
    large = np.tile(pixels, (3, 4, 1))
    Image.fromarray(large).save(photographs / "<b>a & b.png")
    Image.fromarray(large[..., 0]).save(photographs / "gray.jpg")
    Image.fromarray(pixels[:20, :20]).save(photographs / "tiny.png")
    (photographs / "bad.png").write_text("no picture")
    result = run("demo", photographs, "--quick", "--out", tmp_path / "demo")
    assert result.exit_code == 0, result.output
    assert [path.name for path in (tmp_path / "demo").iterdir()] == ["index.html"]
    page = (tmp_path / "demo" / "index.html").read_text(encoding="utf-8")
    references = References()
    references.feed(page)
    assert len(references.found) > 2 * len(_demo.FILTERS)
    assert all(reference.startswith("data:") for reference in references.found)
    without_data = re.sub(r"base64,[A-Za-z0-9+/=]*", "", page)
    assert not re.search(r"https?:|//[a-z]|url\(|@import", without_data)
    assert "script" not in references.tags
    for name in _demo.FILTERS:
        assert f"<b>{name}</b>" in page
    assert "&lt;b&gt;a &amp; b.png" in page
    assert "<b>a &" not in page
    assert "gray.jpg" in page
    assert "tiny.png" not in page


def test_demo_without_photographs_is_wrong_usage(tmp_path: Path) -> None:
    result = run("demo", tmp_path, "--quick", "--out", tmp_path / "demo")
    assert result.exit_code == 2
    assert not (tmp_path / "demo").exists()


def test_demo_shows_photographs_that_need_no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("skimage")
    import socket

    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("the demo looked for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    found = _demo.photographs(None, most=8)
    assert len(found) == 8
    for photograph in found:
        assert photograph.pixels.dtype == np.uint8
        assert photograph.pixels.ndim == 3
        assert photograph.pixels.shape[2] == 3


def test_demo_times_the_same_job(pixels: NDArray[np.uint8]) -> None:
    """What is compared agrees: a peer that makes another picture of the job would be compared unfairly."""
    y, x = np.mgrid[0:300, 0:400]
    smooth = np.stack([x * 0.6, y * 0.8, 127 + 100 * np.sin(x / 40)], axis=-1).astype(np.uint8)
    peers = _peers.installed()
    jobs = _peers.jobs([_demo.Photograph("smooth", smooth)], quick=False)
    assert len(jobs) == 9
    for job in jobs:
        timing = _peers.time_job(job, peers, seconds=0.0)
        assert timing.rows[0].library == "pixlane"
        for row in timing.rows[1:]:
            assert row.difference is not None, (job.title, row.library)
            assert row.difference < 1.5, (job.title, row.library)
