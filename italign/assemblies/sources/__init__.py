"""Formats of responses: one file each, holding a function of the same name.

Each is called as ``source(file, animal, region)`` and returns `Responses`
(`italign/assemblies/sources/_records.py`): all of one animal's sites and all images of the file.
"""

import sys

from italign.plugins import functions_by_file

SOURCES = functions_by_file(sys.modules[__name__])
