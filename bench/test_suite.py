"""The harness itself: the list, the statistics, the verdicts, the tables, and what a run does with bad input."""

from __future__ import annotations

import functools
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench import __main__, filters, geometry, images, measure, oracle, orders, peers, results, table
from bench.cases import CASES, Case, Image, select

TABLE_ROWS = 26 + 12 + 18 + 11  # of the speed table: resize, preprocess and normalize; geometry; sums; orders


def test_names_are_unique_and_the_tables_rows_are_there() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
    assert len(select(quick=True)) == TABLE_ROWS
    assert {case.op for case in CASES} == {
        "resize",
        "preprocess",
        "normalize",
    } | geometry.OPS | filters.OPS | orders.OPS
    for case in CASES:
        assert case.target == 1 or case.row != "own"


def test_select_takes_parts_globs_and_rows_and_lists_what_there_is() -> None:
    assert select(["resize/1080p-u8x3/224x224-bilinear"])
    assert all(case.op == "normalize" for case in select(["normalize/*"]))
    assert {case.row for case in select(["list of 64"])} == {"preprocess, list of 64 photographs of mixed sizes"}
    with pytest.raises(ValueError, match="no case matches nothing; the cases are\n  resize/"):
        select(["nothing"])


def test_traffic_counts_lines_once_in_and_bytes_once_out() -> None:
    whole = Case("resize", Image((100, 200)), {"size": (50, 100), "interpolation": "bilinear"})
    assert whole.traffic == 100 * 200 * 3 + 50 * 100 * 3
    nearest = Case("resize", Image((100, 200)), {"size": (10, 20), "interpolation": "nearest"})
    assert nearest.traffic == 10 * 200 * 3 + 10 * 20 * 3  # ten rows, of which every line has a pixel
    far = Case("resize", Image((100, 2000)), {"size": (10, 20), "interpolation": "bilinear", "antialias": False})
    assert far.traffic == 2 * 10 * 20 * 64 + 10 * 20 * 3
    listed = Case("preprocess", Image((300, 400), count=4), {"resize": 100, "crop": 80})
    cut = [min(size) * 80 // 100 for size in images.mixed_sizes((300, 400), 4)]
    assert listed.traffic == sum(side * side * 3 for side in cut) + 4 * 80 * 80 * 3 * 4


@pytest.mark.parametrize("view", ["", "crop", "flip", "step", "planar", "chw"])
@pytest.mark.parametrize("dtype", ["u8", "u16", "i16", "f32"])
def test_views_hold_the_same_pixels_and_copies_the_same_strides(view: str, dtype: str) -> None:
    plain = images.inputs(Image((13, 17), dtype, 3, "synthetic"))[0]
    [array] = images.inputs(Image((13, 17), dtype, 3, "synthetic", view))
    [copy] = images.copies([array])
    assert np.array_equal(np.moveaxis(array, 0, -1) if view == "chw" else array, plain)
    assert np.array_equal(copy, array)
    assert copy.strides == array.strides
    assert not np.may_share_memory(copy, array)


def test_lists_have_mixed_sizes_on_which_all_roundings_agree() -> None:
    sizes = images.mixed_sizes((1080, 1920), 64)
    assert len(sizes) == 64
    assert len(set(sizes)) > 30
    assert any(height > width for height, width in sizes)
    for height, width in sizes:
        assert 256 * max(height, width) / min(height, width) % 1 < 0.5


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "lanczos", "area"])
@pytest.mark.parametrize("size", [(5, 7), (11, 13), (40, 50)])
def test_the_oracle_keeps_flat_images_flat(interpolation: str, size: tuple[int, int]) -> None:
    flat = np.full((23, 31, 3), 77, np.uint8)
    assert np.allclose(oracle.resize(flat, size, interpolation, True), 77, atol=1e-3)


def test_the_oracle_on_a_picture_done_by_hand() -> None:
    image = np.array([[0, 10, 20, 30]], np.float32)
    assert oracle.resize(image, (1, 2), "area", True).tolist() == [[5, 25]]
    assert np.allclose(oracle.resize(image, (1, 2), "bilinear", True), [[50 / 7, 160 / 7]])  # 3 3 1 over 7
    assert oracle.resize(image, (1, 2), "nearest", True).tolist() == [[10, 30]]


def entry(library: str, median: float, out: bool = False, variant: str = "", ok: bool = True) -> dict[str, Any]:
    more = {"note": "", "maximum": 0.0, "mean": 0.0, "calls": 1, "rounds": 1}
    return {"library": library, "variant": variant, "out": out, "ok": ok, **more, **measure.spread([median])}


def row(*entries: dict[str, Any], target: float = 3, threads: int = 1, copy_gbs: float = 100.0) -> dict[str, Any]:
    return {
        "case": CASES[0].name,
        "op": "resize",
        "row": CASES[0].row,
        "threads": threads,
        "target": target,
        "traffic": 10_000_000,
        "pixels": 1920 * 1080,
        "inputs": "cold",
        "buffers": 11,
        "copy_gbs": copy_gbs,
        "load": 0.0,
        "others": 0.0,
        "entries": list(entries),
        "skipped": {"other": "not here"},
    }


def test_one_rotation_of_buffers_serves_all_samples() -> None:
    seen: list[int] = []
    job = peers.LocalJob([functools.partial(seen.append, i) for i in range(5)])
    job.sample(3, 4)
    assert seen == [4, 0, 1]
    _, made = job.warm_sample(2, 2, 0.0)
    assert seen[3:] == [2, 3, 4, 0, 1] and made == 5


def test_threads_that_work_are_held_apart_while_sampled() -> None:
    before = os.sched_getaffinity(0)
    if len(before) < 2:
        pytest.skip("needs two processors")
    masks: list[tuple[int, ...]] = []

    def work(_: int) -> None:
        end = time.thread_time() + 0.01
        while time.thread_time() < end:
            pass
        masks.append(tuple(os.sched_getaffinity(0)))

    with ThreadPoolExecutor(2) as pool:
        job = peers.LocalJob([lambda: list(pool.map(work, range(8)))])
        for _ in range(3):
            job.warm_sample(1, 0, 0.0)
        held = masks[-8:]
        assert {len(mask) for mask in held} == {1}
        assert len(set(held)) == 2
        masks.clear()
        job.sample(1)
        assert {len(mask) for mask in masks} == {len(before)}
    assert os.sched_getaffinity(0) == before


def test_a_sample_waits_for_threads_that_still_spin() -> None:
    if not Path("/proc/self/task").exists():
        pytest.skip("needs Linux")
    spun = []

    def spin() -> None:
        end = time.thread_time() + 0.05
        while time.thread_time() < end:
            len(bytearray(1 << 20))  # without the GIL, or else nobody could look
        spun.append(True)

    peers.base.settle(0.001)
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(spin)
        peers.base.settle(0.001, 10.0)
        assert spun
        done.result()


def test_spread() -> None:
    assert measure.spread([5, 1, 3, 2, 4]) == {"median": 3, "q1": 2, "q3": 4, "mad": 1, "best": 1}
    assert measure.spread([7.0])["q3"] == 7.0


def test_ratio_is_against_the_fastest_right_peer_of_the_column() -> None:
    entries = [entry("pixlane", 1e-3), entry("pixlane", 0.5e-3, out=True), entry("a", 4e-3), entry("b", 3e-3, out=True)]
    one = row(*entries, entry("wrong", 1e-9, ok=False))
    assert results.ratio(one, out=False) == pytest.approx(4)
    assert results.ratio(one, out=True) == pytest.approx(6)
    # A peer's fresh result, whose memory is in the cache still, does not stand against our out=.
    two = row(*entries, entry("b", 1e-3))
    assert results.ratio(two, out=True) == pytest.approx(6)
    assert results.ratio(two, out=False) == pytest.approx(1)
    assert results.means([one, one], out=False)["all"] == pytest.approx(4)
    assert [e["library"] for e in results.wrong(one)] == ["wrong"]


@pytest.mark.parametrize(
    ("mine", "copy_gbs", "verdict"),
    [
        (1e-3, 99.0, "met"),
        (2e-3, 99.0, "short"),
        (2e-3, 5.2, "bound"),
        (4e-3, 99.0, "slower"),
        (4e-3, 2.6, "slower"),
    ],
)
def test_verdicts(mine: float, copy_gbs: float, verdict: str) -> None:
    assert results.verdict(row(entry("pixlane", mine), entry("a", 3.5e-3), copy_gbs=copy_gbs), out=False) == verdict


def test_no_ratio_without_ours_or_a_peer() -> None:
    assert results.ratio(row(entry("a", 1)), out=False) is None
    assert results.verdict(row(entry("pixlane", 1)), out=False) == ""
    assert results.geometric_mean([None]) is None


def test_a_row_measured_on_a_busy_machine_says_so() -> None:
    busy = {**row(entry("pixlane", 1e-3), entry("a", 4e-3)), "others": 0.8}
    assert table.cells(busy)[-1] == "met (others used 0.8 cores)"
    assert table.cells({**busy, "others": 0.1})[-1] == "met"


def test_scaling_compares_one_thread_with_all() -> None:
    two = row(entry("pixlane", 1e-3, out=True), entry("pixlane", 1.8e-3, out=True, variant="1 thread"), threads=2)
    assert results.scaling(two) == pytest.approx(1.8)
    assert not results.falls_short(two)
    slower = row(entry("pixlane", 1e-3, out=True), entry("pixlane", 1.6e-3, out=True, variant="1 thread"), threads=2)
    assert results.falls_short(slower)
    assert not results.falls_short({**slower, "pixels": 32 * 32})
    assert not results.falls_short({**slower, "copy_gbs": 11.0})  # 10 GB/s are at the bound
    assert "1.70 times, least 1.60 (" in (line := table.summary([two, slower])[-1])
    assert "1 of 2 below 1.7 and 90% of the copy bandwidth" in line


def run_of(*rows: dict[str, Any]) -> dict[str, Any]:
    return {
        "schema": results.SCHEMA,
        "started": "2026-11-22T00:00:00+00:00",
        "machine": {"name": "test", "cpu": "cpu", "cores": 2, "system": "Linux", "python": "3.11"},
        "inputs": "cold",
        "libraries": {"pixlane": "0.1.0", "a": "1"},
        "missing": {"c": "why"},
        "not_pinned": [],
        "pixlane": {"isa": "x86-64-v4"},
        "rows": list(rows),
    }


def test_json_comes_back_and_other_files_are_refused(tmp_path: Path) -> None:
    noted = {**entry("a", 4e-3), "note": "another constant"}
    run = run_of(*[row(entry("pixlane", 1e-3), noted) for _ in range(5)], row(noted))
    results.save(run, tmp_path / "run.json")
    assert results.load(tmp_path / "run.json") == run
    text = (tmp_path / "run.json").read_text()
    assert text.count("another constant") == text.count("not here") == text.count('"median"') == 1
    sampled = [{**r, "entries": [{**e, "samples": [1.0]} for e in r["entries"]]} for r in run["rows"]]
    (tmp_path / "plain.json").write_text(json.dumps({**run, "schema": results.PLAIN, "rows": sampled}))
    assert results.load(tmp_path / "plain.json") == run
    for text in ("{", "[]", '{"schema": "pixlane-bench/0"}'):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(ValueError, match=r"bad\.json"):
            results.load(tmp_path / "bad.json")
        assert table.main([str(tmp_path / "bad.json")]) == 2


def test_merge_keeps_rows_that_were_not_measured_again() -> None:
    old, other = row(entry("a", 1)), {**row(entry("a", 2)), "case": CASES[1].name}
    merged = results.merge(run_of(other, old), run_of(row(entry("a", 3))))
    assert [r["entries"][0]["median"] for r in merged["rows"]] == [3, 2]


def test_tables_name_ratio_peer_and_verdict() -> None:
    run = run_of(row(entry("pixlane", 1e-3), entry("a", 4e-3)), row(entry("a", 4e-3, ok=False)))
    page = table.markdown(run)
    assert "| a | 4 | 4.00 |  | 3 | 10.0 | 10 % | met |" in page
    assert "wrong picture: a" in page
    assert "geometric mean" in page
    short = table.readme(run)
    assert "| a | 4 | 4.0x |" in short
    assert short.count("\n| resize") == 1


def test_unknown_names_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["--only", "nothing"]) == 2
    assert "the cases are" in capsys.readouterr().err
    assert __main__.main(["--peers", "nobody"]) == 2
    assert "opencv-python-headless" in capsys.readouterr().err


def test_a_run_from_the_front_door(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    arguments = ["--only", "resize/32x32-u8x3/16x16-nearest", "--peers", "numpy", "--seconds", "0.05"]
    assert __main__.main([*arguments, "--json", str(file)]) == 0
    [measured] = results.load(file)["rows"]
    libraries = {entry["library"] for entry in measured["entries"]}
    assert "numpy" in libraries
    assert measured["copy_gbs"] > 0
    assert all(entry["rounds"] >= 3 and entry["ok"] for entry in measured["entries"])
    assert file.with_suffix(".md").exists()


def test_every_adaptor_says_why_it_skips() -> None:
    found, missing = peers.available(1, ["numpy", "scikit-image"])
    buffers = [images.inputs(Image((8, 8), kind="synthetic"))]
    unknown = Case("unheard-of", Image((8, 8)))
    for peer in found:
        with pytest.raises(peers.Skip):
            peer.jobs(unknown, buffers)
    assert set(missing) <= {"numpy", "scikit-image"}
