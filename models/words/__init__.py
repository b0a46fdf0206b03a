"""Explanations in words: which parts of a face hold the evidence for a decision, and how sure that is."""
