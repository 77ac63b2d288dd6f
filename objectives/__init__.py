"""Objectives, noise oracles and adversaries, by name: whatever the modules of this folder enter in the tables."""

from __future__ import annotations

from foundation.catalogue import build, import_modules
from objectives.catalogue import ADVERSARIES, NOISES, OBJECTIVES

__all__ = ["ADVERSARIES", "NOISES", "OBJECTIVES", "build"]

import_modules(__name__, __path__)
