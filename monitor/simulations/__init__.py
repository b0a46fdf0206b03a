"""Behaviours no recording shows, acted by photographs in films made in memory, and what the judgement makes of them."""
