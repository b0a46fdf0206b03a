"""Whether the face now judged may be another person's than before. From track numbers and places alone; pure.

vigil recognises nobody. A face that turns up where the resident lay, while the resident was out of sight, is taken for
the resident's (``monitor.face.resident``), whoever it is: after someone else was put into the same bed, a person must
say so (reset). A face that became the resident's at another place cannot be taken for the same.
"""

from __future__ import annotations

import math

from monitor.face.geometry import Box, centre_of, size_of
from monitor.records import FaceObservation

SAME_PLACE_REACH = 1.0
"""Most distance, in face sizes, at which a face lies where the resident lay."""
SAME_PLACE_GROWTH = 0.5
"""Most change of (log) size at which it does."""


class ResidentWatch:
    """Remembers where the resident's face was; ``step`` once per picture in which it is seen."""

    def __init__(self) -> None:
        self._track_id: int | None = None
        self._box: Box | None = None

    def step(self, face: FaceObservation) -> bool:
        """Whether ``face`` belongs to another track than the resident's before, and lies at another place."""
        box, changed = self._box, self._track_id not in (None, face.track_id)
        self._track_id, self._box = face.track_id, face.box
        return changed and box is not None and not same_place(box, face.box)


def same_place(before: Box, now: Box) -> bool:
    """Whether two boxes (x, y, w, h px) lie within one face size of each other and are of like size."""
    (ax, ay), (bx, by) = centre_of(before), centre_of(now)
    size = max(size_of(before), 1.0)
    near = math.hypot(bx - ax, by - ay) <= SAME_PLACE_REACH * size
    return near and abs(math.log(max(size_of(now), 1.0) / size)) <= SAME_PLACE_GROWTH
