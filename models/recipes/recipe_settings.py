"""What all recipes do with their settings: choose where to compute, name a run, say what differs from the paper."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Settings = TypeVar("Settings", bound=DataclassInstance)


def compute_device(asked: str) -> str:
    """``cuda`` or ``cpu``: what was ``asked`` for, or with "auto" a GPU where there is one."""
    if asked != "auto":
        return asked
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def digest(settings: Settings, but_not: Collection[str]) -> str:
    """Names what is learnt with ``settings``; fields of ``but_not`` say only how it is run."""
    said = {name: str(value) for name, value in asdict(settings).items() if name not in but_not}
    return hashlib.blake2b(repr(sorted(said.items())).encode(), digest_size=5).hexdigest()


def differences(settings: Settings, full: Settings, words: Mapping[str, str]) -> list[str]:
    """A line for each field of ``words`` (field → text with two gaps, ours and the full one) that differs."""
    return [
        text.format(*(_said(getattr(one, name)) for one in (settings, full)))
        for name, text in words.items()
        if getattr(settings, name) != getattr(full, name)
    ]


def _said(value: object) -> str:
    return f"{len(value)} strengths" if isinstance(value, tuple) else str(value)
