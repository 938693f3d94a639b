"""Formats of image files: one file each, holding a function of the same name.

Each is called as ``source(files, categories)`` with the paths under one key of the set's ``files``
and the nouns of the set, and returns an `ImageFiles` (`italign/stimuli/sources/_records.py`):
labels of every image in the files, and a function that reads chosen ones. A source with a parameter
``reference`` gets the paths under that key, which only help to label others.
"""

import inspect
import sys
from collections.abc import Mapping, Sequence

from italign.plugins import functions_by_file, pick
from italign.stimuli.sources._records import ImageFiles

SOURCES = functions_by_file(sys.modules[__name__])
# Key of files that only help to label others.
REFERENCE = "reference"


def label_files(
    source: str, files: Mapping[str, Sequence[str]], categories: Sequence[str], set_name: str,
) -> dict[str, ImageFiles]:
    """Label the images of a set, key by key.

    Parameters
    ----------
    source : str
        Name of a file of this folder.
    files : mapping of str to sequence of str
        Paths by key of ``stimuli.sets.<set>.files``.
    categories : sequence of str
        Nouns of the set.
    set_name : str
        Named in the message.

    Returns
    -------
    dict of str to ImageFiles
        By key, without that of the reference.

    Raises
    ------
    ValueError
        If there is no such source, or it takes no reference and gets one.
    """
    read = pick(SOURCES, source, "source")
    options = {REFERENCE: files[REFERENCE]} if REFERENCE in files else {}
    if options and not _takes_reference(source):
        takers = [name for name in SOURCES if _takes_reference(name)]
        raise ValueError(f"stimuli.sets.{set_name}.files.{REFERENCE}: found for source {source}, "
                         f"whose files tell their labels; expected only for {', '.join(takers)}: "
                         "remove the key, or name it otherwise and refer to it by a block's files")
    return {key: read(paths, categories, **options) for key, paths in files.items()
            if key != REFERENCE}


def _takes_reference(source: str) -> bool:
    return REFERENCE in inspect.signature(SOURCES[source]).parameters
