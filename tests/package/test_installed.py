"""The Debian package in a fresh Debian 12: apt installs it, it makes pictures, apt removes it.

The bare system is made once by debootstrap and kept in build/debian; each test unpacks it again.
It needs root, the network, and a machine on which a Debian can be unpacked. Without them it is
skipped (exit 77) and says why.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import unittest
import urllib.error
import urllib.request

SOURCE = os.environ["DARKROOM_SOURCE"]
PACKAGE = os.environ["DARKROOM_PACKAGE"]
KEPT = os.path.join(SOURCE, "build", "debian")
BARE = os.path.join(KEPT, "bookworm.tar")
ROOT = os.path.join(KEPT, "root")
PATIENCE = 600  # seconds
SKIPPED = 77
FROM_HERE = ("/etc/resolv.conf", "/etc/hosts")


def run(*command, directory=None):
    """Runs a command, which must succeed, and returns what it prints."""
    ended = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False,
                           timeout=PATIENCE, stdin=subprocess.DEVNULL)
    if ended.returncode != 0:
        raise AssertionError(f"{command}: exit {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return ended.stdout


def mirror():
    """Returns the address from which apt of this machine has Debian 12."""
    listed = run("apt-get", "indextargets", "--format", "$(REPO_URI)", "Origin: Debian",
                 "Codename: bookworm", "Component: main").split()
    return (listed or ["http://deb.debian.org/debian"])[0].rstrip("/")


def why_not():
    """Returns the reason why this machine cannot run the test, or ''."""
    if os.geteuid() != 0:
        return "it needs root, for chroot"
    try:
        with urllib.request.urlopen(mirror() + "/dists/bookworm/InRelease", timeout=30):
            return ""
    except (urllib.error.URLError, OSError) as error:
        return f"the Debian mirror cannot be reached: {error}"


def make_bare_system():
    """Lets debootstrap make the tar file of a minimal Debian 12, if it is not there yet."""
    if os.path.exists(BARE):
        return
    fresh = os.path.join(KEPT, "fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    os.makedirs(KEPT, exist_ok=True)
    run("debootstrap", "--variant=minbase", "bookworm", fresh, mirror())
    run("tar", "--create", "--numeric-owner", "--file", BARE + ".part", "--directory", fresh, ".")
    os.rename(BARE + ".part", BARE)
    shutil.rmtree(fresh)


def in_root(*command, user="0:0", home="/root"):
    """Runs a command in the fresh system, in the home of this user."""
    environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", f"HOME={home}", "LANG=C.UTF-8",
                   "DEBIAN_FRONTEND=noninteractive"]
    return run("chroot", f"--userspec={user}", ROOT, "env", "--ignore-environment",
               f"--chdir={home}", *environment, *command)


def path_in_root(*path):
    return os.path.join(ROOT, *(part.lstrip("/") for part in path))


def files_of_system():
    """Returns the paths of all files, without what apt and dpkg keep for themselves and what the
    user's run has made."""
    left_out = ["/var/cache", "/var/lib", "/var/log", "/root", "/proc", "/dev", "/tmp", "/srv"]
    pruned = [word for path in left_out for word in ("-path", path, "-prune", "-o")]
    return set(in_root("find", "/", "-xdev", *pruned, "-print").splitlines())


def why_no_system():
    """Makes the fresh system. Returns the reason why this machine cannot, or ''."""
    try:
        make_bare_system()
        shutil.rmtree(ROOT, ignore_errors=True)
        os.makedirs(ROOT)
        run("tar", "--extract", "--numeric-owner", "--file", BARE, "--directory", ROOT)
        for file in FROM_HERE:
            if os.path.exists(file):
                shutil.copy(file, path_in_root(file))
        in_root("apt-get", "-q", "update")
        return ""
    except (AssertionError, OSError, subprocess.TimeoutExpired) as error:
        return f"no fresh Debian can be made here: {' '.join(str(error).split())[-300:]}"


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shutil.copy(PACKAGE, path_in_root("root"))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(ROOT)

    def command_of_readme(self):
        """Returns the words with which the README installs the package."""
        with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as file:
            found = re.search(r"^(?:sudo )?apt (install \./darkroom_\S+\.deb)", file.read(), re.M)
        self.assertIsNotNone(found, "README.md says how to install the package")
        return found.group(1).split()

    def test_apt_installs_it_it_makes_pictures_and_apt_removes_it(self):
        in_root("sh", "-c", "! command -v darkroom")
        in_root("apt-get", "-q", "-y", "--no-install-recommends", *self.command_of_readme())
        self.check_files()
        self.check_run()
        self.check_removal()

    def check_files(self):
        version = re.search(r"_([\d.]+)_", os.path.basename(PACKAGE)).group(1)
        self.assertEqual(in_root("darkroom", "--version"), f"darkroom {version}\n")
        for path, words in (
                ("/usr/share/bash-completion/completions/darkroom", ["bash"]),
                ("/usr/share/zsh/vendor-completions/_darkroom", ["zsh"]),
                ("/usr/share/fish/vendor_completions.d/darkroom.fish", ["fish"])):
            with open(path_in_root(path), encoding="utf-8") as file:
                self.assertEqual(file.read(), in_root("darkroom", "completion", *words), path)
        page = in_root("gzip", "-dc", "/usr/share/man/man1/darkroom.1.gz")
        self.assertEqual(page, in_root("darkroom", "help", "--man"))
        self.check_links("/usr/share/doc/darkroom")

    def check_links(self, folder):
        """Each link of the installed pages leads to a file."""
        for directory, _, names in os.walk(path_in_root(folder)):
            for name in names:
                if not name.endswith(".md"):
                    continue
                with open(os.path.join(directory, name), encoding="utf-8") as file:
                    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", file.read())
                for link in links:
                    if "://" not in link:
                        self.assertTrue(os.path.exists(os.path.join(directory, link)),
                                        f"{name}: {link}")

    def check_run(self):
        """A user without rights runs the job of the quick start."""
        in_root("install", "-d", "-o", "1000", "-g", "1000", "/srv/maker")
        maker = {"user": "1000:1000", "home": "/srv/maker"}
        job = "/usr/share/doc/darkroom/examples/quickstart.yaml"
        summary = json.loads(in_root("darkroom", "run", job, "-o", "quickstart", "--rate", "50/s",
                                     "--json", "-q", **maker))
        self.assertEqual((summary["exit"], summary["images"], summary["paid"]), (0, 5, 5))
        directory = path_in_root("srv", "maker", "quickstart")
        with open(os.path.join(directory, "manifest.jsonl"), encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        self.assertEqual(len(rows), 5)
        for row in rows:
            picture = os.path.join(directory, row["file"])
            self.assertEqual(os.path.getsize(picture), row["bytes"])
        in_root("darkroom", "verify", "quickstart", **maker)
        # This format needs a package that is only recommended.
        export = "darkroom export quickstart --to webdataset -o shards"
        said = in_root("sh", "-c", f"{export} 2>&1; test $? = 64", **maker)
        self.assertIn("install the package libarchive13", said)
        in_root("sh", "-c", "! test -e shards", **maker)
        in_root("apt-get", "-q", "-y", "--no-install-recommends", "install", "libarchive13")
        in_root(*export.split(), **maker)

    def check_removal(self):
        self.assertGreater(len({path for path in files_of_system() if "darkroom" in path}), 20)
        in_root("apt-get", "-q", "-y", "purge", "darkroom")
        self.assertEqual({path for path in files_of_system() if "darkroom" in path}, set())
        self.assertEqual(in_root("sh", "-c", "dpkg --list darkroom 2>&1 || true").strip(),
                         "dpkg-query: no packages found matching darkroom")


if __name__ == "__main__":
    reason = why_not() or why_no_system()
    if reason:
        print(f"SKIPPED: package_installed: {reason}")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
