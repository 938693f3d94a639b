"""Small archives of images in the formats of others, with planted content, and images that differ.

JPEG changes pixels, so planted images are smooth and come back nearly, not exactly.
"""

import io
import tarfile
from zipfile import ZipFile

import numpy as np
from PIL import Image


def smooth_images(n, seed=0, px=32, coarse=4):
    """Coloured blobs that do not look alike, uint8 (n, y, x, 3)."""
    small = np.random.default_rng(seed).integers(0, 256, (n, coarse, coarse, 3)).astype(np.uint8)
    return np.stack([np.asarray(Image.fromarray(image).resize((px, px), Image.Resampling.BICUBIC))
                     for image in small])


def jpeg(image, quality=95):
    """A file as bytes; colours are stored as finely as brightness."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()


def write_session(folder, session, images, prefix="", first=1):
    """An archive of a session as Cowley et al. pack it; one of theirs has a folder in it."""
    path = folder / f"images_{session}.zip"
    with ZipFile(path, "w") as opened:
        if prefix:
            opened.writestr(prefix, "")
        for i, image in enumerate(images):
            opened.writestr(f"{prefix}image{first + i:04d}.jpg", jpeg(image))
    return str(path)


def write_tar(path, images):
    """A tar, or tgz, of name -> image."""
    with tarfile.open(path, "w:gz" if str(path).endswith("gz") else "w") as opened:
        for name, image in images.items():
            content = jpeg(image)
            info = tarfile.TarInfo(name)
            info.size = len(content)
            opened.addfile(info, io.BytesIO(content))
    return str(path)
