"""Reading the body of an answer within bounds: however well it is compressed, no more is unpacked than may be held."""

import zlib

GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
UNDERSTOOD = "gzip, deflate"
"""What we say that we accept: what has a decompressor that can be told where to stop."""


class TooLong(Exception):
    """There is more than may be held."""


class Garbled(Exception):
    """It cannot be unpacked."""


class Body:
    """Takes pieces as they come from the network, and holds what they unpack to: at most `most` bytes.

    `encoding` is the value of Content-Encoding. Raises Garbled for one that nobody asked for: several on top of one
    another make of a few bytes as many as one likes.
    """

    def __init__(self, encoding: str, most: int) -> None:
        self._held = bytearray()
        self._most = most
        match encoding.strip().lower():
            case "" | "identity":
                self._unpack = None
            case "gzip" | "x-gzip" | "deflate":
                self._unpack = zlib.decompressobj(GZIP_OR_ZLIB)
            case _:
                raise Garbled

    def add(self, piece: bytes) -> None:
        """Raises TooLong or Garbled."""
        self._held += piece if self._unpack is None else self._unpacked(piece)
        if len(self._held) > self._most:
            raise TooLong

    def whole(self) -> bytes:
        """What was held, once there is no more. Raises Garbled where it was packed and the end is missing."""
        if self._unpack is not None and self._held and not self._unpack.eof:
            raise Garbled
        return bytes(self._held)

    def _unpacked(self, piece: bytes) -> bytes:
        assert self._unpack is not None
        try:
            return self._unpack.decompress(piece, self._most + 1 - len(self._held))
        except zlib.error:
            raise Garbled from None
