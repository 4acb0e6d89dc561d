"""Source code as a tarball: whether it is what was announced, and how it is unpacked."""

from __future__ import annotations

import hashlib
import tarfile
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_ALGORITHM = "SHA256"


class BadSource(Exception):
    """The source cannot be built from; the message says why in one line."""


def check(archive: Path, checksum: str | None) -> None:
    """Given an archive and what was announced as `SHA256:...`, raise BadSource if it is another one."""
    if checksum is None:
        return
    algorithm, _, announced = checksum.partition(":")
    if algorithm.upper() != _ALGORITHM:
        raise BadSource(f"the checksum must begin with {_ALGORITHM}:")
    try:
        with archive.open("rb") as stream:
            actual = hashlib.file_digest(stream, _ALGORITHM.lower()).hexdigest()
    except OSError as error:
        raise BadSource(f"the source cannot be read: {error.strerror}") from error
    if actual != announced.lower():
        raise BadSource("the source does not have the checksum that was announced")


def unpack(archive: Path, directory: Path) -> None:
    """Unpack an archive; raise BadSource if it is none, or if something in it lies outside of it.

    https://docs.python.org/3/library/tarfile.html#tarfile.data_filter
    """
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(directory, filter="data")
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise BadSource(f"the source cannot be unpacked: {' '.join(str(error).split())}") from error
