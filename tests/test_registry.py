"""An op is complete: kernel, reference, tests, benchmark, documentation. Adding one without the rest fails here."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from pathlib import Path

import pytest

import pixlane as px
from pixlane import reference

ROOT = Path(__file__).resolve().parents[1]
SECTIONS = ("Parameters", "Returns", "Raises", "Notes", "Examples")


def public_functions() -> list[str]:
    return [name for name in px.__all__ if inspect.isfunction(getattr(px, name))]


#: Everything public that takes images; the rest of the public functions is configuration.
OPS = [name for name in public_functions() if inspect.getmodule(getattr(px, name)).__name__ != "pixlane.config"]  # type: ignore[union-attr]


#: Ops that add a meaning to others and no work of their own: what the backends do for them, by its name there.
MADE_OF = {
    "affine": ("resize", "warp"),
    "box_blur": ("box",),
    "closing": ("morphology",),
    "convolve": ("correlate",),
    "convolve_separable": ("correlate",),
    "crop": ("copy", "resize"),
    "dilate": ("morphology",),
    "elastic": ("displacement", "remap"),
    "erode": ("morphology",),
    "flip": ("copy",),
    "gaussian_blur": ("cascade", "correlate"),
    "laplacian": ("correlate",),
    "maximum_filter": ("morphology",),
    "median_blur": ("rank",),
    "minimum_filter": ("morphology",),
    "morphological_gradient": ("morphology",),
    "opening": ("morphology",),
    "percentile_filter": ("morphology", "rank"),
    "perspective": ("warp",),
    "rank_filter": ("morphology", "rank"),
    "rot90": ("copy",),
    "rotate": ("copy", "resize", "warp"),
    "scharr": ("correlate", "magnitude"),
    "sobel": ("correlate", "magnitude"),
    "top_hat": ("morphology",),
    "transpose": ("copy",),
    "unsharp_mask": ("unsharp",),
}
#: What backends have to do.
WORK = sorted({work for op in OPS for work in MADE_OF.get(op, (op,))})

#: Of these, what the CUDA backend does not have yet: CuPy arrays use the reference there.
NOT_ON_CUDA = {
    "box",
    "cascade",
    "correlate",
    "magnitude",
    "unsharp",
}


def text(path: str) -> str:
    return (ROOT / path).read_text()


def kernel_list() -> list[str]:
    lines = text("cpp/dispatch/ops.def").splitlines()
    return [name for line in lines if (name := line.partition("#")[0].strip())]


def test_there_are_ops() -> None:
    assert {"resize", "normalize", "preprocess"} <= set(OPS)
    assert set(MADE_OF) <= set(OPS)


@pytest.mark.parametrize("op", WORK)
def test_reference(op: str) -> None:
    assert callable(getattr(reference, op, None)), f"{op} has no function in python/pixlane/reference"


def test_nothing_more_in_the_reference() -> None:
    assert sorted(reference.__all__) == WORK


@pytest.mark.skipif(not px.info()["native"], reason="the native module is not here")
@pytest.mark.parametrize("op", WORK)
def test_native(op: str) -> None:
    native = importlib.import_module("pixlane._native")
    assert callable(getattr(native, op, None)), f"{op} has no function in cpp/bindings"


@pytest.mark.parametrize("op", WORK)
def test_ops_def(op: str) -> None:
    assert op in kernel_list(), f"{op} has no line in cpp/dispatch/ops.def"
    assert (ROOT / f"cpp/ops/{op}.cpp").exists(), f"cpp/ops/{op}.cpp is missing"


@pytest.mark.parametrize("name", kernel_list())
def test_ops_def_names_files(name: str) -> None:
    assert any((ROOT / f"cpp/{folder}/{name}.cpp").exists() for folder in ("ops", "kernels")), (
        f"no file is called {name}"
    )


@pytest.mark.parametrize("op", OPS)
def test_test_file(op: str) -> None:
    path = ROOT / f"tests/test_{op}.py"
    assert path.exists(), f"tests/test_{op}.py is missing"
    assert f"px.{op}(" in path.read_text(), f"tests/test_{op}.py does not call px.{op}"


@pytest.mark.parametrize("op", OPS)
def test_benchmark(op: str) -> None:
    cases = ast.parse(text("bench/cases.py"))
    words = {node.value for node in ast.walk(cases) if isinstance(node, ast.Constant)}
    assert op in words, f"bench/cases.py has no case for {op}"


@pytest.mark.parametrize("name", [name for name in px.__all__ if not name.startswith("_")])
def test_documentation(name: str) -> None:
    listed = re.findall(r"^ {3}(\w+)$", text("docs/api.rst"), re.MULTILINE)
    assert name in listed, f"docs/api.rst does not list {name}"


@pytest.mark.parametrize("op", OPS)
def test_signature(op: str) -> None:
    parameters = inspect.signature(getattr(px, op)).parameters
    for name in ("layout", "out"):
        assert parameters[name].kind is inspect.Parameter.KEYWORD_ONLY, f"{op} lacks {name}="
        assert parameters[name].default is None


@pytest.mark.parametrize("name", [name for name in px.__all__ if not name.startswith("_")])
def test_docstring(name: str) -> None:
    public = getattr(px, name)
    document = inspect.getdoc(public)
    assert document, f"{name} has no docstring"
    assert re.match(r"\S[^\n]*\.\n", document), f"the docstring of {name} does not begin with a sentence on one line"
    assert "Examples\n--------\n>>> " in document, f"{name} has no example"
    if name not in OPS:
        return
    for section in SECTIONS:
        assert f"\n{section}\n{'-' * len(section)}\n" in document, f"{name} has no section {section}"
    assert "\nExactness: " in document, f"{name} does not say how exact it is"
    assert "\nSource: " in document, f"{name} does not say where its method comes from"
    described = document.partition("\nReturns\n")[0]
    for parameter in inspect.signature(public).parameters:
        assert re.search(rf"^(\w+, )*{parameter}(, \w+)*( :.*)?$", described, re.MULTILINE), (
            f"{name} leaves out {parameter}"
        )


@pytest.mark.parametrize("op", WORK)
def test_one_signature(op: str) -> None:
    """The stub repeats the signature of the reference, argument by argument."""
    stub = ROOT / "python/pixlane/_native.pyi"
    functions = {node.name: node for node in ast.parse(stub.read_text()).body if isinstance(node, ast.FunctionDef)}
    have = [argument.arg for argument in functions[op].args.args]
    assert have == list(inspect.signature(getattr(reference, op)).parameters)


@pytest.mark.parametrize("backend", [name for name in px.info()["backends"] if name != "reference"])
@pytest.mark.parametrize("op", WORK)
def test_built_signature(backend: str, op: str) -> None:
    function = getattr(importlib.import_module(f"pixlane._{backend}"), op, None)
    if backend.startswith("cuda") and op in NOT_ON_CUDA:
        assert function is None, f"{op} is there: NOT_ON_CUDA is not to name it"
        return
    assert list(inspect.signature(function).parameters) == list(inspect.signature(getattr(reference, op)).parameters)  # type: ignore[arg-type]


@pytest.mark.parametrize("op", WORK)
def test_cuda_source(op: str) -> None:
    assert (ROOT / f"cuda/kernels/{op}.cu").exists() == (op not in NOT_ON_CUDA)


@pytest.mark.parametrize("op", [op for op in OPS if not NOT_ON_CUDA & set(MADE_OF.get(op, (op,)))])
def test_checked_on_a_gpu(op: str) -> None:
    words = {node.value for node in ast.walk(ast.parse(text("bench/gpu/checks.py"))) if isinstance(node, ast.Constant)}
    assert op in words, f"bench/gpu/checks.py has no call of {op}"


def test_cuda_list() -> None:
    assert set(WORK) >= NOT_ON_CUDA
