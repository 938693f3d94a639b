"""Formats of people's choices: one file each, holding a function of the same name.

Each is called as ``source(files)`` and returns one row per trial, all of them str: stimulus_id,
truth, distractor (`italign.contracts.ALL_OTHERS` where all other nouns were offered), choice,
observer, and the ``source`` to name in messages.
"""

import sys

from italign.plugins import functions_by_file

SOURCES = functions_by_file(sys.modules[__name__])
