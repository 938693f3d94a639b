"""slurm.conf, gres.conf and slurmdbd.conf of a controller on one host."""

import socket
from pathlib import Path

CTLD_PORT, NODE_PORT, DATABASE_PORT = 16817, 16818, 16819
N_CPUS, MEMORY_MB, N_GPUS = 16, 64_000, 8
GPUS = "AutoDetect=off\nName=gpu Type=fake File={folder}/nvidia[0-{last_gpu}]\n"
ACCOUNTED = """AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={database_port}
"""
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


def confs(folder: Path, accounting: bool) -> dict[str, str]:
    """Text of each config by its name."""
    values = {"folder": folder, "host": socket.gethostname().partition(".")[0],
              "ctld_port": CTLD_PORT, "node_port": NODE_PORT, "database_port": DATABASE_PORT,
              "n_cpus": N_CPUS, "memory_mb": MEMORY_MB, "n_gpus": N_GPUS, "last_gpu": N_GPUS - 1}
    accounted = ACCOUNTED.format(**values) if accounting else ""
    texts = {"gres.conf": GPUS.format(**values),
             "slurm.conf": CONF.format(**values, accounting=accounted)}
    return texts | ({"slurmdbd.conf": DATABASE_CONF.format(**values)} if accounting else {})
