"""Enumerated causes and reasons of the seeing side: gaps, missing faces, poor quality, regions, samples."""

from __future__ import annotations

from enum import StrEnum


class GapCause(StrEnum):
    """Why there is no picture."""

    DECODE_ERROR = "decode_error"
    TRUNCATED = "truncated"
    STALLED = "stalled"
    OFFLINE = "offline"


class MissingReason(StrEnum):
    """Why no face of the resident is observed in a frame."""

    NO_FACE = "no_face"
    NOT_THE_RESIDENT = "not_the_resident"
    NO_PICTURE = "no_picture"


class QualityReason(StrEnum):
    """Why a face cannot be assessed."""

    TOO_SMALL = "too_small"
    BLURRED = "blurred"
    DARK = "dark"
    TURNED_AWAY = "turned_away"
    CUT_OFF = "cut_off"
    UPSIDE_DOWN = "upside_down"
    COVERED = "covered"


class FaceRegion(StrEnum):
    """Coarse regions whose visibility is estimated from pixels. Right and left are the resident's own."""

    RIGHT_EYE = "right_eye"
    LEFT_EYE = "left_eye"
    NOSE = "nose"
    MOUTH = "mouth"


class SampleReason(StrEnum):
    """Why a frame is explained."""

    PERIOD = "period"
    LEVEL_CHANGED = "level_changed"
    UNCERTAIN = "uncertain"
    REQUESTED = "requested"
