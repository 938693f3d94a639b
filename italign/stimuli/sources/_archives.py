"""What sources of image archives share: members found by name, images read from memory."""

import io
import re
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from italign.messages import first_names
from italign.resources.archives import archive_members, read_members


def matching_members(archive: str, pattern: str, expected: str) -> list[re.Match]:
    """Members whose whole name matches, sorted by name.

    Parameters
    ----------
    archive : str
        Path of a zip or tar.
    pattern : str
        Regular expression; other members (lists, licences, files of the packing program) are
        passed over.
    expected : str
        What the pattern wants, in words, for the message.

    Returns
    -------
    list of re.Match
        ``match[0]`` is the name of the member.

    Raises
    ------
    ValueError
        If the archive cannot be read, is unsafe or holds no such member.
    """
    names = archive_members(archive)
    found = [match for match in map(re.compile(pattern).fullmatch, names) if match]
    if not found:
        raise ValueError(f"{archive}: no image of the expected name, holds "
                         f"{first_names(names) or 'nothing'}; expected {expected}: take the "
                         "original file")
    return found


def read_images(archive: str, names: Sequence[str], rows: np.ndarray) -> Iterator[np.ndarray]:
    """Read some of the named images.

    Parameters
    ----------
    archive : str
        Path of a zip or tar.
    names : sequence of str
        Members.
    rows : numpy.ndarray, int (n,)
        Positions in `names`.

    Yields
    ------
    numpy.ndarray, uint8 (y, x, 3)
        RGB; a grey image has three equal channels.

    Raises
    ------
    ValueError
        If a member cannot be read as an image.
    """
    wanted = [names[row] for row in rows]
    for name, content in zip(wanted, read_members(archive, wanted), strict=True):
        try:
            with Image.open(io.BytesIO(content)) as image:
                yield np.asarray(image.convert("RGB"))
        except (OSError, Image.DecompressionBombError) as error:
            raise ValueError(f"{archive}: {name} cannot be read as an image ({error}): get the "
                             "archive again") from error
