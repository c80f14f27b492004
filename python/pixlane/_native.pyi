"""The C++ backend. Its ops have the signatures of ``pixlane.reference``; the rest configures it."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from numpy.typing import NDArray

__version__: str

def resize(
    src: NDArray[Any],
    dst: NDArray[Any],
    layout: str,
    interpolation: str,
    antialias: bool,
    box: tuple[float, float, float, float] | None,
    premultiply: bool,
) -> None: ...
def normalize(
    src: NDArray[Any],
    dst: NDArray[Any],
    layout: str,
    layout_out: str,
    scale: float,
    mean: tuple[float, ...],
    std: tuple[float, ...],
) -> None: ...
def preprocess(
    srcs: NDArray[Any] | tuple[NDArray[Any], ...],
    dst: NDArray[Any],
    layouts: tuple[str, ...],
    layout_out: str,
    windows: tuple[tuple[int, int, int, int, bool], ...],
    interpolation: str,
    antialias: bool,
    pad_value: tuple[float, ...],
    scale: float,
    mean: tuple[float, ...],
    std: tuple[float, ...],
) -> None: ...
def checked_calls(
    run: Callable[..., tuple[Any, tuple[Any, ...]]], op: Callable[..., None], host: ContextVar[Any], maps: int
) -> Callable[..., Any]: ...
def copy(src: NDArray[Any], dst: NDArray[Any], layout: str, axes: tuple[tuple[int, int, int], ...]) -> None: ...
def pad(
    src: NDArray[Any], dst: NDArray[Any], layout: str, top: int, left: int, border: str, value: NDArray[Any]
) -> None: ...
def pyramid_down(
    src: NDArray[Any], dst: NDArray[Any], layout: str, border: str, value: NDArray[Any], premultiply: bool
) -> None: ...
def pyramid_up(src: NDArray[Any], dst: NDArray[Any], layout: str, premultiply: bool) -> None: ...
def warp(
    src: NDArray[Any],
    dst: NDArray[Any],
    layout: str,
    matrices: tuple[tuple[float, ...], ...],
    interpolation: str,
    border: str,
    value: NDArray[Any],
    premultiply: bool,
) -> None: ...
def remap(
    src: NDArray[Any],
    dst: NDArray[Any],
    layout: str,
    map_x: NDArray[Any],
    map_y: NDArray[Any],
    relative: bool,
    interpolation: str,
    border: str,
    value: NDArray[Any],
    premultiply: bool,
) -> None: ...
def displacement(dst: NDArray[Any], seed: int, sigma: float, alpha: float) -> None: ...
def box(
    src: NDArray[Any],
    dst: NDArray[Any],
    layout: str,
    arithmetic: str,
    down: str,
    window: tuple[int, int, int, int],
    block: int,
    levels: tuple[tuple[tuple[int, int], ...], ...],
    borders: tuple[str, str],
    value: NDArray[Any],
    premultiply: bool,
    mask: NDArray[Any] | None,
) -> None: ...
def cascade(
    src: NDArray[Any],
    dst: NDArray[Any],
    layout: str,
    down: str,
    work: str,
    axes: tuple[Any, Any],
    borders: tuple[str, str],
    value: NDArray[Any],
    premultiply: bool,
) -> None: ...
def unsharp(
    src: NDArray[Any],
    dst: NDArray[Any],
    layout: str,
    work: str,
    plan: tuple[Any, ...],
    amount: float,
    threshold: float,
    borders: tuple[str, str],
    value: NDArray[Any],
    premultiply: bool,
) -> None: ...
def correlate(
    src: NDArray[Any],
    dst: NDArray[Any],
    layout: str,
    arithmetic: str,
    passes: tuple[tuple[NDArray[Any], int], ...],
    borders: tuple[str, str],
    value: NDArray[Any],
    premultiply: bool,
) -> None: ...
def magnitude(
    src: NDArray[Any],
    dst: NDArray[Any],
    layout: str,
    real: str,
    x: tuple[str, tuple[tuple[NDArray[Any], int], ...]],
    y: tuple[str, tuple[tuple[NDArray[Any], int], ...]],
    borders: tuple[str, str],
    value: NDArray[Any],
) -> None: ...
def morphology(
    src: NDArray[Any],
    dst: NDArray[Any],
    layout: str,
    kind: str,
    boxes: tuple[tuple[int, int, int, int], ...],
    heights: tuple[float, ...],
    borders: tuple[str, str],
    value: NDArray[Any],
) -> None: ...
def rank(
    src: NDArray[Any],
    dst: NDArray[Any],
    layout: str,
    boxes: tuple[tuple[int, int, int, int], ...],
    rank: int,
    borders: tuple[str, str],
    value: NDArray[Any],
    mask: NDArray[Any] | None,
) -> None: ...
def set_num_threads(count: int) -> None: ...
def get_num_threads() -> int: ...
def default_num_threads() -> int: ...
def isas() -> list[str]: ...
def best_isa() -> str: ...
def bind_context(threads: ContextVar[int | None], isa: ContextVar[str | None]) -> None: ...
def last_kernels() -> tuple[str, ...]: ...
