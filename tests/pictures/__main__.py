"""Draw all pictures again: their looks were changed on purpose."""

from tests.pictures import PICTURES, drawn, stored

for name in PICTURES:
    stored(name).write_text(drawn(name), encoding="utf-8")
