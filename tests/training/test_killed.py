"""Runs that are killed anywhere end as those that are not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from italign.training.state import read_tensors, write_tensors

SCRIPT = Path(__file__).with_name("killed_run.py")


def test_a_run_killed_at_thirteen_moments_ends_with_the_same_weights(tmp_path):
    """SGD, 16 bits with a scaler, augmentation, attack, gradient dropout, separate statistics.

    Ten moments are random and lie inside training, some in the same segment; three lie between
    the writing of a file and its naming.
    """
    done = subprocess.run([sys.executable, SCRIPT, tmp_path], capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(SCRIPT.parents[2])}, timeout=300,
                          check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["killed"] == [True] * 13
    assert 0 < found["segments_done"][9] < 13, "kills fell beside the training"
    assert not found["left_over"]
    assert found["cut"] == found["whole"]


def test_a_state_cut_at_any_byte_is_refused_by_name(tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "state.safetensors"
    write_tensors({"model/weight": torch.rand(3), "momentum/weight": torch.rand(3)}, whole, step=4)
    content = whole.read_bytes()
    for n_bytes in range(len(content)):
        cut.write_bytes(content[:n_bytes])
        with pytest.raises(ValueError, match=r"state\.safetensors: cannot be read.*delete it"):
            read_tensors(cut)
    cut.write_bytes(content)
    assert read_tensors(cut)[1] == {"step": "4"}
