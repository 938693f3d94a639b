"""Train a chain of segments in processes that are killed: `killed_run.py FOLDER`, prints JSON.

The run is done twice: undisturbed, and in processes that are killed (SIGKILL) ten times at random
moments of training and once before each of a segment's files gets its name. Processes are forked,
so that the imports are paid for once; nothing is computed before a fork.
"""

import hashlib
import json
import os
import random
import select
import signal
import sys
import time
import traceback
from pathlib import Path

import torch
from tiny_run import data, segment_files, train, write_pretrained

from italign.training.state import read_tensors

STEPS_PER_SEGMENT, N_SEGMENTS = 2, 16


def finish(folder: Path, entered: int, seed: int, rename_to_die_at: int | None) -> None:
    """Do what is not done yet; tell the pipe when training begins."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)  # nothing may hang on what a process happens to have drawn
    _die_at_rename(rename_to_die_at)
    joined = data()
    for k in range(N_SEGMENTS):
        steps = range(k * STEPS_PER_SEGMENT, (k + 1) * STEPS_PER_SEGMENT)
        if all(file.exists() for file in segment_files(folder, steps.stop).values()):
            continue
        os.write(entered, b".")
        train(joined, folder, steps, precision="fp16", p=0.5, batch_norm="separate")


def _die_at_rename(count: int | None) -> None:
    """Die when a file is written in full but does not have its name yet."""
    replace, renames = os.replace, []

    def dying(*names: object) -> None:
        renames.append(names)
        if len(renames) == count:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(*names)

    os.replace = dying


def attempt(folder: Path, seed: int, segments: int = 0, delay_s: float = 0,
            rename_to_die_at: int | None = None) -> bool:
    """Run in a process of its own; kill it some time into its n-th segment (if n is not 0).

    Returns whether it was killed.
    """
    heard, entered = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            finish(folder, entered, seed, rename_to_die_at)
            code = 0
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(entered)
    for _ in range(segments):
        os.read(heard, 1)
    if segments:
        # No later than the next segment begins, or a fast machine would be done before ten kills.
        select.select([heard], [], [], delay_s)
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    os.close(heard)
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status):
        raise SystemExit("a process failed; its traceback is above")
    return os.WIFSIGNALED(status)


def digest(folder: Path) -> str:
    """Sha256 of the last state, tensors by name, and of all logs."""
    tensors, _ = read_tensors(segment_files(folder, STEPS_PER_SEGMENT * N_SEGMENTS)["state"])
    content = hashlib.sha256()
    for name in sorted(tensors):
        content.update(name.encode() + tensors[name].numpy().tobytes())
    for k in range(N_SEGMENTS):
        content.update(segment_files(folder, (k + 1) * STEPS_PER_SEGMENT)["log"].read_bytes())
    return content.hexdigest()


def main(folder: Path) -> None:
    """Both runs, and what became of them."""
    write_pretrained(folder)
    whole, cut = folder / "whole", folder / "cut"
    start = time.monotonic()
    attempt(whole, seed=0)
    segment_s = (time.monotonic() - start) / N_SEGMENTS
    moments, killed, done = random.Random(4), [], []
    for seed in range(10):
        segments = moments.choice((1, 1, 2))
        killed.append(attempt(cut, seed, segments, moments.uniform(0, segment_s)))
        done.append(len(list(cut.glob("log-*[0-9]"))))
    for rename in (1, 2, 3):
        killed.append(attempt(cut, rename, rename_to_die_at=rename))
    attempt(cut, seed=11)
    print(json.dumps({"killed": killed, "segments_done": done, "segment_s": segment_s,
                      "left_over": [file.name for file in cut.glob("*.tmp")],
                      "whole": digest(whole), "cut": digest(cut)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
