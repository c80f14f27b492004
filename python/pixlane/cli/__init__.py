"""The ``pixlane`` command: ``info``, ``apply`` and ``demo``.

The command is an extra, because the library itself depends on NumPy alone: nothing here is imported by
``import pixlane``, and this module imports nothing from outside before it has looked for it.
"""

from __future__ import annotations

import importlib.util
import sys

__all__ = ["main"]

#: What the command needs beyond the library; the extra ``cli`` in pyproject.toml names the same.
_REQUIRED = ("typer", "rich", "PIL")


def main() -> None:
    """Run the command line, or say in one line which extra is missing."""
    missing = [name for name in _REQUIRED if importlib.util.find_spec(name) is None]
    if missing:
        names = ", ".join("pillow" if name == "PIL" else name for name in missing)
        sys.exit(f"pixlane: the command line needs {names}: pip install pixlane[cli]")
    from pixlane.cli.app import app

    app(prog_name="pixlane")
