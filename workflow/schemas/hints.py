"""What to write instead of a name that does not exist."""

import difflib
from collections.abc import Iterable


def hint(name: object, allowed: Iterable[str]) -> str:
    """Give the nearest allowed name, or all of them if none is near.

    Parameters
    ----------
    name : object
        What was found; a key of a YAML mapping need not be text.
    allowed : iterable of str
        Names that exist.

    Returns
    -------
    str
        The end of a message.
    """
    allowed = list(allowed)
    near = difflib.get_close_matches(str(name), allowed, n=1)
    return f"did you mean {near[0]!r}?" if near else f"allowed: {', '.join(allowed) or 'none'}"
