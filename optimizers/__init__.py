"""Learners and step scalings; an optimizer is learner x scaling x average, a product of parts."""
