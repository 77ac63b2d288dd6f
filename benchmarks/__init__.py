"""`make bench`: the engine against its floor and against what a user would write instead."""
