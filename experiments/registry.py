"""Every claim by name, in the order of the paper."""

from __future__ import annotations

from experiments.beyond_baselines import Baselines
from experiments.corollary12_optimality import ChainProgress, Traversal
from experiments.corollary12_optimality_rate import ScaledRate, ScaledStationarity
from experiments.corollary12_rates import Corollary12, Corollary13
from experiments.corollary13_gradient import Corollary13Gradient
from experiments.corollary19_gain import Corollary19
from experiments.equation1_regret import Equation1, Equation2
from experiments.lemma04_gradient import Lemma04
from experiments.lemma05_goldstein import Lemma05
from experiments.lemma07_conversion import Lemma07, Lemma17
from experiments.lemma10_spread import Lemma10
from experiments.lemma16_norms import Lemma16
from experiments.lemma20_scaling import Lemma20
from experiments.section1_1_output import Section11
from experiments.section5_2_2_untuned import UntunedRegret, UntunedSteps
from experiments.section6_1_clip import ClipActivity
from experiments.section6_1_correction import BiasCorrection, Rescaling
from experiments.section6_3_tuned import TunedGain
from experiments.section7_ablation import Section7
from experiments.theorem09_regret import Lemma08, Theorem09
from experiments.theorem09_sharpness import Sharpness
from experiments.theorem11_open_question import OpenQuestion
from experiments.theorem11_stationarity import Theorem11
from experiments.theorem18_stationarity import Theorem18
from experiments.words.claim import Claim

CLAIMS: dict[str, type[Claim]] = {
    kind.name: kind
    for kind in (
        Section11,
        Lemma04,
        Lemma05,
        Lemma20,
        Lemma07,
        Lemma08,
        Theorem09,
        Sharpness,
        Equation1,
        Lemma10,
        Theorem11,
        OpenQuestion,
        Corollary12,
        Corollary13,
        Corollary13Gradient,
        ChainProgress,
        Traversal,
        ScaledStationarity,
        ScaledRate,
        UntunedSteps,
        UntunedRegret,
        Lemma16,
        Lemma17,
        Equation2,
        Rescaling,
        ClipActivity,
        BiasCorrection,
        Theorem18,
        Corollary19,
        TunedGain,
        Section7,
        Baselines,
    )
}
