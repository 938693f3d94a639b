"""A world whose jobs go through profiles/slurm, and what the controller says of them."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.world.conftest import World

SCRIPT = "workflow/scripts/training/train_model.py"
WORK = "        train_model(**"
# A job looks for a fault of its model, meets it once, and leaves which GPU it saw.
MEETING = """        import os
        from pathlib import Path
        if (fault := Path("faults", snakemake.wildcards.model)).exists():
            fault.with_suffix(".gpu").write_text(os.environ["CUDA_VISIBLE_DEVICES"])
            exec(fault.rename(fault.with_suffix(".met")).read_text())
"""
SLEEP = "import time; time.sleep(600)"
OFTEN = [sys.executable, str(Path(__file__).with_name("asking_often.py"))]
SOON = ["--slurm-init-seconds-before-status-checks", "1", "--max-status-checks-per-second", "2",
        "--latency-wait", "10"]


class ClusterWorld(World):
    """A world whose jobs go through profiles/slurm."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.workflows = []
        # Only what is missing is made: an edited script is no reason to do finished work again.
        self.options = ["--profile", "profiles/slurm", "--nolock", "--rerun-triggers", "mtime",
                        "--configfile", "tests/config/tiny.yaml"]

    def start(self, *targets: str, often: bool = True) -> subprocess.Popen:
        """Start Snakemake, which asks for its jobs often unless the profile's pauses matter."""
        command = [*OFTEN, *targets, *SOON] if often else [*self.command[:1], *targets]
        with (self.folder / "said.log").open("a") as said:
            self.workflows.append(subprocess.Popen(
                [*command, *self.options], cwd=self.folder, stdout=said,
                start_new_session=True, stderr=subprocess.STDOUT))
        return self.workflows[-1]

    def end(self) -> None:
        """Kill what still runs of this world's Snakemakes; jobs in the queue are left."""
        for workflow in self.workflows:
            if workflow.poll() is None:
                os.killpg(workflow.pid, signal.SIGKILL)
                workflow.wait()

    def train(self, *models: str, often: bool = True) -> subprocess.Popen:
        """Start the training of models, to their last segment."""
        return self.start(*(f"results/tiny/training/{model}/seed1/segment1/state.safetensors"
                            for model in models), often=often)

    def lose(self, *models: str) -> dict[str, bytes]:
        """Delete the last segment of models; return the weights that must come back."""
        lost = {}
        for model in models:
            folder = self.results / f"training/{model}/seed1/segment1"
            for file in sorted(folder.iterdir()):
                lost[str(file.relative_to(self.results))] = file.read_bytes()
                file.unlink()
        return {name: data for name, data in lost.items() if name.endswith(".safetensors")}

    def found(self, names) -> dict[str, bytes]:
        """The same files as they are now."""
        return {name: (self.results / name).read_bytes() for name in names}

    def strike(self, faults: dict[str, str]) -> None:
        """Let the next training job of each model meet a fault: a line of Python."""
        (self.folder / "faults").mkdir(exist_ok=True)
        if MEETING not in (self.folder / SCRIPT).read_text():
            self.edit(SCRIPT, WORK, MEETING + WORK)
        for model, fault in faults.items():
            (self.folder / "faults" / model).write_text(fault)

    def met(self, model: str) -> bool:
        """Whether a job has met the fault."""
        return not (self.folder / "faults" / model).exists()

    def said(self) -> str:
        """What Snakemake said, to its last words."""
        return (self.folder / "said.log").read_text()

    def jobs(self, word: str = "") -> list[dict[str, str]]:
        """Jobs of this world, oldest first, whose SLURM log's path holds a word."""
        answer = subprocess.run(["scontrol", "show", "job", "--oneliner"], capture_output=True,
                                text=True, check=True).stdout
        jobs = [dict(re.findall(r"(\w+)=(\S*)", line)) for line in answer.splitlines()]
        return [job for job in sorted(jobs, key=lambda job: int(job.get("JobId", 0)))
                if job.get("WorkDir") == str(self.folder) and word in job["StdOut"]]

    def states(self, word: str = "") -> list[str]:
        """States of these jobs."""
        return [job["JobState"] for job in self.jobs(word)]


def ended(workflow: subprocess.Popen, timeout_s: float = 600) -> int:
    """Exit status of a run; one that hangs is ended."""
    try:
        return workflow.wait(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        os.killpg(workflow.pid, signal.SIGKILL)
        raise


def wait_until(done: Callable[[], bool], what: Callable[[], str], timeout_s: float = 300) -> None:
    """Wait for a condition; say what is the case if it is not met in time."""
    deadline = time.monotonic() + timeout_s
    while not done():
        assert time.monotonic() < deadline, what()
        time.sleep(0.2)
