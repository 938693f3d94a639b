"""What readers of other people's files share: text in any encoding, names that changed."""

from collections.abc import Iterable

import numpy as np


def as_text(values: np.ndarray) -> np.ndarray:
    """Values as str; bytes, which HDF5 and old netCDF files hold, are decoded."""
    return np.array([value.decode() if isinstance(value, bytes) else str(value)
                     for value in np.asarray(values).ravel().tolist()], dtype=str)


def first_present(names: Iterable[str], present: Iterable[str], what: str, source: str) -> str:
    """The first of several names of one thing that a file has.

    Parameters
    ----------
    names : iterable of str
        Names that the thing has had.
    present : iterable of str
        Names in the file.
    what, source : str
        The thing and the file, for the message.

    Returns
    -------
    str
        One of `names`.

    Raises
    ------
    ValueError
        If the file has none of them.
    """
    names, present = list(names), list(map(str, present))
    for name in names:
        if name in present:
            return name
    raise ValueError(f"{source}: no {what} (found: {', '.join(present)}), expected a column or "
                     f"variable {' or '.join(names)}: take the original file")


def read_npy(path: str) -> np.ndarray:
    """Read one array of numbers.

    Parameters
    ----------
    path : str
        A .npy file; pickled objects are refused, as reading them would run what they say.

    Returns
    -------
    numpy.ndarray
        As the file has it.

    Raises
    ------
    ValueError
        If the file is none, or cut short.
    """
    try:
        with open(path, "rb") as handle:
            return np.lib.format.read_array(handle, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ValueError(f"{path}: cannot be read as .npy ({error}): it is cut short or another "
                         "format, get it again") from error
