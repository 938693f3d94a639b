"""Lists of sites that a study chose, as files of names."""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from italign.assemblies.sources._records import Responses
from italign.messages import first_names


@dataclass(frozen=True)
class SiteList:
    """Names of sites as their source's file has them, and the list they come from."""

    names: frozenset[str]
    source: str


def read_site_list(path: str | Path) -> SiteList:
    """Read names of sites, one a line; of one animal or of several.

    Parameters
    ----------
    path : str or Path
        Text; empty lines do not count.

    Returns
    -------
    SiteList
        The names, each once.

    Raises
    ------
    ValueError
        If there is no such file, or no name in it.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror}), expected names of sites, one "
                         "a line: correct sites in assemblies.prepared") from error
    names = frozenset(line.strip() for line in lines) - {""}
    if not names:
        raise ValueError(f"{path}: holds no name, expected names of sites, one a line")
    return SiteList(names, str(path))


def listed_sites(responses: Responses, listed: SiteList | None, source: str) -> np.ndarray:
    """Tell which sites are on a list; without a list, all are.

    Parameters
    ----------
    responses : Responses
        Of one session.
    listed : SiteList, optional
        Names less the animal and the dot before them.
    source : str
        Animal and set, for the message.

    Returns
    -------
    numpy.ndarray, bool (n_neuroids,)
        At least one is True.

    Raises
    ------
    ValueError
        If none of the sites is listed.
    """
    ids, animals = responses.sites["neuroid_id"].tolist(), responses.sites["animal"].tolist()
    if listed is None:
        return np.ones(len(ids), bool)
    names = [site.removeprefix(f"{animal}.") for site, animal in zip(ids, animals, strict=True)]
    is_listed = np.array([name in listed.names for name in names])
    if not is_listed.any():
        raise ValueError(f"{listed.source}: none of its {len(listed.names)} sites is among the "
                         f"{len(names)} of {source} ({first_names(names[:3])}, ...), expected "
                         "names as in the file: correct sites in assemblies.prepared")
    logging.info("%s: %d of %d sites are among the %d of %s", source, is_listed.sum(), len(names),
                 len(listed.names), listed.source)
    return is_listed
