"""A disk that refuses, in one line: where, why, how much is free, what to do."""

import errno
import os
from pathlib import Path

MIN_FREE_MB = 20  # for logs and Snakemake's records; what a world needs is up to its size
MB = 1e6
CURES = {
    errno.ENOSPC: "free some",
    errno.EDQUOT: "free some of your quota",
    errno.EROFS: "have it mounted for writing",
    errno.EACCES: "correct its permissions",
    errno.EIO: "have the disk or its network mended",
}
# netCDF keeps from HDF5's reasons nothing but this.
VAGUE = "NetCDF: HDF error"


def unwritable(folder: str | Path) -> str | None:
    """Say why nothing can be written to a folder.

    Parameters
    ----------
    folder : str or Path
        Need not exist: the nearest folder above it that does is looked at.

    Returns
    -------
    str or None
        One line, if the file system is read-only, the rights are missing, or less than
        `MIN_FREE_MB` or no file more is free (quotas are not seen); None if nothing is wrong.
    """
    place = _existing(folder)
    if not os.access(place, os.W_OK | os.X_OK):
        is_read_only = os.statvfs(place).f_flag & os.ST_RDONLY
        return _line(folder, errno.EROFS if is_read_only else errno.EACCES)
    free_mb, n_files = _free(place)
    if free_mb < MIN_FREE_MB or n_files == 0:
        return _line(folder, errno.ENOSPC, f", expected {MIN_FREE_MB} MB at least")
    return None


def refusal(error: BaseException, *folders: str | Path) -> str | None:
    """Say what a disk refused, if that is what an error means.

    Parameters
    ----------
    error : BaseException
        Of any library: some give an errno, some only its words, netCDF neither.
    *folders : str or Path
        Where it may have been, for errors that name no file: the first that nothing can be written
        to is named, or the first.

    Returns
    -------
    str or None
        One line; None if the error is about something else.
    """
    if isinstance(error, ValueError):  # our own: it says what is wrong
        return None
    where = _place(error, folders)
    for number in CURES:
        if getattr(error, "errno", None) == number or os.strerror(number) in str(error):
            return _line(where, number)
    if VAGUE in str(error):
        return (f"{where}: a file could not be written whole ({VAGUE}), most often because the "
                f"disk is full: {_free_words(where)} now that its unfinished part is deleted; free "
                "some and run the same command again, what is finished stays")
    return None


def _place(error: BaseException, folders: tuple[str | Path, ...]) -> str:
    named = getattr(error, "filename", None)
    if named:
        return os.fsdecode(named).removesuffix(f".{os.getpid()}.tmp")
    return str(next(filter(unwritable, folders), folders[0]))


def _line(where: str | Path, number: int, expected: str = "") -> str:
    is_full = number in (errno.ENOSPC, errno.EDQUOT)
    space = f" ({_free_words(where)}{expected})" if is_full else ""
    return (f"{where}: {os.strerror(number)}{space}: {CURES[number]} and run the same command "
            "again, what is finished stays")


def _free_words(where: str | Path) -> str:
    free_mb, n_files = _free(_existing(where))
    return f"{free_mb:.1f} MB free" + (", but not one file more" if n_files == 0 else "")


def _free(place: Path) -> tuple[float, int | None]:
    """MB that a plain user may fill, and files; None files where there is no such limit."""
    stat = os.statvfs(place)
    return stat.f_bavail * stat.f_frsize / MB, stat.f_favail if stat.f_files else None


def _existing(path: str | Path) -> Path:
    path = Path(path).absolute()
    return next(place for place in (path, *path.parents) if place.exists())
