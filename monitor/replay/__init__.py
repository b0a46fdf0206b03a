"""Replaying recordings and explaining single pictures: the commands and what they leave behind."""
