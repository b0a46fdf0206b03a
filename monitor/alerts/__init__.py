"""Alert conditions and the signals people are told."""
