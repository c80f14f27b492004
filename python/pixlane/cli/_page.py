"""The demo's page: one HTML file that needs nothing else, neither network nor script."""

from __future__ import annotations

import base64
import datetime
import html
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import pixlane as px
from pixlane.cli._demo import CROP, RESIZE, Exhibit, Tile
from pixlane.cli._peers import Row, Timing

_STYLE = """
:root {
  color-scheme: light dark;
  --ground: #fbfaf8; --panel: #ffffff; --ink: #1c1b1a; --soft: #6b6762; --line: #e4e0da; --bar: #c9c4bc;
  --accent: #0f6b5c; --frame: #ffffff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #141413; --panel: #1c1c1a; --ink: #eceae6; --soft: #9b968e; --line: #302f2c; --bar: #4a4843;
    --accent: #4fbfa8;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Inter, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; -webkit-font-smoothing: antialiased;
}
main { max-width: 1240px; margin: 0 auto; padding: 64px 32px 96px; }
h1 { font-size: 40px; line-height: 1.1; letter-spacing: -0.02em; font-weight: 650; margin: 0 0 12px; }
h2 { font-size: 24px; letter-spacing: -0.01em; font-weight: 620; margin: 0 0 6px; }
h3 { font-size: 16px; font-weight: 600; margin: 0; }
p { margin: 0; max-width: 68ch; }
.lead { font-size: 19px; color: var(--soft); }
.note, figcaption, .caption { font-size: 13px; color: var(--soft); line-height: 1.45; }
section { margin-top: 72px; }
section > p { color: var(--soft); margin-bottom: 24px; }
dl.facts {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, auto)); gap: 12px 32px;
  margin: 32px 0 0; padding: 20px 0; border-top: 1px solid var(--line); border-bottom: 1px solid var(--line);
}
.facts dt { font-size: 13px; color: var(--soft); }
.facts dd { margin: 0; font-weight: 550; }
img { display: block; width: 100%; height: auto; }
.exact { image-rendering: pixelated; }
figure { margin: 0; min-width: 0; }
figcaption { margin-top: 6px; }
figcaption b { color: var(--ink); font-weight: 600; }
article, .job { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 24px; }
article { margin-top: 24px; }
article header { display: flex; justify-content: space-between; align-items: baseline; gap: 16px; margin-bottom: 14px; }
.ends { display: grid; grid-template-columns: minmax(0, 1.62fr) minmax(0, 1fr); gap: 20px; align-items: start; }
.ends .photo { position: relative; }
.ends .photo svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.ends .photo > div { position: relative; }
.strip {
  display: grid; grid-template-columns: repeat(6, minmax(120px, 1fr)); gap: 12px; margin-top: 24px; overflow-x: auto;
}
.strip .row { grid-column: 1 / -1; position: sticky; left: 0; }
.jobs { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 20px; }
.job h3 { margin-bottom: 12px; }
.bars { display: grid; grid-template-columns: max-content minmax(60px, 1fr) max-content max-content; gap: 6px 14px; }
.bars > div { display: contents; font-size: 14px; }
.bars .track { align-self: center; height: 10px; }
.bars .bar { display: block; height: 100%; min-width: 2px; border-radius: 2px; background: var(--bar); }
.bars .ours .bar { background: var(--accent); }
.bars .ours .name { font-weight: 650; color: var(--accent); }
.bars .ms, .bars .ratio { text-align: right; }
.bars .ratio { color: var(--soft); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: right; padding: 6px 0 6px 24px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 500; color: var(--soft); }
th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal; }
th:nth-child(2), td:nth-child(2) { text-align: left; }
tr.ours td { color: var(--accent); font-weight: 600; }
tr.ours td:first-child { color: var(--ink); }
details { margin-top: 24px; }
summary { cursor: pointer; color: var(--soft); font-size: 14px; margin-bottom: 12px; }
footer { margin-top: 72px; padding-top: 20px; border-top: 1px solid var(--line); }
@media (max-width: 720px) {
  main { padding: 40px 18px 64px; }
  h1 { font-size: 32px; }
  article, .job { padding: 16px; }
  .ends { grid-template-columns: 1fr; }
  article header { flex-direction: column; gap: 2px; }
}
"""


def write(folder: Path, exhibits: Sequence[Exhibit], timings: Sequence[Timing], facts: Mapping[str, Any]) -> Path:
    """Write ``index.html`` into ``folder`` (made if needed) and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "index.html"
    path.write_text(page(exhibits, timings, facts), encoding="utf-8")
    return path


def page(exhibits: Sequence[Exhibit], timings: Sequence[Timing], facts: Mapping[str, Any]) -> str:
    pictures = "".join(_article(exhibit) for exhibit in exhibits)
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>pixlane: photographs in, model input out</title>
<link rel="icon" href="data:,">
<style>{_STYLE}</style>
<main>
<h1>Photographs in, model input out</h1>
<p class="lead">What pixlane made of {_count(len(exhibits), "photograph")} on this machine, and how long it and the
other libraries installed here took.</p>
{_facts(facts)}
<section>
<h2>Speed</h2>
<p>Longer is faster. Every library on one thread, in turn, in one run; medians. The figure on the right is how many
times as long as pixlane a library took.{_without_native(facts)}</p>
<div class="jobs">{"".join(_job(timing) for timing in timings)}</div>
{_table(timings)}
</section>
<section>
<h2>Pictures</h2>
<p>Each photograph, the input that a model gets of it, and what the five resize filters do to the detail in the frame:
shrinking, with every pixel shown enlarged, and enlarging a patch of the photograph itself.</p>
{pictures}
</section>
<footer class="note">Made by <b>pixlane demo</b>, version {html.escape(str(facts["version"]))}, on
{datetime.date.today().isoformat()}. The pictures are results of the run, not illustrations.</footer>
</main>
</html>
"""


def _without_native(facts: Mapping[str, Any]) -> str:
    if facts["native"]:
        return ""
    return (
        " <b>This run used the NumPy reference, which is slow, because the native module is "
        f"{html.escape(str(facts['why']['native']))}.</b>"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _facts(facts: Mapping[str, Any]) -> str:
    machine = facts["machine"]
    shown = {
        "Processor": machine["processor"],
        "Cores": machine["cores"],
        "Instruction set": facts["isa"] or "none: the NumPy reference",
        "pixlane": facts["version"],
        "Python": facts["python"],
    }
    items = "".join(f"<div><dt>{name}</dt><dd>{html.escape(str(value))}</dd></div>" for name, value in shown.items())
    return f'<dl class="facts">{items}</dl>'


def _image(pixels: NDArray[np.uint8], description: str, *, exact: bool) -> str:
    """``exact`` pixels go in without loss and are enlarged as squares; photographs as JPEG."""
    buffer = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(pixels))
    if exact:
        image.save(buffer, "PNG", optimize=True)
    else:
        image.save(buffer, "JPEG", quality=90, subsampling=0)
    kind, style = ("png", ' class="exact"') if exact else ("jpeg", "")
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    size = f'width="{pixels.shape[1]}" height="{pixels.shape[0]}"'
    return f'<img{style} {size} alt="{html.escape(description)}" src="data:image/{kind};base64,{data}">'


def _article(exhibit: Exhibit) -> str:
    photograph = exhibit.photograph
    name = html.escape(photograph.name)
    height, width = photograph.pixels.shape[:2]
    shown = photograph.pixels
    if min(height, width) > 560:
        shown = px.resize(shown, scale=560 / min(height, width), interpolation="area")
    low, high = exhibit.model_range
    photo = _image(shown, photograph.name, exact=False) + _frames(exhibit)
    small = [_image(_same_shape(exhibit), photograph.name, exact=False)]
    small += [_image(tile.small, f"shrunk by {tile.filter}", exact=False) for tile in exhibit.tiles]
    return f"""<article>
<header><h3>{name}</h3><span class="note">{width} x {height}</span></header>
<div class="ends">
<figure class="photo"><div style="max-width:{420 * width / height:.0f}px">{photo}</div>
<figcaption><b>Input.</b> Dashed: what the model sees. Solid: the detail below.</figcaption></figure>
<figure>{_image(exhibit.model_input, f"model input made of {photograph.name}", exact=True)}
<figcaption><b>Model input.</b> preprocess(resize={RESIZE}, crop={CROP}), float32 (3, {CROP}, {CROP}) from {low:.2f} to
{high:.2f}, turned back into colours.</figcaption></figure>
</div>
<div class="strip">
<div class="row caption">Shrunk to a shorter side of {min(exhibit.tiles[0].small.shape[:2])}, and its detail</div>
{"".join(f"<figure>{picture}</figure>" for picture in small)}
<figure>{_image(exhibit.detail, "the detail in the input", exact=True)}<figcaption>input</figcaption></figure>
{"".join(_tile(tile, tile.detail, "shrunk") for tile in exhibit.tiles)}
<div class="row caption">The patch of {exhibit.patch.shape[1]} x {exhibit.patch.shape[0]} pixels in its middle, enlarged
{exhibit.tiles[0].enlarged.shape[0] // exhibit.patch.shape[0]} times</div>
<figure>{_image(exhibit.patch, "the patch in the input", exact=True)}<figcaption>input</figcaption></figure>
{"".join(_tile(tile, tile.enlarged, "enlarged") for tile in exhibit.tiles)}
</div>
</article>
"""


def _same_shape(exhibit: Exhibit) -> NDArray[np.uint8]:
    """The photograph at twice the size of the small pictures, to stand beside them."""
    height, width = exhibit.tiles[0].small.shape[:2]
    pixels = exhibit.photograph.pixels
    return np.asarray(px.resize(pixels, (2 * height, 2 * width), interpolation="lanczos"))


def _tile(tile: Tile, pixels: NDArray[np.uint8], what: str) -> str:
    picture = _image(pixels, f"the detail {what} by {tile.filter}", exact=True)
    return f"<figure>{picture}<figcaption><b>{tile.filter}</b></figcaption></figure>"


def _frames(exhibit: Exhibit) -> str:
    height, width = exhibit.photograph.pixels.shape[:2]
    shapes = []
    for box, dash in ((exhibit.crop_box, ' stroke-dasharray="6 5"'), (exhibit.detail_box, "")):
        left, top, right, bottom = box
        place = f'x="{left * width:.1f}" y="{top * height:.1f}"'
        size = f'width="{(right - left) * width:.1f}" height="{(bottom - top) * height:.1f}"'
        # Dark under light, so that the line shows on any picture.
        for colour, line in (("#000", 3.5), ("#fff", 1.5)):
            stroke = f'stroke="{colour}" stroke-width="{line}" stroke-opacity="0.85" vector-effect="non-scaling-stroke"'
            shapes.append(f'<rect {place} {size} fill="none" {stroke}{dash}/>')
    view = f'viewBox="0 0 {width} {height}" preserveAspectRatio="none" aria-hidden="true"'
    return f"<svg {view}>{''.join(shapes)}</svg>"


def _job(timing: Timing) -> str:
    rows = sorted(timing.rows, key=lambda row: row.milliseconds)
    fastest = rows[0].milliseconds
    bars = "".join(_bar(row, fastest) for row in rows)
    return f'<div class="job"><h3>{html.escape(timing.title)}</h3><div class="bars">{bars}</div></div>'


def _bar(row: Row, fastest: float) -> str:
    ours = ' class="ours"' if row.ratio is None else ""
    return (
        f'<div{ours}><span class="name">{html.escape(row.library)}</span>'
        f'<span class="track"><span class="bar" style="width:{100 * fastest / row.milliseconds:.2f}%"></span></span>'
        f'<span class="ms">{_milliseconds(row.milliseconds)}</span><span class="ratio">{row.ratio_text}</span></div>'
    )


def _milliseconds(value: float) -> str:
    return f"{value:.3g} ms" if value < 100 else f"{value:.0f} ms"


def _table(timings: Sequence[Timing]) -> str:
    rows = []
    for timing in timings:
        for index, row in enumerate(timing.rows):
            cells = [
                timing.title if index == 0 else "",
                row.library,
                f"{row.milliseconds:.3f}",
                row.ratio_text,
                "" if row.difference is None else f"{row.difference:.2f}",
            ]
            style = ' class="ours"' if row.ratio is None else ""
            rows.append(f"<tr{style}>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>")
    head = "".join(f"<th>{name}</th>" for name in ("Job", "Library", "ms", "Time / ours", "Mean difference"))
    return (
        "<details><summary>As a table, with how much the results differ</summary>"
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
        '<p class="note">Difference: mean over all values, in levels of 0 to 255. Libraries whose filter is not the'
        " same (OpenCV's area for an antialiased bilinear, scikit-image's gaussian before it) differ more.</p>"
        "</details>"
    )
