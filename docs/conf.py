"""Sphinx configuration: ``python -m sphinx -W docs docs/_build/html``, which is ``make docs``."""

from __future__ import annotations

import sys
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]  # for the generators here, and for the tables of bench

import gallery  # noqa: E402
import performance  # noqa: E402

import pixlane  # noqa: E402

project = "pixlane"
author = "The pixlane authors"
copyright = "2026, the pixlane authors"
release = version = pixlane.__version__

extensions = ["sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc", "myst_parser"]
myst_enable_extensions = ["colon_fence"]
exclude_patterns = ["_build", "images"]
autosummary_generate = True
templates_path = ["_templates"]
autodoc_typehints = "none"  # the docstrings say it, with shapes and units
default_role = "py:obj"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
# No summary, no description of a parameter or of what is returned, parameters that are not those of the signature, no
# example: each stops the build.
numpydoc_validation_checks = {"GL08", "SS01", "PR01", "PR02", "PR03", "PR07", "RT03", "EX01"}
numpydoc_validation_exclude = {r"\.Transform", r"Preprocess\.[a-z_]"}
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"pixlane {release}"
html_static_path = ["_static"]
html_css_files = ["pixlane.css"]
html_show_sourcelink = False
html_copy_source = False


def _generate(app: Sphinx) -> None:
    gallery.write(HERE / "gallery")
    performance.write(HERE / "_build")


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", _generate)
