"""The stationarity measure itself, bracketed from both sides."""

from simulation.stationarity.general import GeneralBracket, measure_general
from simulation.stationarity.separable import Bracket, measure

__all__ = ["Bracket", "GeneralBracket", "measure", "measure_general"]
