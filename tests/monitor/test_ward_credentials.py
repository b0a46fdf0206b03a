"""Secrets: read from safe files alone, and shown nowhere."""

from __future__ import annotations

import copy
import logging
import os
import pickle
from pathlib import Path

import pytest

from monitor.errors import ConfigurationError
from monitor.ward.credentials import Secret, read_credential, read_credentials, used_credentials
from monitor.ward.reading import read_ward

PLANTED = "pl4nted-s3cret"
WARD = """
sources:
  door: {kind: rtsp, url: "rtsp://camera.ward.example/1", username: u, password_credential: door}
beds: {one: {source: door}}
sinks: {m: {kind: mqtt, host: b, username: u, password_credential: mqtt}}
"""


def secret_file(path: Path, content: bytes = PLANTED.encode() + b"\n", mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_by_name_and_by_path(tmp_path: Path):
    path = secret_file(tmp_path / "door")
    assert read_credential("door", tmp_path).reveal() == PLANTED
    assert read_credential(str(path), None).reveal() == PLANTED
    path.chmod(0o440)  # as systemd leaves them: the group's bits are its access list
    assert read_credential("door", tmp_path).reveal() == PLANTED


@pytest.mark.parametrize(
    ("content", "mode", "message"),
    [
        (PLANTED.encode(), 0o644, "others may read"),
        (PLANTED.encode(), 0o640, "others may read"),
        (PLANTED.encode(), 0o620, "others may read"),
        (b"", 0o600, "is empty"),
        (PLANTED.encode() + b"\nmore\n", 0o600, "one line"),
        (PLANTED.encode() + b"\0", 0o600, "one line"),
        (PLANTED.encode() + b"\xff", 0o600, "not UTF-8"),
        (PLANTED.encode() * 8000, 0o600, "larger than"),
    ],
)
def test_unsafe_files_are_refused_without_a_quote(tmp_path: Path, content: bytes, mode: int, message: str):
    path = secret_file(tmp_path / "s", content, mode)
    with pytest.raises(ConfigurationError, match=message) as caught:
        read_credential(str(path), None)
    assert PLANTED not in str(caught.value)


def test_links_folders_pipes_and_nothing(tmp_path: Path):
    secret_file(tmp_path / "s")
    (tmp_path / "link").symlink_to(tmp_path / "s")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe", 0o600)  # must not hang
    for name, message in (
        ("link", "symbolic links"),
        ("folder", "no plain file"),
        ("pipe", "no plain file"),
        ("none", "No such file"),
    ):
        with pytest.raises(ConfigurationError, match=message):
            read_credential(str(tmp_path / name), None)
    with pytest.raises(ConfigurationError, match="CREDENTIALS_DIRECTORY"):
        read_credential("door", None)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else(tmp_path: Path):
    os.chown(secret_file(tmp_path / "s"), 12345, 12345)
    with pytest.raises(ConfigurationError, match="neither this user nor root"):
        read_credential(str(tmp_path / "s"), None)


def test_a_secret_shows_itself_only_when_asked(caplog: pytest.LogCaptureFixture):
    secret = Secret(PLANTED)
    with caplog.at_level(logging.INFO):
        logging.getLogger("t").info("%s %r", secret, {"a": [secret]})
    assert PLANTED not in f"{secret} {secret!r} {secret:>30} {[secret]} {caplog.text}"
    assert secret == Secret(PLANTED) != Secret("other")
    assert not hasattr(secret, "__dict__")
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.deepcopy(secret)


def test_every_secret_of_a_ward_by_dotted_path(tmp_path: Path):
    (tmp_path / "vigil.yaml").write_text(WARD)
    settings = read_ward(tmp_path / "vigil.yaml").settings_or_raise()
    assert dict(used_credentials(settings)) == {
        "sources.door.password_credential": "door",
        "sinks.m.password_credential": "mqtt",
    }
    secret_file(tmp_path / "door")
    with pytest.raises(ConfigurationError, match=r"^sinks.m.password_credential: its file in .*No such file"):
        read_credentials(settings, tmp_path)
    secret_file(tmp_path / "mqtt", b"other")
    secrets = read_credentials(settings, tmp_path)
    assert secrets["sinks.m.password_credential"].reveal() == "other"
    assert PLANTED not in f"{settings!r} {secrets!r}"


@pytest.mark.parametrize(
    "text",
    [
        f'sources: {{door: {{kind: rtsp, url: "rtsp://user:{PLANTED}@camera/1"}}}}',
        f'sources: {{door: {{kind: rtsp, url: ["rtsp://user:{PLANTED}@camera/1"]}}}}',
        f'sources: {{door: {{kind: rtsp, url: "rtsp://camera/1?user=x&password={PLANTED}"}}}}',
        f'sources: {{door: {{kind: rtsp, url: "rtsp://camera/ {PLANTED}"}}}}',
        f'sources: {{door: {{kind: rtsp, url: "rtsp://[{PLANTED}"}}}}',
        f"sources: {{door: {{kind: mjpeg, url: 'https://{PLANTED}@camera/1'}}}}",
        f'sources: {{door: {{kind: rtsp, url: "rtsp://camera/1", password: {PLANTED}}}}}',
        f'sources: {{door: {{kind: rtsp, url: "rtsp://camera/1", password_credential: "{PLANTED}!?"}}}}',
        f'sources: {{door: {{kind: rtsp, url: "rtsp://camera/1", password_credential: {{x: {PLANTED}}}}}}}',
        f"sources: {{door: {{kind: 'rtsp://user:{PLANTED}@camera/1'}}}}",
        f"storage: {{database_url: 'postgresql://vigil:{PLANTED}@db/vigil'}}",
        f"sinks: {{w: {{kind: webhook, url: 'https://h/?token={PLANTED}'}}}}",
        f"sinks: {{w: {{kind: webhook, url: 'https://h/', secret_credential: '{PLANTED} x'}}}}",
        f"sinks: {{e: {{kind: email, host: h, sender: a@b.example, to: [a@b.example], password: {PLANTED}}}}}",
        f"sinks: {{e: {{kind: email, host: 'u:{PLANTED}@h', sender: a@b.example, to: [a@b.example]}}}}",
        f"sinks: {{e: {{kind: email, host: h, sender: a@b.example, to: [a@b.c], password_credential: '{PLANTED}!'}}}}",
        f"sinks: 'rtsp://user:{PLANTED}@camera/1'",
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path, text: str):
    path = tmp_path / "vigil.yaml"
    path.write_text(text + "\nbeds: {one: {source: door}}\n")
    reading = read_ward(path)
    assert reading.settings is None
    assert PLANTED not in repr(reading)
    assert PLANTED not in "".join(map(str, reading.complaints))


def test_the_refusal_says_what_to_do(tmp_path: Path):
    path = tmp_path / "vigil.yaml"
    path.write_text('sources: {d: {kind: rtsp, url: "rtsp://u:p@camera/1"}}\nbeds: {one: {source: d}}\n')
    (complaint,) = read_ward(path).complaints
    assert complaint.dotted == "sources.d.url"
    assert "credential file" in complaint.message
    assert "password_credential" in complaint.message
