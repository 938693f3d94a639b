"""Unpack a bundle, or compare figures redrawn from it with those it was packed with.

A command, because it runs before Snakemake, which needs the config inside (make figures FROM=...):

    python workflow/scripts/figures/unpack_bundle.py bundle.tar.gz            prints its world
    python workflow/scripts/figures/unpack_bundle.py bundle.tar.gz --verify   after redrawing
"""

import argparse
import sys
from pathlib import Path

import yaml

sys.path.append(str(Path(__file__).parents[3]))  # as a command: the package lies at the root

from italign.figures.pages.bundle import CONFIG, PROVENANCE
from italign.figures.pages.redrawn import compare_figures
from italign.figures.pages.unbundle import checked_bundle, checked_member, place_files


def unpack_bundle(*, bundle: str, into: str) -> str:
    """Check a bundle and put its files into ``<into>/results/<world>/``, all or none.

    Parameters
    ----------
    bundle : str
        As from `pack_bundle`.
    into : str
        The folder of the checkout that is to redraw.

    Returns
    -------
    str
        Name of the world.

    Raises
    ------
    ValueError
        If the bundle is not whole, or would overwrite files with other contents.
    """
    with checked_bundle(bundle, into) as (world, folder):
        said = yaml.safe_load((folder / "results" / world / CONFIG).read_text(encoding="utf-8"))
        if not isinstance(said, dict) or said.get("world") != world:
            raise ValueError(f"{bundle}: its {CONFIG} is not that of world {world}; not a bundle "
                             "of italign")
        n_placed, n_equal = place_files(bundle, folder, into)
    print(f"{bundle}: {n_placed} files unpacked into {Path(into) / 'results' / world}, {n_equal} "
          "were there", file=sys.stderr)
    return world


def verify_figures(*, bundle: str, into: str) -> bool:
    """Say which figures in ``<into>/results/<world>/`` are not the bundle's, byte by byte.

    Returns
    -------
    bool
        Whether all are, or other packages or other drawing code explain it.
    """
    as_expected, words = compare_figures(checked_member(bundle, PROVENANCE), into)
    print(words, file=sys.stdout if as_expected else sys.stderr)
    return as_expected


def main(arguments: list[str]) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle")
    parser.add_argument("--into", default=".", help="folder that holds results/ (default: here)")
    parser.add_argument("--verify", action="store_true", help="compare figures, unpack nothing")
    given = parser.parse_args(arguments)
    try:
        if given.verify:
            return 0 if verify_figures(bundle=given.bundle, into=given.into) else 1
        print(unpack_bundle(bundle=given.bundle, into=given.into))
    except (ValueError, OSError, yaml.YAMLError) as error:
        print(f"unpack_bundle: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
