"""The functions that every expression may call, by subject; `registry` tells how they are declared and called."""

from . import contexts, conversion, lists, moments, numbers, ranges, strings
from .registry import LIBRARY, choose, invoke

__all__ = ["LIBRARY", "choose", "contexts", "conversion", "invoke", "lists", "moments", "numbers", "ranges", "strings"]
