"""A PostgreSQL server of a test's own, in its directory, without TCP."""
import glob
import os
import signal
import subprocess

from stage import PATIENCE


def program(name):
    """Debian keeps the server's programs out of PATH, a folder for each version."""
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"))
    assert found, f"{name} is missing: install postgresql"
    return found[-1]


class Postgres:
    """Runs as the user postgres where the test is root, which the server refuses. A durable one
    waits for the disk."""

    def __init__(self, stage, durable=False):
        self.stage = stage
        self.settings = [] if durable else ["-c", "fsync=off"]
        self.folder = stage.path("postgres")
        self.data = os.path.join(self.folder, "data")
        os.mkdir(self.folder)
        self.as_user = ["setpriv", "--pdeathsig", "QUIT"]
        if os.geteuid() == 0:
            os.chmod(stage.directory, 0o755)
            subprocess.run(["chown", "postgres", self.folder], check=True)
            self.as_user += ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
        self.call("initdb", "--pgdata", self.data, "--username=darkroom", "--auth=trust",
                  "--no-sync", "--encoding=UTF8", "--locale=C")
        self.url = f"postgresql://darkroom@/postgres?host={self.folder}"
        self.process = None
        self.start()
        stage.addCleanup(self.crash)

    def call(self, name, *arguments):
        done = subprocess.run([*self.as_user, program(name), *arguments], cwd=self.folder,
                              capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done
        return done.stdout

    def start(self):
        """Returns when it takes connections."""
        with open(os.path.join(self.folder, "server.log"), "ab") as log:
            self.process = subprocess.Popen(
                [*self.as_user, program("postgres"), "-D", self.data, "-c", "listen_addresses=",
                 "-c", f"unix_socket_directories={self.folder}", *self.settings],
                cwd=self.folder, stdout=log, stderr=log)
        self.wait_until_ready()

    def wait_until_ready(self):
        for _ in range(int(PATIENCE)):
            done = subprocess.run([program("pg_isready"), "-q", "-h", self.folder, "-t", "1"],
                                  check=False)
            if done.returncode == 0:
                return
            try:
                self.process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError("the server has ended")
        raise AssertionError("the server does not come up")

    def crash(self):
        """Ends it as `pg_ctl -m immediate` does: what is committed stays."""
        if self.process:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(PATIENCE)
            self.process = None

    def ask(self, sql):
        """Returns the answer as lines."""
        return self.call("psql", "-h", self.folder, "-U", "darkroom", "-d", "postgres", "-At",
                         "-c", sql).splitlines()
