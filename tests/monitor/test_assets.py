"""The landmark asset: the order of its origins, hashes, atomic cache, and one clear line without any."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import urllib.error
import zipfile
from pathlib import Path

import pytest

from monitor.errors import ServiceUnavailable
from monitor.face import assets, assets_builder
from monitor.face.assets import Origin
from monitor.face.assets_command import assets as assets_command


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(assets.CONFIGURED_BY, raising=False)
    return tmp_path / "cache" / "vigil"


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_kw: object) -> None:
        raise urllib.error.URLError("no route\nto host")

    monkeypatch.setattr("urllib.request.urlopen", refuse)


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The builder delivers this content, and its hash is the pinned one."""
    content = b"built asset"
    monkeypatch.setattr(assets_builder, "build", lambda: content)
    monkeypatch.setitem(assets._PINNED, Origin.BUILT, hashlib.sha256(content).hexdigest())
    return content


class Response(io.BytesIO):
    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.headers = {"Content-Length": str(len(content))}


def publishes(monkeypatch: pytest.MonkeyPatch, content: bytes, pinned: bytes) -> None:
    digest = hashlib.sha256(pinned).hexdigest()
    monkeypatch.setattr(assets, "PUBLISHED_SHA256", digest)
    monkeypatch.setitem(assets._PINNED, Origin.PUBLISHED, digest)
    monkeypatch.setattr("urllib.request.urlopen", lambda *_a, **_k: Response(content))


def silent(_text: str, _share: float | None) -> None:
    pass


def a_task_file(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("face_detector.tflite", b"x")
    return path


def test_a_configured_path_comes_before_everything(tmp_path: Path, builds: bytes) -> None:
    mine = a_task_file(tmp_path / "mine.task")
    found = assets.obtain(mine, progress=silent)
    assert (found.path, found.origin) == (mine, Origin.CONFIGURED)


def test_the_environment_configures_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = a_task_file(tmp_path / "mine.task")
    monkeypatch.setenv(assets.CONFIGURED_BY, str(mine))
    assert assets.locate() == mine


@pytest.mark.parametrize("content", [None, b"", b"plain text"])
def test_a_wrong_configured_path_is_refused_in_one_line(tmp_path: Path, content: bytes | None) -> None:
    mine = tmp_path / "mine.task"
    if content is not None:
        mine.write_bytes(content)
    with pytest.raises(ServiceUnavailable, match=r"mine\.task") as refusal:
        assets.locate(mine, progress=silent)
    assert "\n" not in str(refusal.value)


def test_the_published_file_is_fetched_checked_and_kept(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publishes(monkeypatch, b"published", pinned=b"published")
    told: list[float | None] = []
    first = assets.obtain(progress=lambda _text, share: told.append(share))
    assert (first.origin, first.cached, first.path.read_bytes()) == (Origin.PUBLISHED, False, b"published")
    assert told[-1] == 1.0
    second = assets.obtain(progress=silent)
    assert (second.path, second.origin, second.cached) == (first.path, Origin.PUBLISHED, True)
    assert [path.name for path in cache.iterdir()] == [first.path.name]


def test_what_a_package_brought_along_is_taken_before_all_else(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, builds: bytes
) -> None:
    monkeypatch.setattr("sys.prefix", str(tmp_path / "usr" / "lib" / "vigil"))
    brought = assets.packaged_path(Origin.BUILT)
    brought.parent.mkdir(parents=True)
    brought.write_bytes(builds)
    assert brought.is_relative_to(tmp_path)
    found = assets.obtain(progress=silent)
    assert (found.path, found.origin, found.cached) == (brought, Origin.BUILT, True)
    assert not cache.exists()


def test_another_file_under_the_published_address_is_not_used(monkeypatch: pytest.MonkeyPatch, builds: bytes) -> None:
    publishes(monkeypatch, b"forged", pinned=b"published")
    found = assets.obtain(progress=silent)
    assert (found.origin, found.path.read_bytes()) == (Origin.BUILT, builds)


def test_without_the_published_file_it_is_built_once(monkeypatch: pytest.MonkeyPatch, builds: bytes) -> None:
    first = assets.obtain(progress=silent)
    monkeypatch.setattr(assets_builder, "build", lambda: pytest.fail("built twice"))
    assert assets.obtain(progress=silent).path == first.path


def test_a_damaged_cached_file_is_replaced_with_a_warning(builds: bytes, caplog: pytest.LogCaptureFixture) -> None:
    path = assets.locate(progress=silent)
    path.write_bytes(builds[:-1])
    with caplog.at_level(logging.WARNING):
        again = assets.obtain(progress=silent)
    assert (again.path.read_bytes(), again.cached) == (builds, False)
    assert "damaged" in caplog.text


def test_an_air_gapped_machine_gets_one_line_that_says_what_to_do(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unbuildable() -> bytes:
        raise ServiceUnavailable("pip could not fetch it:\nERROR: no network")

    monkeypatch.setattr(assets_builder, "build", unbuildable)
    with pytest.raises(ServiceUnavailable) as refusal:
        assets.locate(progress=silent)
    line = str(refusal.value)
    assert "\n" not in line
    for part in ("no route to host", "no network", str(cache), assets.CONFIGURED_BY, assets.PUBLISHED_SHA256[:12]):
        assert part in line


def test_an_unwritable_cache_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, builds: bytes) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(ServiceUnavailable, match="XDG_CACHE_HOME"):
        assets.locate(progress=silent)


def test_a_failed_write_leaves_no_part(cache: Path, monkeypatch: pytest.MonkeyPatch, builds: bytes) -> None:
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(ServiceUnavailable, match="No space left"):
        assets.locate(progress=silent)
    assert list(cache.iterdir()) == []


def test_progress_off_a_terminal_is_one_line_a_stage(builds: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    assets.locate()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "fetching" in lines[0]
    assert "building" in lines[1]


def test_the_command_prints_path_origin_and_hash(builds: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    assets_command(None, True)
    printed = json.loads(capsys.readouterr().out)
    assert printed["origin"] == "built"
    assert printed["sha256"] == hashlib.sha256(Path(printed["path"]).read_bytes()).hexdigest()
    assets_command(None, False)
    assert "origin built, from the cache" in capsys.readouterr().out


def test_this_module_holds_the_only_address() -> None:
    package = Path(assets.__file__).parent
    holders = [path.name for path in package.glob("*.py") if "https://" in path.read_text()]
    assert holders == ["assets.py"]
