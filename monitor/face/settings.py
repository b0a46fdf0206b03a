"""Settings of the face stage."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.errors import ConfigurationError

Zone = tuple[float, float, float, float]
"""x, y, w, h in shares of the frame's width and height."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceSettings:
    """How faces are looked for, followed, judged fit, and which of them is the resident's.

    - ``zone``: where the resident lies; only faces whose centre is inside can be the resident's. None: chosen by
      persistence and size.
    - ``search_zones``: looked at more often than the rest of the frame (the zone is one of them by itself).
    - ``still``: pictures do not follow each other; every picture is searched completely.
    - ``max_faces``: most faces followed at a time.
    - ``min_face_px``: smallest face that is searched for and judged fit.
    - ``search_cycle_s``: while no resident is seen, the whole frame is searched once in this time.
    - ``scout_period_s``: while the resident is seen, one region is searched for newcomers in this time.
    - ``reacquire_s``: how long a lost face is looked for where it should be.
    - ``keep_track_s``: how long a lost track keeps its number.
    - ``check_period_s``: how often a followed face is checked for being upside down.
    - ``takeover_s``, ``absent_s``: see ``monitor.face.resident``.
    - ``max_yaw_deg``, ``max_pitch_deg``, ``max_roll_deg``: beyond these a face is turned away or upside down.
    - ``min_sharpness``, ``min_brightness``, ``max_outside``: see ``monitor.face.quality``.
    """

    zone: Zone | None = None
    search_zones: tuple[Zone, ...] = ()
    still: bool = False
    max_faces: int = 4
    min_face_px: float = 48.0
    search_cycle_s: float = 0.5
    scout_period_s: float = 2.0
    reacquire_s: float = 1.0
    keep_track_s: float = 3.0
    check_period_s: float = 5.0
    takeover_s: float = 15.0
    absent_s: float = 2.0
    max_yaw_deg: float = 45.0
    max_pitch_deg: float = 40.0
    max_roll_deg: float = 135.0
    min_sharpness: float = 0.007
    min_brightness: float = 30.0
    max_outside: float = 0.08

    def __post_init__(self) -> None:
        for name, zone in [("face.zone", self.zone), *((f"face.search_zones[{i}]", z) for i, z in self._numbered())]:
            if zone is not None and not _inside(zone):
                raise ConfigurationError(f"{name}: x, y, w, h must be shares of the frame within 0..1, got {zone}")
        if self.max_faces < 1 or self.max_faces > 8:
            raise ConfigurationError(f"face.max_faces: must be 1..8, got {self.max_faces}")
        for name in ("min_face_px", "search_cycle_s", "scout_period_s", "keep_track_s", "check_period_s"):
            if getattr(self, name) <= 0:
                raise ConfigurationError(f"face.{name}: must be > 0, got {getattr(self, name)}")

    def _numbered(self) -> list[tuple[int, Zone]]:
        return list(enumerate(self.search_zones))


def _inside(zone: Zone) -> bool:
    x, y, w, h = zone
    return x >= 0 and y >= 0 and w > 0 and h > 0 and x + w <= 1 + 1e-6 and y + h <= 1 + 1e-6
