"""Start, ask and end the daemons of a controller."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

WAIT_S = 30


def run(*words: str | Path) -> None:
    """Run a command that must succeed, or raise RuntimeError with what it said."""
    answer = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                            env=environment(), check=False)
    if answer.returncode:
        raise RuntimeError(f"{words[0]}: {answer.stderr.strip() or answer.stdout.strip()}")


def answer_of(*words: str) -> str:
    """What a command says, if anything."""
    return subprocess.run(words, capture_output=True, text=True, env=environment(),
                          check=False).stdout


def wait_for(what: str, is_there: Callable[[], bool]) -> None:
    """Wait for a sign of life, or raise RuntimeError."""
    end = time.monotonic() + WAIT_S
    while not is_there():
        if time.monotonic() > end:
            raise RuntimeError(f"no sign of {what} after {WAIT_S} s")
        time.sleep(0.1)


def kill(pid_file: Path) -> None:
    """End the daemon that <name>.pid tells, if it is still that one."""
    if not pid_file.exists():
        return
    pid = int(pid_file.read_text())
    name = Path(f"/proc/{pid}/comm")
    if not name.exists() or name.read_text().strip() != pid_file.stem:  # long gone
        return
    try:
        os.kill(pid, signal.SIGTERM)
        wait_for(f"the end of {pid_file.stem}", lambda: _is_gone(pid))
    except ProcessLookupError:
        pass
    pid_file.unlink(missing_ok=True)


def _is_gone(pid: int) -> bool:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:  # a daemon, not a child of this process
        pass
    return not Path(f"/proc/{pid}").exists()


def search_path() -> str:
    """PATH with where Debian puts daemons."""
    return f"{os.environ['PATH']}:/usr/sbin:/sbin"


def environment() -> dict[str, str]:
    """Ours, without another cluster's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SLURM_")}
    return kept | {"PATH": search_path()}
