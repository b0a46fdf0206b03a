"""Reads the metadata of an ONNX file without the ``onnx`` package, which a classify-only box does not carry.

An ONNX file is one protobuf message; only its outermost fields are walked (protobuf wire format: a key of field
number and wire type, then a varint, 4 or 8 bytes, or a length and that many bytes).
"""

from __future__ import annotations

from pathlib import Path

from models.errors import BundleCorrupt

_METADATA_PROPS = 14
"""Field number of ``ModelProto.metadata_props``; each entry holds its key in field 1 and its value in field 2."""


def read_metadata(path: Path) -> dict[str, str]:
    """``metadata_props`` of the ONNX file at ``path``; BundleCorrupt when it is no such file."""
    try:
        return _metadata(path.read_bytes())
    except (OSError, IndexError, ValueError) as error:
        raise BundleCorrupt(f"{path}: cannot be read as an ONNX network ({error}); export it again") from error


def _metadata(data: bytes) -> dict[str, str]:
    entries = [dict(_delimited(value)) for number, value in _delimited(data) if number == _METADATA_PROPS]
    return {entry.get(1, b"").decode("utf-8"): entry.get(2, b"").decode("utf-8") for entry in entries}


def _delimited(data: bytes) -> list[tuple[int, bytes]]:
    """(field number, bytes) of every length-delimited field of one message."""
    fields: list[tuple[int, bytes]] = []
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            _, at = _varint(data, at)
        elif wire in (1, 5):
            at += 8 if wire == 1 else 4
        elif wire == 2:
            length, at = _varint(data, at)
            if at + length > len(data):
                raise ValueError("truncated")
            fields.append((number, data[at : at + length]))
            at += length
        else:
            raise ValueError(f"wire type {wire}")
    return fields


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at
