"""Finds and follows the faces of one source, and says which is the resident's and whether it can be judged."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

from monitor.face.follower import Follower
from monitor.face.geometry import same_face
from monitor.face.landmarks import Mesh
from monitor.face.orientation import is_upside_down, needs_check
from monitor.face.pose import head_pose
from monitor.face.quality import judge_quality
from monitor.face.resident import ResidentChoice
from monitor.face.scout import Scout
from monitor.face.settings import FaceSettings
from monitor.face.tracks import Sighting, Tracks, mismatch
from monitor.records import FaceMissing, FaceObservation, Frame, MissingReason

_DOUBT_SHARE = 0.05
"""A face that seems upside down is looked at again after this share of the check period: a grimace can seem so."""


@dataclass(slots=True)
class _Upright:
    """What the last check of a track said, and when the next one is due.

    A face once ``proven`` upright and never out of sight does not turn over between two checks: it takes two
    contradictions in a row (``doubts``) to refuse it.
    """

    upside_down: bool = False
    proven: bool = False
    doubts: int = 0
    due_s: float = 0.0
    seen_in: int = -2


class FaceFinder:
    """``observe`` once per frame of one source, in order; a context manager.

    While the resident is followed a frame costs one landmarker call (and one per other face in view); searching is
    spread over frames. Raises ServiceUnavailable when the asset cannot be loaded.
    """

    def __init__(self, asset: Path, settings: FaceSettings | None = None) -> None:
        self._asset = asset
        self._settings = settings or FaceSettings()
        self._scout = Scout(asset, self._settings)
        self._followers: list[Follower] = [] if self._settings.still else [Follower(asset)]
        self._tracks = Tracks(self._settings.keep_track_s)
        self._choice = ResidentChoice(self._settings)
        self._upright: dict[int, _Upright] = {}
        self._resident_seen = False
        self._observed = 0

    def observe(self, frame: Frame) -> tuple[list[FaceObservation], FaceObservation | FaceMissing]:
        """All faces of the frame from left to right, and the resident's (or why it is missing)."""
        meshes = self._meshes_of_still(frame) if self._settings.still else self._meshes(frame)
        boxes = {number: mesh.box for number, mesh in meshes.items()}
        height, width = frame.pixels.shape[:2]
        resident = self._choice.step(boxes, frame.captured_s, width, height)
        self._resident_seen = resident is not None
        self._observed += 1
        self._upright = {n: known for n, known in self._upright.items() if n in meshes or n in self._tracks.known}
        order = sorted(meshes, key=lambda number: (boxes[number][0], number))
        faces = [self._observation(frame, number, meshes[number], number == resident) for number in order]
        for face in faces:
            if face.resident:
                return faces, face
        return faces, FaceMissing(
            frame_id=frame.frame_id,
            source_id=frame.source_id,
            captured_s=frame.captured_s,
            captured_at=frame.captured_at,
            reason=MissingReason.NOT_THE_RESIDENT if faces else MissingReason.NO_FACE,
            other_faces=len(faces),
        )

    def close(self) -> None:
        """Give all landmarkers back."""
        self._scout.close()
        for follower in self._followers:
            follower.close()
        self._followers.clear()

    def __enter__(self) -> FaceFinder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _meshes_of_still(self, frame: Frame) -> dict[int, Mesh]:
        self._tracks = Tracks(self._settings.keep_track_s)
        self._choice = ResidentChoice(self._settings)
        self._upright.clear()
        meshes = self._scout.search_all(frame.pixels)
        meshes.sort(key=lambda mesh: mesh.box[0])
        return dict(enumerate(meshes, start=1))

    def _meshes(self, frame: Frame) -> dict[int, Mesh]:
        """The faces by track number: followed ones, and what the scout found besides."""
        now_s = frame.captured_s
        followed = self._follow(frame)
        meshes = list(followed.values())
        sightings = [Sighting(mesh.box, number) for number, mesh in followed.items()]
        busy = self._resident_seen and bool(followed)
        lost = [track.expected(now_s) for number, track in self._tracks.known.items() if number not in followed]
        for mesh in self._scout.search(frame.pixels, now_s, busy=busy, known=[m.box for m in meshes], lost=lost):
            meshes.append(mesh)
            sightings.append(Sighting(mesh.box))
        del meshes[self._settings.max_faces :], sightings[self._settings.max_faces :]
        numbers = self._tracks.step(sightings, now_s)
        self._hand_over(frame, dict(zip(numbers, sightings, strict=True)))
        return dict(zip(numbers, meshes, strict=True))

    def _follow(self, frame: Frame) -> dict[int, Mesh]:
        """What the followers found. Two that ended on one face: the one it fits better keeps it."""
        known = self._tracks.known
        now_s = frame.captured_s
        found: dict[int, tuple[Mesh, float]] = {}
        for follower in self._followers:
            number = follower.track_id
            if number is None:
                continue
            if number not in known:
                follower.free()
                continue
            mesh = follower.follow(frame.pixels, known[number].expected(now_s), now_s)
            if mesh is not None:
                cost = mismatch(known[number], mesh.box, now_s)
                if cost is not None:
                    found[number] = (mesh, cost)
                else:
                    follower.free()
            elif follower.lost_s is not None and now_s - follower.lost_s > self._settings.reacquire_s:
                follower.free()
        kept: dict[int, Mesh] = {}
        for number, (mesh, _) in sorted(found.items(), key=lambda item: item[1][1]):
            if any(same_face(mesh.box, other.box) for other in kept.values()):
                self._release(number)
            else:
                kept[number] = mesh
        return kept

    def _release(self, number: int) -> None:
        for follower in self._followers:
            if follower.track_id == number:
                follower.free()

    def _hand_over(self, frame: Frame, sightings: dict[int, Sighting]) -> None:
        """Followers go with the faces they found, whatever their numbers; faces without a follower get one."""
        owner = {sighting.followed: number for number, sighting in sightings.items() if sighting.followed is not None}
        for follower in self._followers:
            if follower.track_id in owner:
                follower.track_id = owner[follower.track_id]
            elif follower.track_id in sightings:
                follower.free()
        served = {follower.track_id for follower in self._followers}
        for number, sighting in sightings.items():
            if number not in served:
                self._idle_follower().start(number, sighting.box, frame.pixels)

    def _idle_follower(self) -> Follower:
        """A free follower, a new one, or the one that has looked for its lost face longest."""
        for follower in self._followers:
            if follower.track_id is None:
                return follower
        if len(self._followers) < self._settings.max_faces:
            self._followers.append(Follower(self._asset))
            return self._followers[-1]
        return min(self._followers, key=lambda f: math.inf if f.lost_s is None else f.lost_s)

    def _observation(self, frame: Frame, number: int, mesh: Mesh, resident: bool) -> FaceObservation:
        pose = head_pose(mesh.points)
        upside_down = self._upside_down(frame, number, mesh, pose.roll_deg)
        points = np.ascontiguousarray(mesh.points[:, :2])
        return FaceObservation(
            frame_id=frame.frame_id,
            source_id=frame.source_id,
            captured_s=frame.captured_s,
            captured_at=frame.captured_at,
            track_id=number,
            resident=resident,
            box=mesh.box,
            landmarks=points,
            pose=pose,
            quality=judge_quality(frame.pixels, points, mesh.box, pose, upside_down, self._settings),
        )

    def _upside_down(self, frame: Frame, number: int, mesh: Mesh, roll_deg: float) -> bool:
        """What is known of this track, checked anew when due or when the face had been out of sight.

        A followed face is upside down only when two checks in a row say so: a wrong no would hide a grimace.
        """
        now_s = frame.captured_s
        known = self._upright.setdefault(number, _Upright())
        out_of_sight = known.seen_in < self._observed - 1
        known.seen_in = self._observed
        if out_of_sight:
            known.proven, known.doubts = False, 0
        if not needs_check(roll_deg):
            known.upside_down, known.proven = False, False
            known.due_s = now_s
        elif out_of_sight or now_s >= known.due_s:
            verdict = is_upside_down(self._scout.landmarker, frame.pixels, mesh)
            known.doubts = known.doubts + 1 if verdict else 0
            if verdict is False:
                known.upside_down, known.proven = False, True
            elif verdict and (known.doubts > 1 or not known.proven):
                known.upside_down = True
            wait = {False: 1.0, None: 0.25, True: _DOUBT_SHARE}[verdict]
            known.due_s = now_s + self._settings.check_period_s * wait
        return known.upside_down
