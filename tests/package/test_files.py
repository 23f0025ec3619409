"""The files of the Debian package, and the recipe of a container image."""
import os
import re
import subprocess
import unittest

SOURCE = os.environ["DARKROOM_SOURCE"]
PACKAGE = os.environ["DARKROOM_PACKAGE"]
PATIENCE = 300  # seconds


def printed(*command):
    """Returns what a command prints; it must succeed."""
    return subprocess.run(command, check=True, capture_output=True, text=True,
                          timeout=PATIENCE).stdout


def read(*path):
    with open(os.path.join(SOURCE, *path), encoding="utf-8") as file:
        return file.read()


def version_of_source():
    return re.search(r"project\(darkroom VERSION (\S+)", read("CMakeLists.txt")).group(1)


class Package(unittest.TestCase):
    def test_it_says_what_it_is_and_needs(self):
        self.assertEqual(printed("dpkg-deb", "--field", PACKAGE, "Package", "Version", "Section"),
                         f"Package: darkroom\nVersion: {version_of_source()}\nSection: graphics\n")
        needed = printed("dpkg-deb", "--field", PACKAGE, "Depends")
        for library in ("libc6", "libssl3", "libsqlite3-0", "libyaml-cpp0.7", "libnghttp2-14",
                        "libfmt9", "libexiv2-27", "libpq5", "ca-certificates"):
            self.assertRegex(needed, rf"(^|, ){re.escape(library)}( |,|$)")
        self.assertNotIn("-dev", needed)
        self.assertEqual(printed("dpkg-deb", "--field", PACKAGE, "Recommends"), "libarchive13\n")

    def test_every_file_has_its_place_and_belongs_to_root(self):
        listed = printed("dpkg-deb", "--contents", PACKAGE).splitlines()
        files = {}
        for line in listed:
            mode, owner, *_, path = line.split(" -> ")[0].split()
            self.assertEqual(owner, "root/root", line)
            files[path.removeprefix(".")] = mode
        share = "/usr/share"
        wanted = {"/usr/bin/darkroom": "-rwxr-xr-x"}
        for name in ("man/man1/darkroom.1.gz", "bash-completion/completions/darkroom",
                     "zsh/vendor-completions/_darkroom", "fish/vendor_completions.d/darkroom.fish",
                     "doc/darkroom/copyright", "doc/darkroom/README.md",
                     "doc/darkroom/CHANGELOG.md", "doc/darkroom/changelog.gz",
                     "doc/darkroom/docs/cli.md", "doc/darkroom/docs/job-file.md",
                     "doc/darkroom/examples/quickstart.yaml", "darkroom/job.schema.json",
                     "doc/darkroom/README.zh-CN.md", "doc/darkroom/docs/recipes.md",
                     "doc/darkroom/docs/messages.md",
                     "doc/darkroom/examples/recipes/products.csv",
                     "darkroom/events.schema.json"):
            wanted[f"{share}/{name}"] = "-rw-r--r--"
        self.assertEqual({path: files.get(path) for path in wanted}, wanted)
        folders = ("/", "/usr/", "/usr/bin/", "/usr/share/")
        places = ("bash-completion/", "darkroom/", "doc/", "fish/", "lintian/", "man/", "zsh/")
        for path in files.keys() - wanted.keys() - set(folders):
            self.assertTrue(path.startswith(tuple(f"{share}/{place}" for place in places)), path)

    def test_lintian_finds_no_error(self):
        judged = subprocess.run(["lintian", "--allow-root", "--fail-on", "error", PACKAGE],
                                capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(judged.returncode, 0, judged.stdout + judged.stderr)


class Recipe(unittest.TestCase):
    """examples/Containerfile, read as a file: this machine needs no podman for it."""

    def setUp(self):
        text = re.sub(r"\\\n", " ", read("examples", "Containerfile"))
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        self.steps = [tuple(line.split(None, 1)) for line in lines]
        starts = [i for i, (word, _) in enumerate(self.steps) if word == "FROM"]
        self.assertEqual(len(starts), 2)
        self.build, self.final = self.steps[:starts[1]], self.steps[starts[1]:]

    def values(self, word, steps=None):
        return [value for name, value in (steps or self.steps) if name == word]

    def test_it_begins_with_debian_12_and_names_no_moving_version(self):
        self.assertEqual([value.split()[0] for value in self.values("FROM")],
                         ["debian:bookworm-slim"] * 2)
        text = read("examples", "Containerfile")
        self.assertNotIn("latest", text)
        self.assertEqual(set(re.findall(r"darkroom:([\d.]+)", text)), {version_of_source()})

    def test_it_builds_with_the_script_that_the_tests_run(self):
        self.assertEqual(self.values("RUN", self.build), ["examples/package.sh /package"])

    def test_what_it_copies_exists_and_is_all_that_the_build_reads(self):
        copied = set()
        for value in self.values("COPY", self.build):
            *sources, place = value.split()
            for source in sources:
                self.assertTrue(os.path.exists(os.path.join(SOURCE, source)), source)
            self.assertIn(place, ("./", *sources), "a folder keeps its name")
            copied.update(sources)
        # The source holds nothing else, apart from what is for those who change it.
        tracked = printed("git", "-C", SOURCE, "ls-tree", "--name-only", "HEAD").split() \
            if os.path.exists(os.path.join(SOURCE, ".git")) else []
        left_out = {name for name in tracked if not name.startswith(".")} - copied
        self.assertEqual(left_out, {"tests"})

    def test_it_installs_the_package_and_nothing_by_name(self):
        installed = re.findall(r"apt-get install ([^&]+)", " ".join(self.values("RUN")))
        self.assertEqual([[word for word in words.split() if not word.startswith("-")]
                          for words in installed], [["/package/*.deb"]])
        self.assertEqual(self.values("COPY", self.final), ["--from=build /package /package"])

    def test_it_runs_as_a_user_of_its_own(self):
        names = [name for name, _ in self.final]
        user = self.values("USER", self.final)
        self.assertEqual(user, ["darkroom"])
        self.assertRegex(self.values("RUN", self.final)[0], r"useradd [^&]*\bdarkroom\b")
        self.assertGreater(names.index("USER"), names.index("RUN"))
        self.assertEqual(self.values("WORKDIR", self.final), ["/pictures"])
        self.assertEqual(self.values("ENTRYPOINT", self.final), ['["darkroom"]'])

    def test_it_holds_no_secret(self):
        for word in ("ENV", "ARG"):
            self.assertEqual(self.values(word), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
