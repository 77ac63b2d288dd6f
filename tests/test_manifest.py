"""The manifest: what it lists, what a report is about, two sweeps at once; and what sets a job apart from its row."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.sweep.asked import varied, write_manifest
from experiments.sweep.keys import key
from experiments.sweep.manifest import MANIFEST, Entry, Sweep, add, read, united
from experiments.sweep.tables import cases
from tests.test_experiments import CASES, job


def entry(case, key="1", varied=""):
    """An entry of the case; cells with other keys have other sources."""
    return Entry(case, f"{case}-{key}", "lemma99", "problem", varied)


def sweep(*cases, preset="smoke", key="1", varied=""):
    """A sweep of these cases, given as a text of one letter each."""
    return Sweep(preset, tuple(entry(case, key, varied) for case in cases))


def test_a_single_case_does_not_destroy_the_report_of_all(tmp_path):
    """The later cell stands in the place of the earlier one of the same case; variations stand beside it."""
    add(tmp_path, [sweep(*"abc")])
    add(tmp_path, [sweep("b", key="2")])
    add(tmp_path, [sweep("b", key="3", varied="seed=1")])
    add(tmp_path, [sweep("z", preset="paper")])
    sweeps = read(tmp_path)
    assert [each.preset for each in sweeps] == ["smoke", "smoke", "smoke", "paper"]
    assert [each.key for each in united(sweeps, "smoke")] == ["a-1", "b-2", "c-1", "b-3"]
    assert [each.key for each in united(sweeps, "paper")] == ["z-1"]


def test_an_identical_sweep_moves_to_the_end(tmp_path):
    """It is listed once; so is one that asks for more than an earlier one did."""
    add(tmp_path, [sweep(*"ab"), sweep("a", preset="paper")])
    add(tmp_path, [sweep(*"ab")])
    assert read(tmp_path) == [sweep("a", preset="paper"), sweep(*"ab")]
    add(tmp_path, [sweep(*"abc", key="2")])
    assert read(tmp_path) == [sweep("a", preset="paper"), sweep(*"abc", key="2")]


asked = st.lists(
    st.tuples(st.sampled_from(["smoke", "paper"]), st.sets(st.sampled_from("abcd"), min_size=1), st.sampled_from("12")),
    min_size=1,
    max_size=6,
)


@given(asked)
def test_what_was_asked_for_last_counts(tmp_path_factory, asked):
    """Of every case that some sweep of a preset asked for, exactly one cell: that of the last sweep that did."""
    folder = tmp_path_factory.mktemp("manifest")
    last = {}
    for preset, names, number in asked:
        add(folder, [sweep(*sorted(names), preset=preset, key=number)])
        last |= {(preset, case): f"{case}-{number}" for case in names}
    for preset in ("smoke", "paper"):
        found = [each.key for each in united(read(folder), preset)]
        assert sorted(found) == sorted(key for (mine, _), key in last.items() if mine == preset)


def test_sweeps_at_once(tmp_path):
    """The manifest lists what each of twenty asked for: a lock of a file does not tell threads from processes."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: add(tmp_path, [sweep(f"case{number}")]), range(20)))
    assert {each.case for each in united(read(tmp_path), "smoke")} == {f"case{number}" for number in range(20)}


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "7", '{"sweeps": [{}]}', '{"cells": []}', '{"sweeps": [{"preset": 1, "cells": []}]}', "\udc80"],
)
def test_a_garbled_manifest_is_set_aside(tmp_path, capsys, text):
    """With a word, and the sweep goes on; what it was is kept."""
    (tmp_path / MANIFEST).write_text(text, errors="surrogateescape")
    with pytest.raises(ValueError, match=r"manifest.json: is garbled"):
        read(tmp_path)
    add(tmp_path, [sweep("a")])
    said = capsys.readouterr().err
    place = tmp_path / "damaged" / f"{MANIFEST}-1"
    assert said.count("\n") == 1 and str(tmp_path / MANIFEST) in said and str(place) in said
    assert place.read_text(errors="surrogateescape") == text and read(tmp_path) == [sweep("a")]


def test_a_file_in_the_place_of_results(tmp_path):
    """OSError that names the path."""
    (tmp_path / "results").write_text("a file")
    with pytest.raises(OSError) as caught:
        add(tmp_path / "results", [sweep("a")])
    assert caught.value.filename == str(tmp_path / "results")


def test_every_results_folder_and_preset_has_its_own(tmp_path):
    """results=A,B and preset=smoke,paper in one sweep; what is asked for twice is listed once."""
    jobs = [job("lemma10_kink", *more, results=str(tmp_path / name)) for name in "AB" for more in ((), ("seed=1",))]
    jobs += [
        jobs[0],
        replace(jobs[0], config=replace(jobs[0].config, preset={**jobs[0].config.preset, "name": "paper"})),
    ]
    names = [key(made) for made in jobs]
    write_manifest(jobs, names)
    first, second = read(tmp_path / "A")
    assert (first.preset, second.preset) == ("smoke", "paper")
    assert [each.varied for each in first.cells] == ["", "seed=1"]
    assert [each.key for each in read(tmp_path / "B")[0].cells] == names[2:4]
    assert json.loads((tmp_path / "B" / MANIFEST).read_text())["sweeps"][0]["cells"][1]["varied"] == "seed=1"


def test_no_row_is_varied():
    """Whatever the row says of problem, settings and presets is its own."""
    assert {varied(job(name, preset=cases()[name].presets[-1])) for name in CASES} == {""}


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["seed=1"], "seed=1"),
        (["problem.noise_arguments.sigma=5"], "problem.noise_arguments.sigma=5"),
        (["+case.settings.betas=[0.9,0.5]"], "case.settings.betas=[0.9,0.5]"),
        (["preset.runs=8", "seed=3"], "seed=3, preset.runs=8"),
        (["problem=two_slopes"], "problem.name=two_slopes"),
        (["problem.noise_arguments.sigma=1.0"], ""),
        (["case.presets=[smoke]", "problem.description=other", "workers=1", "engine=numpy"], ""),
    ],
)
def test_what_is_varied(overrides, said):
    """As on the command line, what decides a number; as it stands in the row, nothing."""
    assert varied(job("lemma10_kink", *overrides)) == said


def test_one_variation_one_name():
    """Variations that differ in any number differ in their text, and their keys do."""
    jobs = [
        job("lemma10_kink", f"problem.noise_arguments.sigma={sigma}", f"seed={seed}")
        for sigma in (0.1, 5)
        for seed in (0, 1)
    ]
    assert len({varied(made) for made in jobs}) == len({key(made) for made in jobs}) == 4
    assert all(re.fullmatch(r"(seed=1, )?problem\.noise_arguments\.sigma=(0\.1|5)", varied(made)) for made in jobs)
