"""Frames to and from the minion: a big-endian length of 4 bytes and msgpack."""

import struct

from tsalt_host.codec import pack, unpack


class Channel:
    """One socket to the minion."""

    def __init__(self, sock):
        self.sock = sock

    def send(self, message):
        self.send_packed(pack(message))

    def send_packed(self, frame):
        self.sock.sendall(struct.pack(">I", len(frame)) + frame)

    def receive(self):
        """The next message; None when the minion is gone."""
        head = self._exactly(4)
        body = head and self._exactly(struct.unpack(">I", head)[0])
        return None if body is None else unpack(body)

    def _exactly(self, count):
        parts = bytearray()
        while len(parts) < count:
            part = self.sock.recv(min(count - len(parts), 1 << 20))
            if not part:
                return None
            parts += part
        return bytes(parts)

    def ask(self, message):
        self.send(message)
        answer = self.receive()
        if answer is None:
            raise SystemExit("the minion has gone")
        return answer
