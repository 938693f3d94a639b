"""Words that errors and logs of every stage share."""

from collections.abc import Iterable

N_NAMED = 10


def first_names(names: Iterable[object]) -> str:
    """Names for a message: the first ten, and how many more there are."""
    names = list(map(str, names))
    more = f" and {len(names) - N_NAMED} more" if len(names) > N_NAMED else ""
    return ", ".join(names[:N_NAMED]) + more
