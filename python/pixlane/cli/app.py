"""The command line itself: options, progress bars and exit codes. What the commands do is in the modules beside it."""

from __future__ import annotations

import json
import math
import re
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

import pixlane as px
from pixlane.cli import _info

if TYPE_CHECKING:
    from pixlane.cli._peers import Timing as _Timing

app = typer.Typer(
    name="pixlane",
    help="Photographs in, model-ready pixels out.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Interpolation = Literal["nearest", "bilinear", "bicubic", "lanczos", "area"]


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pixlane {px.info()['version']}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


@app.command()
def info(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs and bug reports.")] = False,
) -> None:
    """What this machine has and what pixlane uses of it: instruction set, threads, backends, versions."""
    facts = _info.facts()
    if as_json:
        typer.echo(json.dumps(facts, indent=2, default=str))
        return
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _info.lines(facts):
        table.add_row(escape(name), escape(value))
    Console().print(table)


def _parse_size(text: str, option: str) -> tuple[int, int] | int:
    match = re.fullmatch(r"(\d{1,9})(?:[xX](\d{1,9}))?", text.strip())
    if match is None or int(match[1]) < 1 or (match[2] is not None and int(match[2]) < 1):
        raise typer.BadParameter(f"{option} is {text!r}; give a side like 256 or HEIGHTxWIDTH like 480x640")
    return int(match[1]) if match[2] is None else (int(match[1]), int(match[2]))


def _parse_numbers(text: str, option: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(part) for part in text.replace(",", " ").split())
    except ValueError:
        numbers = ()
    if not numbers or not all(map(math.isfinite, numbers)):
        raise typer.BadParameter(f"{option} is {text!r}; give numbers like 0.485,0.456,0.406")
    return numbers


@app.command()
def apply(
    inputs: Annotated[list[Path], typer.Argument(metavar="IN...", help="Image files, and folders of them.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where the results go; made if needed.")],
    resize: Annotated[
        str | None, typer.Option(metavar="N|HxW", help="A side like 256 (see --fit), or height and width.")
    ] = None,
    fit: Annotated[
        Literal["shorter", "stretch", "pad"],
        typer.Option(help="What N means: the shorter side, a square, or a square to fit inside and pad."),
    ] = "shorter",
    crop: Annotated[str | None, typer.Option(metavar="N|HxW", help="Cut the centre out, after resizing.")] = None,
    interpolation: Annotated[Interpolation, typer.Option(help="The filter to resize with.")] = "bilinear",
    antialias: Annotated[
        bool, typer.Option("--antialias/--no-antialias", help="Widen the filter when shrinking.")
    ] = True,
    flip: Annotated[bool, typer.Option("--flip", help="Mirror left to right.")] = False,
    pad_value: Annotated[int, typer.Option(min=0, max=255, help="The gray level that pads.")] = 0,
    kind: Annotated[
        Literal["same", "png", "jpg", "webp", "npy"],
        typer.Option("--format", help="same: as the input, where that is PNG, JPEG or WebP, else PNG."),
    ] = "same",
    quality: Annotated[int, typer.Option(min=1, max=100, help="Of JPEG and WebP.")] = 90,
    mean: Annotated[
        str | None, typer.Option(metavar="M,M,M", help="With --format npy: normalize to float32, channels first.")
    ] = None,
    std: Annotated[str | None, typer.Option(metavar="S,S,S", help="Goes with --mean.")] = None,
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Look into folders inside folders.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace results that exist (otherwise they are left as they are).")
    ] = False,
    threads: Annotated[int | None, typer.Option(min=1, help="Files in work at a time; all cores if not given.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print failures only.")] = False,
) -> None:
    """Resize, crop, flip or normalize image files.

    EXIF orientation is applied, ICC profiles and transparency are kept, other metadata is dropped. A file that cannot
    be done is reported and skipped. Exit code: 0 all fine, 1 some files failed, 2 wrong usage.
    """
    from PIL import Image

    from pixlane.cli import _apply

    size = None if resize is None else _parse_size(resize, "--resize")
    cut = None if crop is None else _parse_size(crop, "--crop")
    if (mean is None) != (std is None):
        raise typer.BadParameter("--mean and --std go together")
    if mean is not None and kind != "npy":
        raise typer.BadParameter("--mean and --std make floats, which only --format npy holds")
    if fit != "shorter" and size is None:
        raise typer.BadParameter(f"--fit {fit} needs --resize")
    if fit == "shorter" and isinstance(size, tuple):
        fit = "stretch"
    means = None if mean is None else _parse_numbers(mean, "--mean")
    deviations = None if std is None else _parse_numbers(std, "--std")
    if deviations is not None and min(deviations) <= 0:
        raise typer.BadParameter(f"--std is {std!r}; deviations are above 0")
    if means and deviations and len(means) != len(deviations) and 1 not in (len(means), len(deviations)):
        raise typer.BadParameter(f"--mean has {len(means)} values, --std {len(deviations)}")
    if out.exists() and not out.is_dir():
        raise typer.BadParameter(f"--out {out} is not a folder")
    recipe = _apply.Recipe(
        resize=size,
        fit=fit,
        crop=(cut, cut) if isinstance(cut, int) else cut,
        interpolation=interpolation,
        antialias=antialias,
        flip=flip,
        pad_value=pad_value,
        mean=means,
        std=deviations,
        kind=kind,
        quality=quality,
    )
    jobs = _apply.plan(_apply.find_images(inputs, recursive=recursive, out=out), out, kind)
    if not jobs:
        hint = "" if recursive else "; --recursive looks into the folders inside"
        raise typer.BadParameter(f"no image files in {', '.join(str(path) for path in inputs)}{hint}")
    # A large photograph is not an attack here; Pillow's hard limit, twice that of the warning, still stands.
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    console = Console(stderr=True)
    begin = time.perf_counter()
    with _progress(console) as progress:
        bar = progress.add_task("images", total=len(jobs), visible=not quiet)

        def report(outcome: _apply.Outcome) -> None:
            if outcome.state == "failed":
                line = f"failed: {outcome.job.source}: {outcome.reason}"
                progress.console.print(escape(line), style="red", soft_wrap=True, highlight=False)
            progress.advance(bar)

        count = threads or _info.usable_threads()
        outcomes = _apply.run(jobs, recipe, threads=count, overwrite=overwrite, report=report)
    seconds = time.perf_counter() - begin
    states = [outcome.state for outcome in outcomes]
    written, existing, failed = (states.count(state) for state in ("written", "exists", "failed"))
    if not quiet:
        parts = [f"{written} written to {out}"]
        if existing:
            parts.append(f"{existing} there already (--overwrite replaces them)")
        if failed:
            parts.append(f"{failed} failed")
        rate = f", {written / seconds:.1f} images/s" if written else ""
        console.print(escape(f"{', '.join(parts)}; {seconds:.1f} s{rate}"), highlight=False, soft_wrap=True)
    raise typer.Exit(1 if failed else 0)


@app.command()
def demo(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[FOLDER]", help="Photographs of your own; else those that scikit-image ships."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where index.html goes.")] = Path("demo"),
    quick: Annotated[bool, typer.Option("--quick", help="Three photographs, fewer jobs, shorter timings.")] = False,
) -> None:
    """Photographs through preprocess and every resize filter, timed against the libraries installed, as one page."""
    from pixlane.cli import _demo, _page, _peers

    console = Console()
    try:
        photographs = _demo.photographs(folder, most=3 if quick else 8)
    except _demo.NoPhotographs as error:
        raise typer.BadParameter(str(error)) from None
    peers = _peers.installed()
    jobs = _peers.jobs(photographs, quick=quick)
    with _progress(console) as progress:
        bar = progress.add_task("photographs", total=len(photographs) + len(jobs))
        exhibits = []
        for photograph in photographs:
            progress.update(bar, description=escape(photograph.name))
            exhibits.append(_demo.exhibit(photograph))
            progress.advance(bar)
        timings = []
        for job in jobs:
            progress.update(bar, description=escape(f"timing: {job.title}"))
            timings.append(_peers.time_job(job, peers, seconds=0.3 if quick else 1.5))
            progress.advance(bar)
    console.print(_speed_table(timings))
    page = _page.write(out, exhibits, timings, _info.facts())
    console.print(escape(f"The pictures: {page}"), highlight=False, soft_wrap=True)


def _speed_table(timings: Sequence[_Timing]) -> Table:
    table = Table(title="One thread each, in turn, medians in milliseconds", title_justify="left")
    table.add_column("job")
    table.add_column("library")
    table.add_column("ms", justify="right")
    table.add_column("time / ours", justify="right")
    table.add_column("mean difference", justify="right")
    for timing in timings:
        for index, row in enumerate(timing.rows):
            difference = "" if row.difference is None else f"{row.difference:.2f}"
            table.add_row(
                escape(timing.title) if index == 0 else "",
                escape(row.library),
                f"{row.milliseconds:.3f}",
                row.ratio_text,
                difference,
                style="bold" if index == 0 else None,
                end_section=index == len(timing.rows) - 1,
            )
    return table
