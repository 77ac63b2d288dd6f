"""Many more runs of what is cheap to run: the laws of rows, for benchmarks/coverage.py.

`python -m benchmarks.pools FOLDER` measures what is listed here, with another seed than the sweeps', in half an hour or
so. Settings that a case chooses by trial, as step sizes, are chosen anew: its law is that of the same question.
"""

from __future__ import annotations

import subprocess
import sys

SEED = "seed=1"
LONGEST = "time_limit=400"  # seconds of a case; one that takes longer, or cannot have more runs, has no pool
EFFORT = ("preset.runs=2048", "preset.many_runs=2048", "preset.slope_runs=1024", "preset.gain_runs=256")
RAMPS = "case=equation1_ramp,equation2_ramp"
NEAR = "case=weighted_output_near,weighted_output_l1_near"
SEVERAL = (  # of preset paper, whose runs are a setting of the claim
    "case=glob(equation1_*)",
    "case=glob(equation2_*)",
    "case=glob(lemma07_*)",
    "case=glob(lemma17_*)",
    "case=lemma10_cosine,lemma10_heterogeneous,lemma10_kink,lemma10_line,lemma10_triangle",
    NEAR,
)
POOLS = (
    ("preset=smoke", "case=glob(*)", *EFFORT),
    ("preset=smoke", NEAR, "case.settings.runs=2048"),
    *((f"preset={preset}", RAMPS, "case.settings.runs=4096") for preset in ("smoke", "paper")),
    ("preset=paper", "case=parameters_ramp", "case.settings.runs=128"),
    *((f"preset={preset}", "case=glob(section63_*)", "case.settings.runs=8192") for preset in ("smoke", "paper")),
    *(("preset=paper", cases, "case.settings.runs=2048") for cases in SEVERAL),
    ("preset=paper", "case=theorem18_two_slopes,limit_dips", "preset.runs=2048", "preset.slope_runs=1024"),
)


def main(folder: str) -> int:
    """Run all; the exit code is 0, or 1 if some case could not be measured."""
    command = [sys.executable, "-m", "experiments", "-m", SEED, LONGEST, f"results={folder}"]
    return max(subprocess.run([*command, *pool], check=False).returncode for pool in POOLS)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m benchmarks.pools FOLDER")
    sys.exit(main(sys.argv[1]))
