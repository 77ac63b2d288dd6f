"""What figures look like, to a fiftieth of a point: as in the pictures that are stored (tests/pictures)."""

from __future__ import annotations

import re

import pytest

from tests.pictures import FOLDER, PICTURES, drawn, stored

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@pytest.mark.parametrize("name", PICTURES)
def test_it_looks_as_it_did(name):
    """If that is meant, `python -m tests.pictures` draws them again: look at the difference."""
    found, expected = drawn(name), stored(name).read_text(encoding="utf-8")
    assert NUMBER.sub("0", found) == NUMBER.sub("0", expected)
    numbers = [[float(each) for each in NUMBER.findall(text)] for text in (found, expected)]
    assert numbers[0] == pytest.approx(numbers[1], abs=0.02)


def test_no_picture_is_left_over():
    assert {path.stem for path in FOLDER.glob("*.svg")} == set(PICTURES)
