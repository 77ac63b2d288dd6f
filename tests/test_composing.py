"""Composing jobs without Hydra gives what Hydra gives, if every row is a file of one of its groups."""

from __future__ import annotations

import json
import random
import shutil
from copy import deepcopy

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf
from yaml import safe_dump

from experiments.sweep.composing import composed, make_jobs
from experiments.sweep.job import make_job
from experiments.sweep.keys import key
from experiments.sweep.overrides import parse
from experiments.sweep.schema import PRESETS, Config, plain
from experiments.sweep.tables import CONF, cases, problems
from foundation.settings import settings

OVERRIDES = (  # in Hydra's words, with ++ where a key may be new
    "preset=smoke",
    "preset=deep",
    "problem=triangle",
    "seed=7",
    "++preset.runs=12",
    "++case.settings.lam=[1,2.5,abc]",
    "++case.settings.sweep='eps, lam = H/2'",
    "++problem.arguments.slope=1e3",
    "++problem.noise_arguments.sigma=null",
    "++problem.noise=gaussian",
    "++case.presets=[smoke]",
    "++case.name=other",
    "workers=3",
)


@pytest.fixture(scope="module", name="conf")
def _conf(tmp_path_factory):
    """conf/ as Hydra would have it."""
    conf = tmp_path_factory.mktemp("conf")
    shutil.copytree(CONF / "preset", conf / "preset")
    base = OmegaConf.to_container(OmegaConf.load(CONF / "config.yaml"))
    defaults = [{"preset": "paper"}, {"problem": "kink"}, {"case": base.pop("case")}, "_self_"]
    (conf / "config.yaml").write_text(safe_dump({**base, "defaults": defaults}), encoding="utf-8")
    for folder in ("case", "problem"):
        (conf / folder).mkdir()
    for name, row in problems().items():
        node = {"name": name, "arguments": {}, "noise_arguments": {}, **row}
        (conf / "problem" / f"{name}.yaml").write_text(safe_dump(node), encoding="utf-8")
    for name, case in cases().items():
        own = {"name": name, "claim": case.claim, "presets": list(case.presets), "settings": case.settings}
        node = {"defaults": [{"override /problem": case.problem}], "case": own}
        (conf / "case" / f"{name}.yaml").write_text("# @package _global_\n" + safe_dump(node), encoding="utf-8")
    return conf


def test_it_is_what_hydra_composes(conf):
    """Cases and overrides drawn at random: the same tables of the same values."""
    rng = random.Random(0)
    for preset in PRESETS:
        composed({"preset": preset})  # asks Hydra, which does one thing at a time, for what is remembered
    with initialize_config_dir(str(conf), version_base="1.3"):
        for case in rng.sample(list(cases()), 24):
            drawn = [each for each in rng.sample(OVERRIDES, rng.randrange(6)) if not each.startswith("preset=")]
            chosen = [f"case={case}", *rng.sample(OVERRIDES[:2], 1), *drawn]
            theirs = OmegaConf.to_container(compose("config", chosen))
            values = {name: value for name, (value,) in parse(chosen).values.items()}
            row = problems()[values.get("problem", cases()[case].problem)]
            for part, arguments in (("noise", "noise_arguments"), ("objective", "arguments")):
                if values.get(f"problem.{part}", row.get(part)) != row.get(part):  # then the row's own have no place
                    said = {name.split(".")[-1]: v for name, v in values.items() if f".{arguments}." in name}
                    theirs["problem"][arguments] = said
            ours = composed(values)
            assert json.dumps(ours, sort_keys=True) == json.dumps(theirs, sort_keys=True), chosen


def test_a_sweep_is_hydras(conf):
    """The combinations of a sweep are those of Hydra's own sweeper."""
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper

    chosen = ["case=lemma10_kink,lemma10_ramp", "case.settings.reach=range(1,4)", "problem=choice(kink,triangle)"]
    (theirs,) = BasicSweeper.split_arguments(OverridesParser.create().parse_overrides(chosen), None)
    ours = make_jobs(parse(["-m", *chosen]))
    found = {(job.name, job.claim.reach, job.problem.name) for job in ours}
    wanted = {tuple(each.split("=")[1] for each in one) for one in theirs}
    assert found == {(case, float(reach), problem) for case, reach, problem in wanted} and len(ours) == 12


def test_one_value_has_one_form():
    """However a setting is written, the cell is the same; and where and how fast it runs is no part of it."""

    def made(*overrides):
        values = parse(["case=lemma10_kink", *overrides]).values
        return make_job(composed({name: value for name, (value,) in values.items()}))

    for one, other in (
        (["case.settings.runs=1000"], ["case.settings.runs=1e3"]),
        (["case.settings.reach=2"], ["+case.settings.reach=2.0"]),
        (["problem.arguments.slope=3"], ["problem.arguments.slope=3e0"]),
        (["preset.runs=64"], []),
        (
            ["seed=0.0", "case.presets=[paper]"],
            ["workers=7", "time_limit=5", "cluster=slurm", "results=elsewhere", "extra=null"],
        ),
    ):
        assert key(made(*one)) == key(made(*other))
    assert key(made("case.settings.reach=2")) != key(made("case.settings.reach=3"))
    assert set(settings(Config)) - set(plain(made().config)) == {
        "results",
        "workers",
        "engine",
        "time_limit",
        "cluster",
        "extra",
    }


def test_jobs_share_nothing():
    """What one job changes does not show in another, nor in the tables."""
    before = deepcopy(cases()["theorem11_kink"]), deepcopy(problems()["kink"])
    first, second = (composed({"case": "theorem11_kink"}) for _ in range(2))
    first["case"]["settings"]["guess_ratios"].append(9.0)
    first["problem"]["arguments"]["slope"] = 9.0
    assert (cases()["theorem11_kink"], problems()["kink"]) == before and second == composed({"case": "theorem11_kink"})
