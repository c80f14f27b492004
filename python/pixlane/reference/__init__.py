"""The readable definition of every operation, and the backend where nothing faster is at hand.

Every function has the signature of its namesake in the native module and gives the same bytes. It is written for an
array module ``xp`` (NumPy or CuPy) with ordered elementwise operations only: no floating-point sum, dot, mean, exp or
power of the array module, whose order or last bit differs between machines.
"""

from pixlane.reference.box import box
from pixlane.reference.cascade import cascade, unsharp
from pixlane.reference.color import normalize
from pixlane.reference.displacement import displacement
from pixlane.reference.filters import correlate, magnitude
from pixlane.reference.geometry import resize
from pixlane.reference.morphology import morphology
from pixlane.reference.moves import copy, pad
from pixlane.reference.preprocess import preprocess
from pixlane.reference.pyramid import pyramid_down, pyramid_up
from pixlane.reference.rank import rank
from pixlane.reference.warp import remap, warp

__all__ = [
    "box",
    "cascade",
    "copy",
    "correlate",
    "displacement",
    "magnitude",
    "morphology",
    "normalize",
    "pad",
    "preprocess",
    "pyramid_down",
    "pyramid_up",
    "rank",
    "remap",
    "resize",
    "unsharp",
    "warp",
]
