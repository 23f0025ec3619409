"""A Slurm cluster of a test's own: two nodes on this host, each daemon in the test's directory.

It needs root, since slurmd starts the tasks of any user. No systemd and no cgroups are needed.
"""
import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess
import time

from stage import PATIENCE

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scontrol")
CONFIGURATION = """\
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
SlurmdTimeout=60
KillWait=5
InactiveLimit=0
MinJobAge=300
SchedulerParameters=sched_interval=2,bf_interval=2
JobRequeue=1
RequeueExit=75
MpiDefault=none
SlurmdParameters=config_overrides
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=4 RealMemory=64000
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=4 RealMemory=64000
PartitionName=p Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
"""
PR_SET_CHILD_SUBREAPER = 36  # of linux/prctl.h


def why_not():
    """Returns why there can be no cluster here, or nothing."""
    if os.geteuid() != 0:
        return "it needs root"
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    return f"no {', '.join(missing)}: examples/packages.sh test" if missing else ""


def own_processes():
    """Returns the words before a command that give it a space of process numbers of its own."""
    words = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    done = subprocess.run([*words, "true"], capture_output=True, check=False)
    return words if done.returncode == 0 else []


def free_ports(count):
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def living():
    """Returns the parent of each process that has not ended."""
    parents = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                state, parent = file.read().rpartition(")")[2].split()[:2]
        except OSError:  # it has just ended
            continue
        if state not in "ZX":
            parents[int(pid)] = int(parent)
    return parents


def descendants():
    parents = living()
    found, before = {os.getpid()}, set()
    while found != before:
        before = found
        found = found | {pid for pid, parent in parents.items() if parent in found}
    return found - {os.getpid()}


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def kill_descendants():
    """Ends what is left of the cluster: slurmstepd and its tasks survive their slurmd, but not
    this process's care, since it is the one that inherits them."""
    deadline = time.monotonic() + PATIENCE
    while descendants():
        assert time.monotonic() < deadline, "a process cannot be killed"
        for pid in descendants():
            kill(pid)
        time.sleep(0.02)
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


class Slurm:
    """Its nodes are n1 and n2, with four processors each."""

    def __init__(self, stage):
        self.folder = stage.path("slurm")
        self.environment = {**stage.environment, "SLURM_CONF": self.path("slurm.conf")}
        assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
        stage.addCleanup(kill_descendants)
        os.mkdir(self.folder)
        os.mkdir(self.path("state"))
        with open(self.path("slurm.conf"), "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(host=socket.gethostname().partition(".")[0],
                                            folder=self.folder, ports=free_ports(3)))
        self.daemons = {}
        self.start_munge()
        self.start("slurmctld", "-D", "-f", self.path("slurm.conf"))
        # Processes of another host cannot be seen: nor can those of n1 from n2, where that is allowed.
        for node, prefix in (("n1", []), ("n2", own_processes())):
            os.mkdir(self.path(node))
            self.start(*prefix, "slurmd", "-D", "-N", node, "-f", self.path("slurm.conf"),
                       name=node)
        self.wait_until(lambda: self.states_of_nodes() == {"n1": "IDLE", "n2": "IDLE"})

    def path(self, name):
        return os.path.join(self.folder, name)

    def start_munge(self):
        with open(os.open(self.path("munge.key"), os.O_WRONLY | os.O_CREAT, 0o400), "wb") as file:
            file.write(os.urandom(128))
        files = [f"--{what}={self.path('munge.' + what.partition('-')[0])}"
                 for what in ("key-file", "log-file", "pid-file", "seed-file", "socket")]
        self.start("munged", "--foreground", "--force", *files)
        self.wait_until(lambda: os.path.exists(self.path("munge.socket")))

    def start(self, program, *arguments, name=None):
        """Starts a daemon that does not survive the test, not even a killed one."""
        name = name or program
        with open(self.path(f"{name}.out"), "ab") as log:
            self.daemons[name] = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", program, *arguments], stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, cwd=self.folder, env=self.environment)

    def wait_until(self, is_so):
        deadline = time.monotonic() + PATIENCE
        while not is_so():
            for name, daemon in self.daemons.items():
                assert daemon.poll() is None or name == "n1", f"{name} has ended: {self.logs()}"
            assert time.monotonic() < deadline, f"too slow: {self.logs()}"
            time.sleep(0.05)

    def logs(self):
        texts = []
        for name in sorted(os.listdir(self.folder)):
            if name.endswith((".log", ".out")):
                with open(self.path(name), encoding="utf-8", errors="replace") as file:
                    texts += [f"--- {name}", *file.read().splitlines()[-30:]]
        return "\n".join(texts)

    def call(self, *arguments, **more):
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=PATIENCE,
                              check=False, env=self.environment, **more)
        return done.stdout if done.returncode == 0 else ""

    def states_of_nodes(self):
        return dict(re.findall(r"NodeName=(\S+) .*? State=(\S+)",
                               self.call("scontrol", "show", "node", "--oneliner")))

    def submit(self, script, directory):
        """Returns the number of the array."""
        said = self.call("sbatch", "--parsable", script, cwd=directory)
        assert said, self.logs()
        return said.strip()

    def tasks(self, array):
        """Returns what Slurm knows of each task: JobId, JobState, ExitCode, NodeList, Restarts."""
        lines = self.call("scontrol", "show", "job", "--oneliner", array).splitlines()
        found = {}
        for line in lines:
            fields = dict(re.findall(r"(\w+)=(\S*)", line))
            if fields["ArrayTaskId"].isdigit():  # several that wait for a node are one line
                found[int(fields["ArrayTaskId"])] = fields
        return found

    def count_of(self, array, *states):
        return sum(task["JobState"] in states for task in self.tasks(array).values())

    def wait_for(self, array, count, *states):
        """Waits until so many tasks are in one of these states; returns all tasks."""
        self.wait_until(lambda: self.count_of(array, *states) == count)
        return self.tasks(array)

    def start_held(self, array, before=None):
        """Starts the tasks that were requeued: Slurm holds each of them for two minutes. A node
        refuses one whose last credential was revoked in the same second. `before`: all tasks as
        they were; each starts on the same node again."""
        for number, task in self.tasks(array).items():
            if task["JobState"] == "PENDING":
                node = [f"NodeList={before[number]['NodeList']}"] if before else []
                self.call("scontrol", "update", f"JobId={array}_{number}", "StartTime=now+3",
                          *node)

    def processes(self, node):
        """Returns the tasks that are at work on a node, each with its slurmstepd."""
        found = {}
        for pid, parent in living().items():
            try:
                with open(f"/proc/{pid}/environ", "rb") as file:
                    variables = file.read().split(b"\0")
            except OSError:
                continue
            if (f"SLURM_CONF={self.path('slurm.conf')}".encode() in variables
                    and f"SLURMD_NODENAME={node}".encode() in variables):
                found[pid] = parent
        return found

    def lose_control_of(self, node):
        """Kills slurmd: its tasks go on, and Slurm cannot reach them."""
        self.daemons[node].kill()
        self.daemons[node].wait(PATIENCE)

    def lose(self, node):
        """Kills all of a node."""
        tasks = self.processes(node)
        self.lose_control_of(node)
        for pid in [*tasks.values(), *tasks]:
            kill(pid)
        self.wait_until(lambda: not self.processes(node))

    def wait_until_noticed(self, node):
        """Waits until Slurm itself has noticed that a node is lost: with the shortest time-out
        that a busy machine does not disturb, it takes half a minute."""
        with open(self.path("slurm.conf"), encoding="utf-8") as file:
            text = file.read()
        with open(self.path("slurm.conf"), "w", encoding="utf-8") as file:
            file.write(text.replace("SlurmdTimeout=60", "SlurmdTimeout=5"))
        self.call("scontrol", "reconfigure")
        self.wait_until(lambda: "DOWN" in self.states_of_nodes()[node])

    def give_up(self, node):
        """Has Slurm take a node for lost, at once: its tasks are requeued."""
        self.call("scontrol", "update", f"NodeName={node}", "State=DOWN", "Reason=lost")
