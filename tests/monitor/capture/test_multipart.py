"""Parts of an MJPEG body come out whole, however the bytes arrive, and nothing grows without bound."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.capture.jpeg import decoded_jpeg, jpeg_size
from monitor.capture.multipart import LARGEST_HEAD, LARGEST_PART, Multipart, MultipartError, boundary_of

BODIES = st.lists(st.binary(min_size=1, max_size=200).filter(lambda body: b"--cut" not in body), min_size=1, max_size=6)
CUTS = st.lists(st.integers(1, 40), min_size=1, max_size=20)


def in_chunks(whole: bytes, cuts: list[int]) -> list[bytes]:
    found, at, turn = [], 0, 0
    while at < len(whole):
        found.append(whole[at : at + cuts[turn % len(cuts)]])
        at, turn = at + cuts[turn % len(cuts)], turn + 1
    return found


def parsed(whole: bytes, cuts: list[int]) -> list[bytes]:
    parser = Multipart(b"cut")
    return [part for chunk in in_chunks(whole, cuts) for part in parser.feed(chunk)]


@settings(deadline=None)
@given(bodies=BODIES, cuts=CUTS)
def test_parts_with_a_length(bodies: list[bytes], cuts: list[int]):
    whole = b"".join(
        b"--cut\r\nContent-Type: image/jpeg\r\nCONTENT-LENGTH: %d\r\n\r\n%s\r\n" % (len(body), body) for body in bodies
    )
    assert parsed(whole, cuts) == bodies


@settings(deadline=None)
@given(bodies=BODIES, cuts=CUTS)
def test_parts_without_a_length(bodies: list[bytes], cuts: list[int]):
    """They end where the next one begins; line ends before it are not theirs."""
    bodies = [b"\xff\xd8" + body + b"\xff\xd9" for body in bodies]
    whole = b"".join(b"--cut\nContent-Type: image/jpeg\n\n" + body + b"\n" for body in bodies) + b"--cut--\n"
    assert parsed(whole, cuts) == bodies


@settings(deadline=None)
@given(junk=st.binary(max_size=2000), cuts=CUTS)
def test_rubbish_does_no_harm(junk: bytes, cuts: list[int]):
    for part in parsed(junk, cuts):
        assert len(part) <= len(junk)


def test_bounds():
    with pytest.raises(MultipartError, match="head"):
        list(Multipart(b"cut").feed(b"x" * (LARGEST_HEAD + 1)))
    with pytest.raises(MultipartError, match="at most"):
        list(Multipart(b"cut").feed(b"--cut\r\nContent-Length: 99999999999\r\n\r\n"))
    parser = Multipart(b"cut")
    with pytest.raises(MultipartError, match="larger"):
        list(parser.feed(b"--cut\r\n\r\n" + bytes(LARGEST_PART + 10)))


@pytest.mark.parametrize(
    ("header", "boundary"),
    [
        ("multipart/x-mixed-replace; boundary=cut", b"cut"),
        ('Multipart/X-Mixed-Replace;Boundary="--my cut"', b"my cut"),
        ("multipart/x-mixed-replace;boundary=--cut; charset=x", b"cut"),
    ],
)
def test_boundaries(header: str, boundary: bytes):
    assert boundary_of(header) == boundary


@pytest.mark.parametrize("header", ["text/html", "", "multipart/mixed", "multipart/mixed; boundary=----"])
def test_what_is_no_multipart_is_refused(header: str):
    with pytest.raises(MultipartError):
        boundary_of(header)


def test_the_size_a_jpeg_claims(rng: np.random.Generator):
    content = cv2.imencode(".jpg", rng.integers(0, 256, (30, 50, 3), dtype=np.uint8))[1].tobytes()
    assert jpeg_size(content) == (50, 30)
    assert decoded_jpeg(content).shape == (30, 50, 3)
    assert decoded_jpeg(content + b"\0" * 20).shape == (30, 50, 3)
    assert decoded_jpeg(content[:-200]) is None


def test_a_jpeg_that_claims_to_be_huge_is_not_decoded(rng: np.random.Generator):
    content = bytearray(cv2.imencode(".jpg", rng.integers(0, 256, (30, 50, 3), dtype=np.uint8))[1].tobytes())
    at = content.index(b"\xff\xc0") + 5
    content[at : at + 4] = b"\xff\xff\xff\xff"
    assert jpeg_size(bytes(content)) == (65535, 65535)
    assert decoded_jpeg(bytes(content)) is None


@settings(deadline=None)
@given(junk=st.binary(max_size=300))
def test_rubbish_is_no_jpeg(junk: bytes):
    jpeg_size(b"\xff\xd8" + junk)
    assert decoded_jpeg(junk) is None
