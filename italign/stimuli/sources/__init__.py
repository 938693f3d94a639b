"""Formats of image files: one file each, holding a function of the same name.

Each is called as ``source(files, categories)`` with the paths of one split and the nouns of the
set, and returns an `ImageFiles` (`italign/stimuli/sources/_records.py`): labels of every image in
the files, and a function that reads chosen ones.
"""

import sys

from italign.plugins import functions_by_file

SOURCES = functions_by_file(sys.modules[__name__])
