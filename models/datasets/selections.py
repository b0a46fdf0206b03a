"""The rows and splits that the four papers took of their data sets.

Papers: W (Weitz et al.), R (Rieger et al.), P (Prajod et al.), A (Arbabzadah et al.).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.datasets.faces import LabelledFaces
from models.datasets.splits import Split, k_fold, leave_one_subject_out, make_split
from models.errors import DataInvalid

RIEGER_UNITS = ("AU04", "AU06", "AU07", "AU09", "AU10", "AU25", "AU26", "AU27")
"""Paper R's AUs; on UNBC without AU27 (16 frames)."""
WEITZ_FOLDS = 5
AFFECTNET_VALIDATION = 14_382 / 287_651
"""Share of AffectNet's own training pictures of the eight classes that paper P chooses by."""


def with_pain_unit(faces: LabelledFaces) -> NDArray[np.bool_]:
    """(N,) whether a frame was coded with at least one of paper R's AUs; unknown AUs count as absent."""
    return np.asarray(np.any([faces.presence(unit) > 0 for unit in RIEGER_UNITS], axis=0))


def rieger_frames(faces: LabelledFaces) -> LabelledFaces:
    """Paper R's frames of one of its three sets: those with at least one of its AUs; ``units`` are its AUs.

    Actor Study: without subject 16. UNBC: ``units`` without AU27; its frames stay. CK+ codes the peak alone, and 8,657
    frames can only be had from 593 sequences where all frames of a sequence carry its peak's AUs (the 21 sequences with
    AU10 have some 378 frames, and R counts 383 judged correctly), so they do here.
    """
    if faces.name == "ck_plus":
        faces = with_the_peaks_units(faces)
    keep = with_pain_unit(faces)
    if faces.name == "actor_study":
        keep &= np.array([subject != "16" for subject in faces.subjects])
    units = tuple(unit for unit in RIEGER_UNITS if not (faces.name == "unbc" and unit == "AU27"))
    labels = {
        **faces.labels,
        "au": np.stack([faces.column(unit) for unit in units], axis=1),
        "present": np.stack([faces.presence(unit) for unit in units], axis=1),
    }
    return replace(faces, labels=labels, units=units).select(keep)


def with_the_peaks_units(faces: LabelledFaces) -> LabelledFaces:
    """CK+ with the AUs of a sequence's peak at all its frames."""
    peak_of = {(faces.subjects[i], faces.sequences[i]): int(i) for i in np.flatnonzero(faces.labels["peak"] == 1)}
    rows = [peak_of[key] for key in zip(faces.subjects, faces.sequences, strict=True)]
    spread = {name: faces.labels[name][rows] for name in ("au", "present")}
    return replace(faces, labels={**faces.labels, **spread})


def rieger_splits(faces: LabelledFaces) -> tuple[Split, ...]:
    """Paper R's leave-one-subject-out over the Actor Study (no validation part: 25 epochs, whatever comes)."""
    return leave_one_subject_out(faces.subjects)


def weitz_splits(faces: LabelledFaces, seed: int) -> tuple[Split, ...]:
    """Paper W's five folds by subject; a fifth of each fold's other people to stop early by (W does not say)."""
    return k_fold(faces.subjects, WEITZ_FOLDS, seed, validation=0.2)


def prajod_split(
    faces: LabelledFaces, publishable: Sequence[str], seed: int, *, per_class: int = 500, validation: int = 100
) -> Split:
    """Paper P's split of UNBC: pain is PSPI above 0.

    Test: all frames of the ``publishable`` people (4). Of the others, ``per_class`` frames of each class at random, at
    least one of each class of every person, no two of them consecutive; ``validation`` of them, half of each class, to
    choose by, never the ones that a person needs, so that all people are trained on. Training and validation share
    people, as in the paper. DataInvalid where that cannot be had.
    """
    unknown = sorted(set(publishable) - set(faces.subjects))
    if not publishable or unknown:
        raise DataInvalid(f"paper P's split: publishable people {', '.join(unknown) or '(none named)'} not in the set")
    held = np.array([subject in set(publishable) for subject in faces.subjects])
    pain = np.asarray(faces.labels["pspi"] > 0)
    rng = np.random.default_rng(seed)
    chosen = _Chosen(faces)
    needed: list[int] = []
    for person in sorted(set(faces.subjects) - set(publishable)):
        mine = np.array([subject == person for subject in faces.subjects])
        for label in (True, False):
            row = chosen.take(rng.permutation(np.flatnonzero(mine & (pain == label))), 1)
            if not row:
                kind = "pain" if label else "no pain"
                raise DataInvalid(f"paper P's split: {person} has no frame of {kind} that is apart from others chosen")
            needed += row
    train, choose_by = list(needed), []
    for label, kind in ((True, "pain"), (False, "no pain")):
        there = sum(bool(pain[row]) == label for row in needed)
        drawn = chosen.take(rng.permutation(np.flatnonzero(~held & (pain == label))), per_class - there)
        if there > per_class or there + len(drawn) < per_class:
            raise DataInvalid(
                f"paper P's split: {per_class} frames of {kind} wanted, {there + len(drawn)} can be had or are needed"
            )
        if len(drawn) < validation // 2:
            raise DataInvalid(f"paper P's split: too few frames of {kind} for {validation} to choose by")
        choose_by += drawn[: validation // 2]
        train += drawn[validation // 2 :]
    return make_split(
        "publishable people",
        faces.subjects,
        train=train,
        validation=choose_by,
        test=np.flatnonzero(held),
        shares="paper P draws training and validation from the same 21 people",
    )


class _Chosen:
    """Rows chosen so far, no two of them consecutive frames of a sequence."""

    def __init__(self, faces: LabelledFaces) -> None:
        self.keys = list(zip(faces.subjects, faces.sequences, map(int, faces.frames), strict=True))
        self.taken: set[tuple[str, str, int]] = set()

    def take(self, rows: NDArray[np.int64], wanted: int) -> list[int]:
        """The first ``wanted`` of ``rows`` that are neither chosen nor next to one that is; they are chosen now."""
        found: list[int] = []
        for row in map(int, rows):
            if len(found) >= wanted:
                break
            subject, sequence, frame = self.keys[row]
            if not any((subject, sequence, frame + step) in self.taken for step in (-1, 0, 1)):
                self.taken.add((subject, sequence, frame))
                found.append(row)
        return found


def affectnet_split(faces: LabelledFaces, seed: int) -> Split:
    """Paper P's split of AffectNet: its validation pictures test, 5% of its training pictures choose.

    The people in AffectNet are unknown and no subject is shared on purpose; every picture is its own.
    """
    usage = np.asarray(faces.labels["usage"])
    own = np.flatnonzero(usage == 0)
    count = int(AFFECTNET_VALIDATION * len(own) + 0.5)
    shuffled = np.random.default_rng(seed).permutation(own)
    return make_split("AffectNet's own test", faces.subjects, train=shuffled[count:], validation=shuffled[:count],
                      test=np.flatnonzero(usage == 1))  # fmt: skip


def arbabzadah_split(faces: LabelledFaces, seed: int) -> Split:
    """Paper A's random halves (1,111 and 1,111 of 2,222); every face is another person. An odd one is trained on."""
    most = Counter(faces.subjects).most_common(1)
    if most and most[0][1] > 1:
        raise DataInvalid(f"paper A's split: {most[0][0]} appears {most[0][1]} times; it is by picture")
    shuffled = np.random.default_rng(seed).permutation(len(faces))
    half = len(faces) // 2
    return make_split("random halves", faces.subjects, train=shuffled[half:], test=shuffled[:half])
