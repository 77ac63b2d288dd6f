"""The words that claims are made of: what a claim is, what it is about, what it asks to be run, what it hands over."""
