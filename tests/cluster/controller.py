"""A SLURM controller, a node with fake GPUs, and accounting if asked, on this host.

Debian's slurm-wlm and munge (and slurmdbd, mariadb-server for accounting), started as root without
systemd or cgroups, so memory is allotted and never enforced. /etc/slurm must be ours to link:
jobs lose SLURM_CONF on their way. As a command, for a look by hand:

    python -m tests.cluster.controller start FOLDER [--accounting]
    python -m tests.cluster.controller stop FOLDER
"""

import argparse
import os
import shutil
import subprocess
from pathlib import Path

from tests.cluster.configs import N_GPUS, confs
from tests.cluster.daemons import answer_of, environment, kill, run, search_path, wait_for

ETC, MUNGE = Path("/etc/slurm"), Path("/run/munge")
DATABASE_SOCKET = Path("/run/mysqld/mysqld.sock")  # where slurmdbd's client library looks
MARK = "# italign: a controller for tests\n"
CONFS = ("slurm.conf", "gres.conf", "slurmdbd.conf")
NEEDED = ("slurmctld", "slurmd", "munged")
NEEDED_TO_ACCOUNT = ("slurmdbd", "mariadbd")


def lacking(accounting: bool = False) -> list[str]:
    """What keeps a controller from being started here; empty if nothing does."""
    programs = NEEDED + (NEEDED_TO_ACCOUNT if accounting else ())
    found = [f"no {name}" for name in programs if not shutil.which(name, path=search_path())]
    foreign = [f"{ETC / name} is of another cluster" for name in CONFS if not _is_free(ETC / name)]
    if accounting and DATABASE_SOCKET.exists() and not DATABASE_SOCKET.is_symlink():
        foreign.append(f"a database uses {DATABASE_SOCKET}")
    if "SLURM_CONF" in os.environ:  # what tests ask squeue and scontrol would go there
        foreign.append("SLURM_CONF names another cluster: unset it")
    if (ETC / "slurm.conf").exists() and "UP" in answer_of("scontrol", "ping"):
        foreign.append("a controller is running: end it, or the tests that started it")
    return [*found, *(["not root"] if os.geteuid() else []), *foreign]


def start(folder: Path, accounting: bool = False) -> None:
    """Start the daemons and wait for an idle node.

    Parameters
    ----------
    folder : Path
        Theirs: configs, state, logs, pids.
    accounting : bool
        With slurmdbd and its database, so that sacct answers.

    Raises
    ------
    RuntimeError
        If something is lacking, or a daemon does not answer in time.
    """
    if found := lacking(accounting):
        raise RuntimeError(f"no SLURM here: {', '.join(found)}")
    for part in ("state", "spool", "database"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for number in range(N_GPUS):  # devices that hold nothing: CUDA_VISIBLE_DEVICES is set from them
        if not (device := folder / f"nvidia{number}").exists():
            run("mknod", device, "c", "1", "3")
    for name in CONFS:  # of an earlier start that was killed
        (ETC / name).unlink(missing_ok=True)
    for name, text in confs(folder, accounting).items():
        _link(folder, name, text)
    _start_munge()
    if accounting:
        _start_database(folder)
    start_controller()
    run("slurmd")
    wait_for("an idle node", lambda: "idle" in answer_of("sinfo", "-h", "-o", "%T"))


def start_controller() -> None:
    """Start the controller, and its accounting if it has one, with the jobs that it knew."""
    if (ETC / "slurmdbd.conf").exists():
        _start_accounting()
    run("slurmctld")
    wait_for("the controller", lambda: "UP" in answer_of("scontrol", "ping"))


def stop_controller(folder: Path) -> None:
    """Stop the controller and its accounting; running jobs go on."""
    for name in ("slurmctld", "slurmdbd"):
        kill(folder / f"{name}.pid")


def stop(folder: Path) -> None:
    """Cancel all jobs, stop the daemons (but munge) and take their configs away.

    A config of a dead cluster would cost every start of Snakemake ten seconds.
    """
    ours = [ETC / name for name in CONFS
            if (ETC / name).is_symlink() and (ETC / name).readlink() == folder / name]
    try:
        if ours:
            answer_of("scancel", "--user=root")
            wait_for("the end of all jobs", lambda: not answer_of("squeue", "-h"))
    finally:
        for name in ("slurmd", "slurmctld", "slurmdbd", "mariadbd"):
            kill(folder / f"{name}.pid")
        for link in ours:
            link.unlink()
        if (DATABASE_SOCKET.is_symlink()
                and DATABASE_SOCKET.readlink().is_relative_to(folder)):
            DATABASE_SOCKET.unlink()


def _start_munge() -> None:
    run("install", "-d", "-o", "munge", "-g", "munge", "-m", "0755", MUNGE)
    if subprocess.run(["munge", "-n"], capture_output=True, check=False).returncode:
        run("runuser", "-u", "munge", "--", "/usr/sbin/munged", "--force")
    wait_for("munge", lambda: answer_of("munge", "-n").startswith("MUNGE:"))


def _start_database(folder: Path) -> None:
    data = folder / "database"
    socket_file = data / "mariadb.sock"
    shutil.chown(data, "mysql")
    folder.chmod(0o711)
    if not (data / "mysql").exists():
        run("mariadb-install-db", "--no-defaults", "--user=mysql", f"--datadir={data}")
    with (folder / "mariadbd.log").open("w") as log:
        subprocess.Popen(["mariadbd", "--no-defaults", "--user=mysql", f"--datadir={data}",
                          f"--socket={socket_file}", f"--pid-file={data}/mariadbd.pid",
                          "--skip-networking", "--innodb-buffer-pool-size=64M"],
                         stdout=log, stderr=log, env=environment(), start_new_session=True)
    client = ["mariadb", "--no-defaults", f"--socket={socket_file}", "-e"]
    wait_for("the database", lambda: "1" in answer_of(*client, "select 1"))
    (folder / "mariadbd.pid").write_text((data / "mariadbd.pid").read_text())
    run(*client, "create database if not exists slurm_acct_db")
    DATABASE_SOCKET.parent.mkdir(parents=True, exist_ok=True)
    DATABASE_SOCKET.unlink(missing_ok=True)
    DATABASE_SOCKET.symlink_to(socket_file)


def _start_accounting() -> None:
    run("slurmdbd")
    wait_for("slurmdbd", lambda: "Cluster" in answer_of("sacctmgr", "show", "clusters"))
    for words in (("cluster", "onehost"), ("account", "lab"), ("user", "root", "account=lab")):
        answer_of("sacctmgr", "-i", "add", *words)


def _link(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(MARK + text)
    (folder / name).chmod(0o600 if name == "slurmdbd.conf" else 0o644)
    ETC.mkdir(exist_ok=True)
    (ETC / name).symlink_to(folder / name)


def _is_free(path: Path) -> bool:
    """Whether there is no such config, or one that an earlier start left."""
    if not path.is_symlink():
        return not path.exists()
    return not path.exists() or path.read_text().startswith(MARK)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("action", choices=["start", "stop"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--accounting", action="store_true")
    given = parser.parse_args()
    if given.action == "start":
        start(given.folder.resolve(), given.accounting)
    else:
        stop(given.folder.resolve())
