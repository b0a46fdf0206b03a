"""The folder a run leaves behind: which files are ours, never two runs in one, room kept for the last words."""

from __future__ import annotations

from pathlib import Path

from monitor.errors import OutputError
from monitor.storage.output_errors import writing
from monitor.storage.whole_file import PART, write_whole

JOURNAL = "records.jsonl"
FRAMES = "frames.parquet"
ALERTS = "alerts.json"
SUMMARY = "summary.json"
TIMELINE = "timeline.png"
REPORT = "report.html"
ANNOTATED = "annotated.mp4"
OUR_FILES = (JOURNAL, FRAMES, ALERTS, SUMMARY, TIMELINE, REPORT, ANNOTATED)
"""All names a run may write; ``--overwrite`` touches no other."""

_RESERVE = ".vigil-reserve"
_RESERVE_BYTES = 4 << 20
"""Given back when the disk fills up, so that summary, alerts and report of what was seen still find room."""


class RunFolder:
    """An output folder that is ours alone. OutputError when it cannot be written or holds an earlier run."""

    def __init__(self, path: Path, *, overwrite: bool = False) -> None:
        self.path = path
        if path.exists() and not path.is_dir():
            raise OutputError(f"{path}: is a file, not a folder")
        with writing(path):
            path.mkdir(parents=True, exist_ok=True)
            earlier = [name for name in OUR_FILES if (path / name).exists()]
            if earlier and not overwrite:
                raise OutputError(
                    f"{path}: holds an earlier run ({', '.join(earlier)}); choose another folder or add --overwrite"
                )
            self._reserve = path / _RESERVE
            try:
                self._reserve.write_bytes(bytes(_RESERVE_BYTES))
            except OSError:  # an earlier run is not given up for one that has no room
                self._reserve.unlink(missing_ok=True)
                raise
            for name in earlier:
                (path / name).unlink()
            for leftover in path.glob(f".*{PART}"):
                leftover.unlink()

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a whole file: it appears complete or not at all."""
        target = self.path / name
        write_whole(target, content)
        return target

    def release_reserve(self) -> None:
        """Give the kept room back, for the last words after the disk filled up, or at the end of a run."""
        with writing(self.path):
            self._reserve.unlink(missing_ok=True)
