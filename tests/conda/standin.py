"""The conda command line as far as Snakemake uses it: `python standin.py PREFIX WORDS`.

Solves and links with py-rattler as conda does; what stands under `pip:` is installed by uv, which
takes seconds where pip takes minutes. Not conda: its solver, its pip, its activation and the
packages of the public conda-forge are not exercised.
"""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import rattler
import uv
import yaml

OLDEST = "24.7.1"  # that Snakemake takes
CREATE = "env create --quiet --no-default-packages --file "


def answers(prefix: str) -> dict[str, str]:
    """What conda says to the questions that Snakemake asks it."""
    return {
        "--version": f"conda {OLDEST}",
        "info --json": json.dumps({"conda_prefix": prefix, "platform": "linux-64"}),
        "config --get channel_priority --json":
            json.dumps({"get": {"channel_priority": "strict"}}),
        "clean -y --tarballs": "",  # archives are unpacked as they are read, none is kept
    }


async def create(file: Path, prefix: Path) -> None:
    """Make the environment that a yaml describes."""
    environment = yaml.safe_load(file.read_text())
    alias = os.environ["CONDA_CHANNEL_ALIAS"]  # never the public channels
    channels = [rattler.Channel(f"{alias}/{name}") for name in environment["channels"]]
    wanted = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    solved = await rattler.solve(channels, wanted, platforms=["linux-64", "noarch"],
                                 virtual_packages=rattler.VirtualPackage.detect())
    await rattler.install(solved, target_prefix=prefix, show_progress=False,
                          cache_dir=os.environ["CONDA_PKGS_DIRS"])
    for entry in environment["dependencies"]:
        if isinstance(entry, dict):
            install_wheels(prefix, entry["pip"])


def install_wheels(prefix: Path, pins: list[str]) -> None:
    """Install what stands under `pip:`; like conda, from a file of requirements."""
    requirements = prefix / "conda-meta" / "requirements.txt"
    requirements.write_text("\n".join(pins) + "\n")
    subprocess.run([uv.find_uv_bin(), "pip", "install", "--quiet", "--python",
                    prefix / "bin/python", "--requirements", requirements], check=True)


def main(prefix: str, *words: str) -> None:
    """Answer one call."""
    asked = " ".join(words)
    if asked in answers(prefix):
        print(answers(prefix)[asked])
    elif asked.startswith(CREATE) and words[6] == "--prefix":
        asyncio.run(create(Path(words[5]), Path(words[7])))
    else:
        sys.exit(f"this stand-in does not know: conda {asked}")


if __name__ == "__main__":
    main(*sys.argv[1:])
