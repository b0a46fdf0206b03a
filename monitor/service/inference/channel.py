"""One end of the socket between supervisor and inference process."""

from __future__ import annotations

import socket

from monitor.service.inference.messages import Order, Report, pack, unpack
from monitor.service.packets import LARGEST_BYTES as LARGEST_BYTES
from monitor.service.packets import PacketChannel, packet_pair


class Channel(PacketChannel[Order | Report]):
    """Speaks ``monitor.service.inference.messages``; UnreadableMessage when the other side talks nonsense."""

    def __init__(self, end: socket.socket) -> None:
        super().__init__(end, pack, unpack)


def channel_pair() -> tuple[Channel, socket.socket]:
    """This side's channel and the other side's end, to be inherited."""
    mine, theirs = packet_pair()
    return Channel(mine), theirs
