"""The build: no instruction set leaks into another's code, one can be forced, a missing compiler is survived."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import pixlane as px

ROOT = Path(__file__).resolve().parents[1]
TARGETS = {"x86_64": ["v2", "v3", "v4"], "AMD64": ["v2", "v3", "v4"], "aarch64": ["neon"], "arm64": ["neon"]}


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``code`` in a new interpreter, with the variables given and without the others that force a choice."""
    inherited = {k: v for k, v in os.environ.items() if k not in ("PIXLANE_ISA", "PIXLANE_BACKEND")}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env={**inherited, **environment}, capture_output=True, text=True, check=False)


# ---- symbols


@dataclass(frozen=True)
class Symbol:
    name: str
    kind: str  # nm's letter

    @property
    def is_weak(self) -> bool:
        return self.kind in "WwVvu"

    @property
    def is_exported(self) -> bool:
        return self.kind.isupper()


def kernel_names() -> list[str]:
    lines = (ROOT / "cpp/dispatch/ops.def").read_text().splitlines()
    names = (line.partition("#")[0].strip() for line in lines)
    return [name for name in names if name and (ROOT / f"cpp/kernels/{name}.cpp").exists()]


def program(name: str) -> str:
    """A program of the environment that runs this, or of the system."""
    found = shutil.which(name, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if found is None:
        if os.environ.get("PIXLANE_REQUIRE_NATIVE"):
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed")
    return found


def defined_symbols(file: Path) -> list[Symbol]:
    listing = subprocess.run([program("nm"), "--defined-only", file], capture_output=True, text=True, check=True).stdout
    return [Symbol(fields[-1], fields[-2]) for fields in map(str.split, listing.splitlines()) if len(fields) >= 2]


def current_objects() -> Path | None:
    """The folder of a build by pip, if its kernels are newer than every source."""
    newest_source = max(path.stat().st_mtime for path in (ROOT / "cpp").rglob("*") if path.suffix in (".h", ".cpp"))
    for kernels in (ROOT / "build").glob("cp*/CMakeFiles/pixlane_kernels_*.dir/cpp/kernels/*.o"):
        if kernels.stat().st_mtime < newest_source:
            return None
        return kernels.parents[4]
    return None


@pytest.fixture(scope="module", params=["O3", "O0"])
def objects(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A build folder with the kernels' object files.

    Without optimisation nothing is inlined, so whatever a kernel file borrows from a shared header is a symbol.
    """
    folder = current_objects() if request.param == "O3" else None
    if folder is not None:
        yield folder
        return
    folder = tmp_path_factory.mktemp(request.param)
    cmake = program("cmake")
    build_type = "Release" if request.param == "O3" else "Debug"
    options = ["-DPIXLANE_PYTHON=OFF", f"-DCMAKE_BUILD_TYPE={build_type}", "-DCMAKE_CXX_FLAGS_DEBUG=-O0"]
    subprocess.run([cmake, "-S", ROOT, "-B", folder, "--log-level=WARNING", *options], check=True)
    targets = [f"pixlane_kernels_{target}" for target in TARGETS[os.uname().machine]]
    subprocess.run([cmake, "--build", folder, "-j", "2", "--target", *targets], check=True, stdout=subprocess.DEVNULL)
    yield folder


def leaks(symbols: list[Symbol], target: str) -> list[Symbol]:
    """Those that the linker may merge, or another file call, but that do not name the target."""
    namespace = f"2px{len(target)}{target}"  # px::v4 mangled
    return [symbol for symbol in symbols if (symbol.is_weak or symbol.is_exported) and namespace not in symbol.name]


@pytest.mark.parametrize("target", TARGETS[os.uname().machine])
@pytest.mark.parametrize("name", kernel_names())
def test_kernel_symbols_name_their_target(objects: Path, name: str, target: str) -> None:
    file = objects / f"CMakeFiles/pixlane_kernels_{target}.dir/cpp/kernels/{name}.cpp.o"
    symbols = defined_symbols(file)
    assert not leaks(symbols, target), "code for this instruction set that another may be given by the linker"
    exported = [symbol.name for symbol in symbols if symbol.is_exported and not symbol.is_weak]
    namespace = f"_ZN2px{len(target)}{target}"
    table = f"{name}_kernels"
    assert exported == [f"{namespace}{len(table)}{table}E"], "a kernel file exports its table and nothing else"


def test_leaks_are_seen(tmp_path: Path) -> None:
    """The check itself: a shared inline function, a template and its static variable, as a header brings them."""
    source = tmp_path / "leak.cpp"
    source.write_text(
        """
        inline int shared(int x) { return x + 1; }
        template <class T> T generic(T x) { static T last; return last += x; }
        namespace px::v4 {
        inline int own(int x) { return x; }
        extern const int table;
        const int table = own(shared(generic(1)));
        }
        """
    )
    file = tmp_path / "leak.o"
    subprocess.run([program("g++"), "-std=c++20", "-O0", "-c", source, "-o", file], check=True)
    found = " ".join(symbol.name for symbol in leaks(defined_symbols(file), "v4"))
    assert "shared" in found
    assert "generic" in found
    assert "last" in found
    assert "own" not in found
    assert "table" not in found


# ---- the choice of the instruction set


def test_native_module_is_there() -> None:
    if not os.environ.get("PIXLANE_REQUIRE_NATIVE"):
        pytest.skip("PIXLANE_REQUIRE_NATIVE is not set")
    import pixlane._native

    assert pixlane._native.__version__ == px.__version__
    assert px.info()["native"]


@pytest.mark.sample
def test_the_forced_choice_is_the_one_that_is_reported() -> None:
    info = px.info()
    forced = os.environ.get("PIXLANE_ISA")
    if info["native"]:
        assert info["isa"] == (forced or info["isa_available"][-1])
    if os.environ.get("PIXLANE_BACKEND"):
        assert os.environ["PIXLANE_BACKEND"] in info["backends"]


def test_environment_forces_the_isa() -> None:
    for isa in px.info()["isa_available"]:
        result = python("import pixlane as px; print(px.info()['isa'])", PIXLANE_ISA=isa)
        assert result.stdout.split() == [isa], result.stderr


def test_context_forces_the_isa() -> None:
    before = px.info()["isa"]
    for isa in px.info()["isa_available"]:
        with px.use_isa(isa):
            assert px.info()["isa"] == isa
        assert px.info()["isa"] == before


def test_unknown_isa_lists_the_known_ones() -> None:
    known = px.info()["isa_available"]
    if not known:
        pytest.skip("the native module is not built")
    with pytest.raises(ValueError, match="sse9") as error, px.use_isa("sse9"):
        pass
    assert all(isa in str(error.value) for isa in known)

    result = python("import pixlane as px; px.info()", PIXLANE_ISA="sse9")
    assert result.returncode != 0
    assert all(isa in result.stderr for isa in ["PIXLANE_ISA", "sse9", *known]), result.stderr


# ---- installing


def install(site: Path, build: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("scikit_build_core")
    pytest.importorskip("pybind11")
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index"]
    command += [f"--target={site}", f"--config-settings=build-dir={build}", str(ROOT)]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PIXLANE_", "SKBUILD_", "CMAKE_"))}
    return subprocess.run(command, env={**inherited, **environment}, capture_output=True, text=True, check=False)


@pytest.mark.full
def test_an_editable_install_builds_again(tmp_path: Path) -> None:
    """After a change of a C++ file the next import has it, also when pip's own build environment is long gone."""
    source, environment = tmp_path / "source", tmp_path / "environment"
    ignored = shutil.ignore_patterns(".*", "build*", "demo", "__pycache__")
    shutil.copytree(ROOT, source, ignore=ignored)
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    interpreter = environment / "bin" / "python"
    (pure,) = environment.glob("lib/python*/site-packages")
    (pure / "outer.pth").write_text(str(Path(np.__file__).parents[1]))  # NumPy, from the environment that runs this
    command = [str(interpreter), "-m", "pip", "install", "--quiet", "--no-deps", "--editable", str(source)]
    subprocess.run(command, env={**os.environ, "PIXLANE_REQUIRE_NATIVE": "1"}, check=True)

    def version() -> list[str]:
        ask = [str(interpreter), "-c", "import pixlane._native as n; print(n.__file__, n.__version__)"]
        answer = subprocess.run(ask, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        return answer.splitlines()[-1].split()

    file, before = version()
    assert file.startswith(str(source))
    assert before == px.__version__
    module = source / "cpp/bindings/module.cpp"
    module.write_text(module.read_text().replace("= PIXLANE_VERSION", '= "changed"'))
    assert version()[1] == "changed"


NO_COMPILER = {"CXX": "/nonexistent/c++"}


def test_without_a_compiler_the_reference_does_the_work(tmp_path: Path) -> None:
    result = install(tmp_path / "site", tmp_path / "build", NO_COMPILER)
    assert result.returncode == 0, result.stdout + result.stderr
    assert not list((tmp_path / "site").rglob("*.so"))
    code = (
        "import sys, warnings\n"
        "sys.meta_path[:] = [f for f in sys.meta_path if 'editable' not in type(f).__module__]\n"  # it would come first
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    warnings.simplefilter('always')\n"
        "    import pixlane as px, numpy as np\n"
        "    out = px.resize(np.zeros((4, 6, 3), np.uint8), (2, 3))\n"
        "info = px.info()\n"
        "print(px.__file__, len(caught), bool(info['native']), info['backends'], out.shape, sep='|')\n"
    )
    answer = python(code, PYTHONPATH=str(tmp_path / "site"), PIXLANE_REQUIRE_NATIVE="")
    assert answer.returncode == 0, answer.stderr
    file, warned, native, backends, shape = answer.stdout.strip().split("|")
    assert file.startswith(str(tmp_path))
    assert warned == "1", "one warning says that the native core is missing"
    assert native == "False"
    assert "reference" in backends
    assert "'native'" not in backends
    assert shape == "(2, 3, 3)"


def test_require_native_forbids_the_fallback(tmp_path: Path) -> None:
    result = install(tmp_path / "site", tmp_path / "build", NO_COMPILER | {"PIXLANE_REQUIRE_NATIVE": "1"})
    assert result.returncode != 0
    assert not (tmp_path / "site" / "pixlane").exists()
