"""Readers of recordings: one file per format, holding a function of the same name.

Each is called as ``reader(files, session)`` with the row of the session sheet and returns a
`Recording` (voltage) or `Events` (formats that hold only events). A format ``a-b`` of the sheet is
the file ``a_b.py``.
"""

import sys
from collections.abc import Callable

from italign.plugins import functions_by_file, pick

READERS = functions_by_file(sys.modules[__name__])


def reader(session: dict) -> Callable:
    """Reader of a session's format.

    Raises
    ------
    ValueError
        With near matches if the format is unknown.
    """
    formats = {name.replace("_", "-"): function for name, function in READERS.items()}
    return pick(formats, session["format"], f"format of session {session['session']}:")
