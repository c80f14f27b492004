"""The guard catches what it is for: a run made to do its work twice is found out, an honest one passes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from bench import guard

KEPT: dict[str, Any] = {
    "schema": guard.SCHEMA,
    "made_with": {"compiler": "GCC: (any) 12", "python": "3.11"},
    "instructions": {"a": 1000.0, "b": 50.0},
    "ratios": {guard.kind_of_machine(): {"a": 2.0, "b": 0.1}},
}


def changed(**more: Any) -> dict[str, Any]:
    return {**KEPT, **more}


def found(now: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {(finding.measure, finding.case): finding.verdict for finding in guard.verdicts(KEPT, now)}


def test_the_same_figures_pass() -> None:
    assert set(found(KEPT).values()) == {"same"}


@pytest.mark.parametrize(("factor", "verdict"), [(1.04, "same"), (1.06, "slower"), (2.0, "slower"), (0.9, "faster")])
def test_instructions_have_a_narrow_tolerance(factor: float, verdict: str) -> None:
    now = changed(instructions={"a": 1000.0 * factor, "b": 50.0})
    assert found(now)["instructions", "a"] == verdict
    assert found(now)["instructions", "b"] == "same"


@pytest.mark.parametrize(("factor", "verdict"), [(1.5, "same"), (0.7, "same"), (2.0, "slower"), (0.5, "faster")])
def test_ratios_have_a_wide_tolerance(factor: float, verdict: str) -> None:
    now = changed(ratios={guard.kind_of_machine(): {"a": 2.0 * factor, "b": 0.1}})
    assert found(now)["ratios", "a"] == verdict


def test_another_compiler_is_judged_for_gross_changes_only() -> None:
    other = {"compiler": "clang version 14", "python": "3.11"}
    assert found(changed(made_with=other, instructions={"a": 1400.0, "b": 50.0}))["instructions", "a"] == "same"
    assert found(changed(made_with=other, instructions={"a": 2000.0, "b": 50.0}))["instructions", "a"] == "slower"


def test_ratios_of_another_machine_are_not_judged() -> None:
    assert found(changed(ratios={"another": {"a": 99.0}}))["ratios", "a"] == "not judged"


def test_a_case_without_a_figure_and_a_figure_without_a_case_fail() -> None:
    findings = guard.judge("instructions", {"a": 1.0}, {"b": 1.0}, 1.05)
    assert {finding.case: finding.verdict for finding in findings} == {"a": "gone", "b": "new"}
    assert all(finding.bad for finding in findings)


def test_every_op_with_a_benchmark_is_guarded() -> None:
    from bench.cases import CASES

    assert {case.op for case in guard.GUARDED} == {case.op for case in CASES}
    assert len({case.name for case in guard.GUARDED}) == len(guard.GUARDED)


def test_the_kept_file_holds_every_guarded_case() -> None:
    kept = guard.load()
    assert set(kept["instructions"]) == {case.name for case in guard.GUARDED}
    assert kept["isa"] == guard.ISA


def native() -> bool:
    try:
        import pixlane
    except ImportError:
        return False
    return bool(pixlane.info()["native"]) and guard.ISA in pixlane.info()["isa_available"]


@pytest.mark.skipif(not native(), reason="the native core on x86-64-v3 is what the guard measures")
@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is missing")
def test_a_slowed_run_is_caught_by_its_instructions() -> None:
    cases = guard.GUARDED[:2]
    kept, again, slowed = guard.count(cases), guard.count(cases), guard.count(cases, work=2)
    honest = guard.judge("instructions", kept, again, guard.TOLERANCE["instructions"])
    caught = guard.judge("instructions", kept, slowed, guard.TOLERANCE["instructions"])
    assert [finding.verdict for finding in honest] == ["same", "same"]
    assert [finding.verdict for finding in caught] == ["slower", "slower"]


@pytest.mark.skipif(not native(), reason="the native core on x86-64-v3 is what the guard measures")
def test_a_slowed_run_is_caught_by_its_ratios() -> None:
    cases = guard.GUARDED[:2]
    kept, slowed = guard.ratios(cases), guard.ratios(cases, work=3)
    caught = guard.judge("ratios", kept, slowed, guard.TOLERANCE["ratios"])
    assert [finding.verdict for finding in caught] == ["slower", "slower"]


def test_exit_codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text(json.dumps(KEPT))
    monkeypatch.setattr(guard, "made_with", lambda: KEPT["made_with"])
    monkeypatch.setattr(guard, "count", lambda work: {name: n * work for name, n in KEPT["instructions"].items()})
    arguments = ["--instructions", "--file", str(kept)]
    assert guard.main(arguments) == 0
    assert guard.main([*arguments, "--work", "2"]) == 1
    assert guard.main([*arguments, "--work", "2", "--update"]) == 0
    assert guard.main([*arguments, "--work", "2"]) == 0
    kept.write_text(json.dumps({"schema": "other"}))
    assert guard.main(arguments) == 2
