"""What the documentation says is so: examples run, every public name has its place, links lead somewhere."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import pixlane as px

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])
OPS = sorted(name for name in px.__all__ if not name.startswith("_"))


def modules() -> list[ModuleType]:
    """pixlane's own modules, less the command, whose needs are an extra."""
    found = [px]
    for module in pkgutil.walk_packages(px.__path__, "pixlane."):
        name = module.name
        if name.startswith("pixlane.cli") or name.rpartition(".")[2] in ("__main__", "_native", "_cuda", "_cuda_host"):
            continue
        found.append(importlib.import_module(name))
    return found


# ---- docstrings


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.__name__)
def test_examples_of_docstrings_run(module: ModuleType) -> None:
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    finder = doctest.DocTestFinder(exclude_empty=True)
    for example in finder.find(module, extraglobs={"np": np, "px": px}):
        report: list[str] = []
        failed, _ = runner.run(example, out=report.append)
        assert failed == 0, "".join(report)


def test_calling_a_preprocess_is_described() -> None:
    text = inspect.getdoc(px.Preprocess.__call__) or ""
    described = re.findall(r"^(\w[\w, ]*)(?: : |$)", _section(text, "Parameters"), re.MULTILINE)
    listed = {one.strip() for line in described for one in line.split(",")}
    assert listed == set(inspect.signature(px.Preprocess.__call__).parameters) - {"self"}
    assert ":special-members: __call__" in (DOCS / "_templates/autosummary/class.rst").read_text()


@pytest.mark.parametrize("name", OPS)
def test_docstrings_have_their_sections(name: str) -> None:
    documented = getattr(px, name)
    text = inspect.getdoc(documented) or ""
    assert re.search(r"^Examples\n--------\n+>>> ", text, re.MULTILINE), f"{name} has no example that runs"
    parameters = [one for one in inspect.signature(documented).parameters if one != "self"]
    described = re.findall(r"^(\w[\w, ]*)(?: : |$)", _section(text, "Parameters"), re.MULTILINE)
    listed = [one.strip() for line in described for one in line.split(",")]
    assert listed == parameters, f"{name}: parameters and their descriptions differ"
    if parameters and "image" in parameters[0]:  # an op
        for needed in ("Returns", "Raises", "Notes"):
            assert _section(text, needed), f"{name} has no section {needed}"
        assert re.search(r"^Exactness: ", _section(text, "Notes"), re.MULTILINE), f"{name} does not say how exact it is"
        assert re.search(r"^Source: ", _section(text, "Notes"), re.MULTILINE), (
            f"{name} does not say where it comes from"
        )


def _section(text: str, title: str) -> str:
    match = re.search(rf"^{title}\n-+\n(.*?)(?=^\w[\w ]*\n---|\Z)", text, re.MULTILINE | re.DOTALL)
    return match[1] if match else ""


# ---- pages


def _blocks(path: Path) -> str:
    """The Python code of a page, its blocks one after the other as a reader would run them."""
    text = path.read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize(
    "path", [path for path in PAGES if "```python" in path.read_text("utf-8")], ids=lambda p: p.name
)
def test_code_of_pages_runs(path: Path) -> None:
    exec(compile(_blocks(path), str(path), "exec"), {})


def test_every_public_name_has_an_entry() -> None:
    text = (DOCS / "api.rst").read_text(encoding="utf-8")
    listed = [
        line.strip()
        for block in re.findall(r"autosummary::\n(.*?)(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
        for line in block.splitlines()
        if re.fullmatch(r"   \w+", line)
    ]
    assert sorted(listed) == OPS


def test_every_op_has_a_picture() -> None:
    tree = ast.parse((DOCS / "gallery.py").read_text(encoding="utf-8"))
    code = " ".join(
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    for name in OPS:
        first = next(iter(inspect.signature(getattr(px, name)).parameters), "")
        if "image" in first or name == "Preprocess":
            assert f"px.{name}(" in code, f"the gallery does not run {name}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        page = (path.parent / name).resolve() if name else path
        made = page.is_relative_to(DOCS / "gallery")  # when the documentation is built
        assert made or page.exists(), f"{path.name} links to {target}"
        if anchor and not made:
            assert anchor in _anchors(page), f"{path.name} links to {target}"
    for name in re.findall(r"\{py:obj\}`([\w.]+)`", text):
        assert name.partition(".")[0] == "pixlane"
        assert hasattr(px, name.rpartition(".")[2]), f"{path.name} refers to {name}"


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_readme_has_its_parts() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.count("<!-- bench:start -->") == text.count("<!-- bench:end -->") == 1
    assert "make demo" in text
    assert "make test" in text
    picture = re.search(r"!\[[^\]]+\]\(([^)]+)\)", text)
    assert picture is not None
    assert 0 < (ROOT / picture[1]).stat().st_size < 200_000


def test_changelog_has_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[([^\]]+)\]", text, re.MULTILINE)
    assert versions[0] == "Unreleased" or versions[0] == px.__version__


def test_documented_options_of_the_command_exist() -> None:
    pytest.importorskip("typer")
    from typer.testing import CliRunner

    from pixlane.cli.app import app

    text = (DOCS / "cli.md").read_text(encoding="utf-8") + (ROOT / "README.md").read_text(encoding="utf-8")
    runner = CliRunner()
    known = "".join(
        runner.invoke(app, [command, "--help"], terminal_width=200).output for command in ("info", "apply", "demo")
    )
    for option in set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)):
        assert option in known, f"{option} is documented and does not exist"


# ---- examples and the build


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.name)
def test_examples_run(path: Path, tmp_path: Path) -> None:
    arguments: list[str] = []
    if path.name == "dataloader.py":
        pytest.importorskip("torch")
        pytest.importorskip("skimage")
    if path.name == "folder_to_batch.py":
        image: Any = pytest.importorskip("PIL.Image")
        for k in range(3):
            image.new("RGB", (300 + 10 * k, 280)).save(tmp_path / f"{k}.jpg")
        arguments = [str(tmp_path), str(tmp_path / "batch.npy")]
    command = [sys.executable, "-W", "ignore", str(path), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    if arguments:
        assert np.load(tmp_path / "batch.npy").shape == (3, 3, 224, 224)


def test_gallery_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("skimage")
    pytest.importorskip("PIL")
    monkeypatch.syspath_prepend(str(DOCS))
    gallery = importlib.import_module("gallery")
    gallery.write(tmp_path)
    page = (tmp_path / "index.md").read_text(encoding="utf-8")
    pictures = re.findall(r"\{figure\} (\S+)", page)
    assert len(pictures) >= len(gallery.ENTRIES)
    assert all((tmp_path / name).exists() for name in pictures)


def test_documentation_builds_without_warnings(tmp_path: Path) -> None:
    for module in ("sphinx", "numpydoc", "myst_parser", "furo", "skimage"):
        pytest.importorskip(module)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-d", str(tmp_path / "trees")]
    result = subprocess.run(
        [*command, str(DOCS), str(tmp_path / "html")], capture_output=True, text=True, timeout=600, cwd=ROOT
    )
    assert result.returncode == 0, result.stderr
    for name in OPS:
        assert (tmp_path / "html" / "api" / "generated" / f"pixlane.{name}.html").exists()
