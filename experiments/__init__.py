"""One file a claim of the paper; `python -m experiments` measures them."""
