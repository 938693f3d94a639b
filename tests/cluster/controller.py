"""A SLURM controller, a node with fake GPUs, and accounting if asked, on this host.

Debian's slurm-wlm and munge (and slurmdbd, mariadb-server for accounting), started as root without
systemd or cgroups, so memory is allotted and never enforced. /etc/slurm must be ours to link:
jobs lose SLURM_CONF on their way. As a command, for a look by hand:

    python tests/cluster/controller.py start FOLDER [--accounting]
    python tests/cluster/controller.py stop FOLDER
"""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

ETC, MUNGE = Path("/etc/slurm"), Path("/run/munge")
DATABASE_SOCKET = Path("/run/mysqld/mysqld.sock")  # where slurmdbd's client library looks
CTLD_PORT, NODE_PORT, DATABASE_PORT = 16817, 16818, 16819
N_CPUS, MEMORY_MB, N_GPUS = 16, 64_000, 8
WAIT_S = 30
GPUS = "AutoDetect=off\nName=gpu Type=fake File={folder}/nvidia[0-{last_gpu}]\n"
ACCOUNTED = """AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={database_port}
"""
MARK = "# italign: a controller for tests\n"
CONF = """ClusterName=onehost
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=cred_expire=10
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmctldPort={ctld_port}
SlurmdPort={node_port}
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SwitchType=switch/none
SchedulerParameters=bf_interval=2,sched_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
ReturnToService=1
MinJobAge=3600
KillWait=3
SlurmdTimeout=30
GresTypes=gpu
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs={n_cpus} RealMemory={memory_mb} Gres=gpu:fake:{n_gpus}
PartitionName=cpu Nodes={host} Default=YES MaxTime=1-00:00:00 State=UP
PartitionName=gpu Nodes={host} MaxTime=1-00:00:00 State=UP
PartitionName=urgent Nodes={host} MaxTime=1-00:00:00 State=UP PriorityTier=10
{accounting}"""
DATABASE_CONF = """AuthType=auth/munge
DbdHost=localhost
DbdPort={database_port}
SlurmUser=root
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=root
StorageLoc=slurm_acct_db
LogFile={folder}/slurmdbd.log
PidFile={folder}/slurmdbd.pid
"""
CONFS = ("slurm.conf", "gres.conf", "slurmdbd.conf")
NEEDED = ("slurmctld", "slurmd", "munged")
NEEDED_TO_ACCOUNT = ("slurmdbd", "mariadbd")


def lacking(accounting: bool = False) -> list[str]:
    """What keeps a controller from being started here; empty if nothing does."""
    programs = NEEDED + (NEEDED_TO_ACCOUNT if accounting else ())
    found = [f"no {name}" for name in programs if not shutil.which(name, path=_path())]
    foreign = [f"{ETC / name} is of another cluster" for name in CONFS if not _is_free(ETC / name)]
    if accounting and DATABASE_SOCKET.exists() and not DATABASE_SOCKET.is_symlink():
        foreign.append(f"a database uses {DATABASE_SOCKET}")
    if "SLURM_CONF" in os.environ:  # what tests ask squeue and scontrol would go there
        foreign.append("SLURM_CONF names another cluster: unset it")
    if (ETC / "slurm.conf").exists() and "UP" in _said("scontrol", "ping"):
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
            _run("mknod", device, "c", "1", "3")
    values = {"folder": folder, "host": socket.gethostname().partition(".")[0],
              "ctld_port": CTLD_PORT, "node_port": NODE_PORT, "database_port": DATABASE_PORT,
              "n_cpus": N_CPUS, "memory_mb": MEMORY_MB, "n_gpus": N_GPUS, "last_gpu": N_GPUS - 1}
    accounted = ACCOUNTED.format(**values) if accounting else ""
    _link(folder, "gres.conf", GPUS.format(**values))
    _link(folder, "slurm.conf", CONF.format(**values, accounting=accounted))
    _start_munge()
    if accounting:
        _start_database(folder, DATABASE_CONF.format(**values))
    start_controller()
    _run("slurmd")
    _wait("an idle node", lambda: "idle" in _said("sinfo", "-h", "-o", "%T"))


def start_controller() -> None:
    """Start the controller, and its accounting if it has one, with the jobs that it knew."""
    if (ETC / "slurmdbd.conf").exists():
        _start_accounting()
    _run("slurmctld")
    _wait("the controller", lambda: "UP" in _said("scontrol", "ping"))


def stop_controller(folder: Path) -> None:
    """Stop the controller and its accounting; running jobs go on."""
    for name in ("slurmctld", "slurmdbd"):
        _kill(folder / f"{name}.pid")


def stop(folder: Path) -> None:
    """Cancel all jobs, stop the daemons (but munge) and take their configs away.

    A config of a dead cluster would cost every start of Snakemake ten seconds.
    """
    ours = [ETC / name for name in CONFS
            if (ETC / name).is_symlink() and (ETC / name).readlink() == folder / name]
    try:
        if ours:
            _said("scancel", "--user=root")
            _wait("the end of all jobs", lambda: not _said("squeue", "-h"))
    finally:
        for name in ("slurmd", "slurmctld", "slurmdbd", "mariadbd"):
            _kill(folder / f"{name}.pid")
        for link in ours:
            link.unlink()
        if (DATABASE_SOCKET.is_symlink()
                and DATABASE_SOCKET.readlink().is_relative_to(folder)):
            DATABASE_SOCKET.unlink()


def _start_munge() -> None:
    _run("install", "-d", "-o", "munge", "-g", "munge", "-m", "0755", MUNGE)
    if subprocess.run(["munge", "-n"], capture_output=True, check=False).returncode:
        _run("runuser", "-u", "munge", "--", "/usr/sbin/munged", "--force")
    _wait("munge", lambda: _said("munge", "-n").startswith("MUNGE:"))


def _start_database(folder: Path, conf: str) -> None:
    data = folder / "database"
    socket_file = data / "mariadb.sock"
    shutil.chown(data, "mysql")
    folder.chmod(0o711)
    if not (data / "mysql").exists():
        _run("mariadb-install-db", "--no-defaults", "--user=mysql", f"--datadir={data}")
    with (folder / "mariadbd.log").open("w") as log:
        subprocess.Popen(["mariadbd", "--no-defaults", "--user=mysql", f"--datadir={data}",
                          f"--socket={socket_file}", f"--pid-file={data}/mariadbd.pid",
                          "--skip-networking", "--innodb-buffer-pool-size=64M"],
                         stdout=log, stderr=log, env=_environment(), start_new_session=True)
    client = ["mariadb", "--no-defaults", f"--socket={socket_file}", "-e"]
    _wait("the database", lambda: "1" in _said(*client, "select 1"))
    (folder / "mariadbd.pid").write_text((data / "mariadbd.pid").read_text())
    _run(*client, "create database if not exists slurm_acct_db")
    DATABASE_SOCKET.parent.mkdir(parents=True, exist_ok=True)
    DATABASE_SOCKET.unlink(missing_ok=True)
    DATABASE_SOCKET.symlink_to(socket_file)
    _link(folder, "slurmdbd.conf", conf)


def _start_accounting() -> None:
    _run("slurmdbd")
    _wait("slurmdbd", lambda: "Cluster" in _said("sacctmgr", "show", "clusters"))
    for words in (("cluster", "onehost"), ("account", "lab"), ("user", "root", "account=lab")):
        _said("sacctmgr", "-i", "add", *words)


def _link(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(MARK + text)
    (folder / name).chmod(0o600 if name == "slurmdbd.conf" else 0o644)
    ETC.mkdir(exist_ok=True)
    (ETC / name).unlink(missing_ok=True)
    (ETC / name).symlink_to(folder / name)


def _is_free(path: Path) -> bool:
    """Whether there is no such config, or one that an earlier start left."""
    if not path.is_symlink():
        return not path.exists()
    return not path.exists() or path.read_text().startswith(MARK)


def _kill(pid_file: Path) -> None:
    if not pid_file.exists():
        return
    pid = int(pid_file.read_text())
    name = Path(f"/proc/{pid}/comm")
    if not name.exists() or name.read_text().strip() != pid_file.stem:  # long gone
        return
    try:
        os.kill(pid, signal.SIGTERM)
        _wait(f"the end of {pid_file.stem}", lambda: _gone(pid))
    except ProcessLookupError:
        pass
    pid_file.unlink(missing_ok=True)


def _gone(pid: int) -> bool:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:  # a daemon, not a child of this process
        pass
    return not Path(f"/proc/{pid}").exists()


def _wait(what: str, done) -> None:
    end = time.monotonic() + WAIT_S
    while not done():
        if time.monotonic() > end:
            raise RuntimeError(f"no sign of {what} after {WAIT_S} s")
        time.sleep(0.1)


def _run(*words: str | Path) -> None:
    answer = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                            env=_environment(), check=False)
    if answer.returncode:
        raise RuntimeError(f"{words[0]}: {answer.stderr.strip() or answer.stdout.strip()}")


def _said(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, env=_environment(),
                          check=False).stdout


def _path() -> str:
    return f"{os.environ['PATH']}:/usr/sbin:/sbin"


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SLURM_")}
    return kept | {"PATH": _path()}


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
