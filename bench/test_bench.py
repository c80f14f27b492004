"""The list of cases as a pytest-benchmark suite: ``pytest bench -k 'pixlane and 224'``.

Each case is a group, so that libraries stand beside each other in the table. For ratios prefer ``python -m bench``,
which takes turns; here one library runs after the other.
"""

from __future__ import annotations

from typing import Any

import pytest

from bench import peers
from bench.cases import CASES, Case
from bench.conftest import Libraries, prepared
from bench.measure import difference


@pytest.mark.parametrize("out", [False, True], ids=["fresh", "out"])
@pytest.mark.parametrize("library", ["pixlane", *peers.names()])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.benchmark(max_time=0.2, min_rounds=5, warmup=True, warmup_iterations=2, disable_gc=True)
def test_case(benchmark: Any, libraries: Libraries, case: Case, library: str, out: bool) -> None:
    job = next((job for job in libraries.jobs(library, case) if job.out == out and not job.variant), None)
    if job is None:
        pytest.skip("has no out=" if out else "only into given storage")
    maximum, mean = difference(job.picture(), prepared(case)[1], case.level)
    assert maximum <= job.bound.maximum, f"another picture: {maximum:.3g} levels at worst"
    assert mean <= job.bound.mean, f"another picture: {mean:.3g} levels on average"
    benchmark.group = f"{case.name} {'out=' if out else 'fresh'}"
    benchmark.extra_info.update(row=case.row, target=case.target, traffic=case.traffic, note=job.note)
    benchmark(job.once)
