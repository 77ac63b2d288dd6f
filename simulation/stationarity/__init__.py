"""The stationarity measure itself, bracketed from both sides."""

from simulation.stationarity.separable import Bracket, measure

__all__ = ["Bracket", "measure"]
