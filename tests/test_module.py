"""Another workflow imports this one as a module: from a folder here, and from GitHub."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from italign.io import read_dataset

ROOT = Path(__file__).resolve().parents[1]
SNAKEMAKE = Path(sys.executable).with_name("snakemake")
# A config that names what differs, a rule of ours with their log, a rule of theirs on our output.
CONFIG = """
brain:
  world: theirs
  stimuli: {sets: {objectome: {blocks: [{variation: 6, split: train, per_category: 1},
                                        {variation: 6, split: test, per_category: 1}]}}}
"""
SNAKEFILE = """
configfile: "config.yaml"

module italign:
    snakefile: WHERE
    config: config["brain"]
    replace_prefix: {"results/": "brain/"}

use rule * from italign as italign_*

use rule render_stimuli from italign as italign_render_stimuli with:
    log: "own/{set}.log"

rule weigh_images:
    default_target: True
    input: "brain/theirs/stimuli/objectome.nc"
    output: "n_bytes.txt"
    shell: "wc -c < {input} > {output}"
"""


@pytest.fixture
def importer(tmp_path):
    """Give a function (where ours lies, words of the command line) -> what Snakemake said."""

    def run(where: str, *arguments: str) -> str:
        (tmp_path / "config.yaml").write_text(CONFIG)
        (tmp_path / "Snakefile").write_text(SNAKEFILE.replace("WHERE", where))
        answer = subprocess.run(
            [SNAKEMAKE, "--cores", "1", *arguments], cwd=tmp_path, capture_output=True, text=True,
            env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}, check=False)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout + answer.stderr

    return run


def test_their_rule_reads_what_ours_made_in_their_folder(importer, tmp_path):
    importer(repr(str(ROOT / "Snakefile")))
    images = tmp_path / "brain/theirs/stimuli/objectome.nc"
    assert int((tmp_path / "n_bytes.txt").read_text()) == images.stat().st_size
    assert read_dataset(images, "stimuli").sizes["stimulus"] == 2 * 14  # two splits, each noun once
    assert "end italign_render_stimuli" in (tmp_path / "own/objectome.log").read_text()
    assert not (ROOT / "results/theirs").exists()


def test_whole_world_can_be_planned_from_github(importer, tmp_path):
    """Snakemake's cache holds the repository already, so that it asks no network for it."""
    cache = tmp_path / "cache/snakemake/snakemake/source-cache"
    clone = cache / "snakemake-git-cache/github.com/lab/brain"
    subprocess.run(["git", "init", "--quiet", "--bare", clone], check=True)
    git = ["git", f"--git-dir={clone}", f"--work-tree={ROOT}", "-c", "user.name=lab",
           "-c", "user.email=lab"]
    for words in (["add", "--all"], ["commit", "--quiet", "--message=ours"], ["tag", "v1"]):
        subprocess.run([*git, *words], check=True)
    said = importer('github("lab/brain", path="workflow/Snakefile", tag="v1")',
                    "italign_all", "--dry-run", "--quiet", "rules")
    assert "italign_train_model " in said and "italign_score_models_1 " in said
