"""Two replicas on the processor against one process: gradients, weights, loss curves, failures."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import italign
from italign.training.parallel import SINGLE, Replicas
from italign.training.replica import launch
from italign.training.state import read_tensors

HERE = Path(__file__).parent
OURS = f"import italign; italign.__path__.append({str(HERE)!r})\n"


@pytest.fixture(scope="module")
def functions(tmp_path_factory):
    """Make the functions of this folder part of `italign`, here and in the replicas."""
    site = tmp_path_factory.mktemp("site")
    (site / "sitecustomize.py").write_text(OURS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(italign, "__path__", [*italign.__path__, str(HERE)])
        patch.setenv("PYTHONPATH", os.pathsep.join([str(site), *sys.path]))
        yield "italign.replica_functions"


@pytest.fixture(scope="module")
def folder(functions, tmp_path_factory):
    """What one process and two replicas found."""
    from italign.tiny_run import write_pretrained

    folder = tmp_path_factory.mktemp("exchange")
    write_pretrained(folder)
    for n in (1, 2):
        launch(f"{functions}:exchange", {"folder": str(folder)}, n)
    return folder


@pytest.fixture(scope="module")
def found(folder):
    return [read_tensors(folder / name)[0] for name in ("0-of-1", "0-of-2", "1-of-2")]


def test_gradient_of_cka_through_gathered_rows_is_that_of_one_process(found):
    one, first, second = found
    assert first["neural_gradient"].dtype == torch.float64
    torch.testing.assert_close(first["features"], one["features"], rtol=0, atol=1e-12)
    torch.testing.assert_close(first["neural_gradient"], one["neural_gradient"], rtol=1e-10, atol=0)
    assert torch.equal(first["neural_gradient"], second["neural_gradient"])
    assert first["mean_rank"] == second["mean_rank"] == 0.75


def test_batch_norm_of_the_global_batch_in_double_precision(found):
    one, first, second = found
    names = [name for name in one if name.startswith(("steps/", "evaluated"))]
    assert {"steps/1.running_var", "steps/1.base_running_mean", "steps/4.weight"} <= set(names)
    for name in names:
        torch.testing.assert_close(first[name], one[name], rtol=1e-11, atol=1e-13)
        assert torch.equal(first[name], second[name])


@pytest.mark.parametrize("world", ["shared", "separate", "sessions"])
def test_two_replicas_train_as_one_process(folder, world):
    """Labels, augmentation, attack, neural term: equal within the rounding of 32 bits.

    In sessions, too, where a replica may have images without a label only.

    Sums in another order differ by 1e-7, and the batch norms of a random network raise that to
    2e-5 of the features and 2e-4 of the gradients (measured, in the norm of a tensor); an error of
    the mathematics is of the order of 1. The rate is small and the attack is L2, because steps
    that diverge and signs of gradients near 0 turn any rounding into a difference that is seen.
    """
    one, two = folder / f"{world}-1", folder / f"{world}-2"
    curves = [pd.read_csv(path / "log-4") for path in (one, two)]
    assert (curves[0].neural_steps == 2).all() and curves[0].label_loss.notna().all()
    assert np.ptp(curves[0].neural_loss) > 0.1
    pd.testing.assert_frame_equal(*curves, rtol=1e-3, atol=0)
    states = [read_tensors(path / "state-4")[0] for path in (one, two)]
    assert states[0].keys() == states[1].keys()
    for name, value in states[0].items():
        assert (states[1][name] - value).double().norm() <= 2e-3 * value.double().norm(), name


def test_an_error_of_one_replica_comes_back_in_its_words(functions, capfd):
    with pytest.raises(ValueError, match=r"^replica 1 of 2: site 'n2' is constant; drop it$"):
        launch(f"{functions}:refuse", {"rank": 1}, 2)
    assert "ValueError: site 'n2' is constant" in capfd.readouterr().err  # the traceback


def test_replicas_end_when_their_caller_is_killed(functions, tmp_path):
    program = (OURS + "from italign.training.replica import launch\n"
               f"launch('{functions}:wait', {{'folder': {str(tmp_path)!r}}}, 2)")
    caller = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL)
    _wait_until(lambda: len(list(tmp_path.glob("*.started"))) == 2, limit_s=60)
    pids = [int(path.stem) for path in tmp_path.glob("*.started")]
    os.kill(caller.pid, signal.SIGKILL)
    caller.wait()
    _wait_until(lambda: not any(_lives(pid) for pid in pids), limit_s=20)


def _wait_until(holds, limit_s):
    end = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end, f"not so after {limit_s} s"
        time.sleep(0.1)


def _lives(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_batch_that_cannot_be_shared_is_refused():
    with pytest.raises(ValueError, match=r"9 images .* equally by 2 GPUs; set training.batch_size"):
        Replicas(0, 2).part(9)
    parts = [range(12)[Replicas(rank, 3).part(12)] for rank in range(3)]
    assert parts == [range(0, 4), range(4, 8), range(8, 12)]


def test_one_process_exchanges_nothing():
    features, model = torch.rand(3, 2), torch.nn.Linear(2, 1)
    assert SINGLE.gather(features) is features and SINGLE.mean(features) is features
    assert SINGLE.mean(features) is features
    SINGLE.average_gradients(model)
    assert SINGLE.part(5) == slice(0, 5)


@pytest.mark.parametrize("name", ["os:system", "italign.io", "italign.io:open('x')"])
def test_only_functions_of_the_package_are_called(name):
    with pytest.raises(ValueError, match=r"expected 'italign.<module>:<name>'"):
        launch(name, {}, 1)
