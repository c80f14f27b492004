"""``pixlane apply``: which file becomes which, and what happens to one picture on the way."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

import pixlane as px
from pixlane.cli import _files
from pixlane.cli._files import Mode, Picture, Size
from pixlane.preprocess import _geometry

Fit = Literal["shorter", "stretch", "pad"]


@dataclass(frozen=True)
class Recipe:
    """What is done to every picture. ``kind`` "same" keeps the input's format where it can be written, else PNG."""

    resize: int | Size | None = None
    fit: Fit = "shorter"
    crop: Size | None = None
    interpolation: str = "bilinear"
    antialias: bool = True
    flip: bool = False
    pad_value: int = 0
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    kind: str = "same"
    quality: int = 90


@dataclass(frozen=True)
class Job:
    """One input, its output, and why it is not even tried (``refused``), if so."""

    source: Path
    target: Path
    kind: str
    refused: str | None = None


@dataclass(frozen=True)
class Outcome:
    job: Job
    state: Literal["written", "exists", "failed"]
    reason: str = ""


class Geometry(NamedTuple):
    """A picture is resized to ``resized``; the result is the window of ``size`` at (``top``, ``left``) of that."""

    resized: Size
    top: int
    left: int
    size: Size


def geometry(size: Size, recipe: Recipe) -> Geometry:
    """Where the pixels of a picture of (height, width) ``size`` go: exactly as `pixlane.preprocess` has it."""
    return Geometry(*_geometry(*size, recipe.resize, recipe.fit, recipe.crop))


def render(picture: Picture, recipe: Recipe) -> NDArray[Any]:
    """The pixels that will be written.

    In separate steps, which give the same values as `pixlane.preprocess` in one: pictures keep their dtype and are
    weighted by their alpha here, and a reduced JPEG may need a box.
    """
    plan = geometry(picture.size, recipe)
    pixels = picture.pixels
    if picture.box is not None or pixels.shape[:2] != plan.resized:
        pixels = px.resize(
            pixels,
            plan.resized,
            interpolation=recipe.interpolation,
            antialias=recipe.antialias,
            box=picture.box,
            premultiply=picture.mode in ("LA", "RGBA"),
        )
    pixels = _window(pixels, plan, picture.mode, recipe.pad_value)
    return pixels[:, ::-1] if recipe.flip else pixels


def _window(pixels: NDArray[Any], plan: Geometry, mode: Mode, pad_value: int) -> NDArray[Any]:
    """The window of ``pixels`` that the plan names; what lies outside becomes opaque ``pad_value``."""
    starts, size = (plan.top, plan.left), plan.size
    inner, outer = [], []
    for start, have, want in zip(starts, pixels.shape[:2], size, strict=True):
        begin, end = max(0, start), max(0, min(have, start + want))
        outer.append(slice(begin, end))
        inner.append(slice(begin - start, max(begin, end) - start))
    cut = pixels[tuple(outer)]
    if cut.shape[:2] == size:
        return cut
    canvas = np.full((*size, *pixels.shape[2:]), _in_units_of(mode, pad_value), pixels.dtype)
    if mode in ("LA", "RGBA"):
        canvas[..., -1] = 255
    canvas[tuple(inner)] = cut
    return canvas


def _in_units_of(mode: Mode, level: int) -> float:
    return {"I;16": level * 257, "F": level / 255}.get(mode, level)


def tensor(pixels: NDArray[Any], mode: Mode, recipe: Recipe) -> NDArray[Any]:
    """What a .npy file holds: channels first and normalized to float32 when the recipe says how, else ``pixels``.

    Three means or deviations ask for colour: gray is then repeated, and what is transparent lies on white.
    """
    if recipe.mean is None or recipe.std is None:
        return pixels
    if len(recipe.mean) == 3 or len(recipe.std) == 3:
        pixels = _files.as_rgb(pixels, mode)
    if pixels.ndim == 2:
        pixels = pixels[..., np.newaxis]
    channels = pixels.shape[2]
    for name, values in (("--mean", recipe.mean), ("--std", recipe.std)):
        if len(values) not in (1, channels):
            raise ValueError(f"{name} has {len(values)} values, the picture {channels} channels")
    return np.asarray(px.normalize(pixels, recipe.mean, recipe.std, layout_out="CHW"))


def process(job: Job, recipe: Recipe, overwrite: bool) -> Outcome:
    """One file, start to end. Whatever is wrong with it is the outcome, so that the others go on."""
    if job.refused is not None:
        return Outcome(job, "failed", job.refused)
    if not overwrite and job.target.exists():
        return Outcome(job, "exists")
    try:
        # The files are the parallel work: each is done by one thread.
        with px.num_threads(1):
            picture = _files.load(job.source, lambda size: geometry(size, recipe).resized)
            pixels = render(picture, recipe)
            if job.kind == "npy":
                pixels = tensor(pixels, picture.mode, recipe)
            _files.save(
                job.target, pixels, picture.mode, job.kind, quality=recipe.quality, icc_profile=picture.icc_profile
            )
    except (OSError, ValueError, TypeError, MemoryError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        # SyntaxError and EOFError are what Pillow's parsers raise on some broken headers.
        return Outcome(job, "failed", _one_line(error))
    return Outcome(job, "written")


def _one_line(error: BaseException) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "not an image that Pillow knows"
    if isinstance(error, FileNotFoundError):
        return "no such file"
    return " ".join(str(error).split()) or type(error).__name__


def find_images(inputs: Iterable[Path], *, recursive: bool, out: Path) -> Iterator[tuple[Path, Path]]:
    """Each file to do, and its path below ``out``: a file as it is named, of a folder what looks like an image."""
    Image.init()
    known = {extension for extension, name in Image.registered_extensions().items() if name in Image.OPEN}
    inside = out.resolve()
    for given in inputs:
        if not given.is_dir():
            yield given, Path(given.name)
            continue
        for path in sorted(given.rglob("*") if recursive else given.iterdir()):
            below = path.relative_to(given)
            if path.suffix.lower() not in known or any(part.startswith(".") for part in below.parts):
                continue
            # An --out inside the folder holds results, not inputs; an --out that is the folder holds both.
            if given.resolve() != inside and inside in path.resolve().parents:
                continue
            if path.is_file():
                yield path, below


def plan(found: Iterable[tuple[Path, Path]], out: Path, kind: str) -> list[Job]:
    """Give each input an output of its own: where two would meet (a.png and a.jpg), the later ones become a-2, a-3, ...

    The numbering follows the order of the inputs and not what exists, so that a second run finds the results of the
    first.
    """
    jobs: list[Job] = []
    taken: set[str] = set()
    seen: set[Path] = set()
    for source, below in found:
        identity = source.resolve()
        if identity in seen:  # named twice, or named and in a folder
            continue
        seen.add(identity)
        this = kind if kind != "same" else _kind_of(source)
        plain = (out / below).with_suffix("")
        stem = plain.name if plain.name else below.name
        target = plain.with_name(stem + _files.FORMATS[this][1])
        number = 2
        while str(target).casefold() in taken:
            target = plain.with_name(f"{stem}-{number}{_files.FORMATS[this][1]}")
            number += 1
        taken.add(str(target).casefold())
        jobs.append(Job(source, target, this))
    sources = {job.source.resolve() for job in jobs}
    return [
        Job(job.source, job.target, job.kind, f"the output {job.target} is an input of this run")
        if job.target.resolve() in sources
        else job
        for job in jobs
    ]


def _kind_of(path: Path) -> str:
    jpeg = (".jpg", ".jpeg", ".jpe", ".jfif")
    extension = path.suffix.lower()
    return "jpg" if extension in jpeg else "webp" if extension == ".webp" else "png"


def run(
    jobs: Sequence[Job], recipe: Recipe, *, threads: int, overwrite: bool, report: Callable[[Outcome], None]
) -> list[Outcome]:
    """Do all jobs on ``threads`` threads and ``report`` each from the calling thread as it ends.

    Few are handed out at a time, so that Ctrl-C ends the run after the files in work.
    """
    outcomes: list[Outcome] = []
    waiting: set[Future[Outcome]] = set()
    with ThreadPoolExecutor(threads, thread_name_prefix="pixlane-apply") as pool:
        try:
            todo = iter(jobs)
            while True:
                while len(waiting) < 2 * threads and (job := next(todo, None)) is not None:
                    # In a copy of the caller's context, which may have chosen a backend.
                    waiting.add(pool.submit(contextvars.copy_context().run, process, job, recipe, overwrite))
                if not waiting:
                    return outcomes
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    outcome = future.result()
                    outcomes.append(outcome)
                    report(outcome)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
