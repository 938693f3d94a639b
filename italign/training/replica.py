"""Processes that train one model together, one per GPU of this machine: started by torchrun.

`launch` writes what to call as JSON and runs this module in n processes; each of them joins the
group and calls the function with its place. An error in any of them comes back to the caller in
the words it was raised with.
"""

import json
import logging
import os
import shutil
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import torch
import torch.distributed as distributed

from italign.training.images import device
from italign.training.parallel import SET_GPUS, SINGLE, Replicas

MODULE = "italign.training.replica"
# Rank 0 validates while the others wait for it at the next exchange. A replica that died is
# noticed by torchrun at once, so patience costs nothing.
PATIENCE = timedelta(days=1)


def launch(function: str, keywords: dict, n: int) -> None:
    """Call a function in n processes that train together, and wait for them.

    Parameters
    ----------
    function : str
        ``module:name`` inside `italign`; called as ``name(**keywords, replicas=...)``. What it
        makes, rank 0 writes to files.
    keywords : dict
        Strings, numbers, booleans, None, lists and dicts of them: they travel as JSON.
    n : int
        Processes, one GPU each; with 1 the function is called here. Without a GPU they share the
        processor's cores.

    Raises
    ------
    ValueError
        If the function is not one of `italign`, there are fewer GPUs than n, or a process failed:
        with the message of the one that failed first.
    """
    found = _function(function)
    if n == 1:
        found(**keywords, replicas=SINGLE)
        return
    _check_gpus(n)
    with TemporaryDirectory(prefix="italign-replicas-") as folder:
        spec = Path(folder) / "spec.json"
        spec.write_text(json.dumps({"function": function, "keywords": keywords}))
        code = _run(spec, n)
        if code:
            raise ValueError(_message(spec, code))


def _function(name: str) -> Callable:
    """Function of ``module:name``; only this package's, whatever a file says."""
    module, _, attribute = name.partition(":")
    if not (module.startswith("italign.") and attribute.isidentifier()):
        raise ValueError(f"function {name!r} of replicas; expected 'italign.<module>:<name>'")
    return getattr(import_module(module), attribute)


def _check_gpus(n: int) -> None:
    # Not device(): this process only waits, and would hold a GPU.
    if torch.cuda.is_available() and torch.cuda.device_count() < n:
        raise ValueError(f"{torch.cuda.device_count()} GPU visible, expected {n}, one per replica; "
                         f"ask for fewer ({SET_GPUS}), or see CUDA_VISIBLE_DEVICES")


def _run(spec: Path, n: int) -> int:
    """Exit code of torchrun; its output goes to this process' log."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node",
               str(n), "-m", MODULE, str(spec)]
    # The pipe is never written to: it closes when this process ends, however it ends.
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=_log(), stderr=_log(),
                          env=_environment(n)) as process:
        try:
            return process.wait()
        except BaseException:
            process.terminate()
            raise


def _log() -> IO | None:
    """Stderr as a file that a process can write to; None (the console's) if it is not one."""
    try:
        sys.stderr.fileno()
    except (OSError, AttributeError):
        return None
    sys.stderr.flush()
    return sys.stderr


def _environment(n: int) -> dict[str, str]:
    paths = [str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")]
    threads = max(1, torch.get_num_threads() // n)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "OMP_NUM_THREADS": str(threads)}


def _message(spec: Path, code: int) -> str:
    """Words of the replica that failed first."""
    words = _words(spec)
    if words.exists():
        return words.read_text()
    return (f"a replica ended without a word (torchrun's exit code {code}), as a process does that "
            "is killed for memory; see the end of the log")


def _words(spec: Path) -> Path:
    return spec.with_name("failure.txt")


def main(spec: Path) -> None:
    """Join the replicas and do what the file says; the program of each process."""
    replicas = Replicas(int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]))
    threading.Thread(target=_end_with_the_caller, args=[spec], daemon=True).start()
    _log_to_stderr(replicas)
    with _reported(spec, replicas), _group():
        todo = json.loads(spec.read_text())
        _function(todo["function"])(**todo["keywords"], replicas=replicas)


def _end_with_the_caller(spec: Path) -> None:
    """Nobody would read what is computed after the caller was killed."""
    os.read(sys.stdin.fileno(), 1)
    shutil.rmtree(spec.parent, ignore_errors=True)
    os._exit(1)


def _log_to_stderr(replicas: Replicas) -> None:
    level = logging.INFO if replicas.rank == 0 else logging.ERROR
    logging.basicConfig(stream=sys.stderr, level=level, format="%(asctime)s %(message)s")


@contextmanager
def _reported(spec: Path, replicas: Replicas) -> Iterator[None]:
    """Keep the words of the first error; the others then fail because they lost a partner."""
    try:
        yield
    except BaseException as error:
        traceback.print_exc()
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        try:
            with open(_words(spec), "x") as handle:
                handle.write(f"replica {replicas.rank} of {replicas.n}: {kind}{error}")
        except FileExistsError:
            pass
        raise SystemExit(1) from error


@contextmanager
def _group() -> Iterator[None]:
    """Process group of all replicas, each on its own GPU if there is one."""
    backend = "nccl" if device().type == "cuda" else "gloo"
    distributed.init_process_group(backend, timeout=PATIENCE)
    yield
    distributed.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
