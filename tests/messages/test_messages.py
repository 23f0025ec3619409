"""docs/messages.md has every message of the sources, and no other.

A new message fails this test with its file, its line and its text as the page shows it. Write a row
for it, or add its text to a row that means the same to a user. If it is no message, a rule in
other_texts.py says why.
"""
import functools
import glob
import os
import re
import unittest

from other_texts import RULES, rule_of
from sources import pieces_of

SOURCE = os.environ["DARKROOM_SOURCE"]
PAGE = os.path.join(SOURCE, "docs", "messages.md")
LEAST = 1100  # so many messages are found at least, or the reader of the sources is broken

# What stands in a source, and the messages that are found in it.
SNIPPETS = [
    ('return Error(Errc::closed, "in the middle");', ["in the middle"]),
    ('return Error(Errc::closed, is_late ? "after the head" : "before an answer");',
     ["after the head", "before an answer"]),
    ('throw Quit(ExitCode::usage, path + ": it exists; name another" " file");',
     ["…: it exists; name another file"]),
    ('fail(fmt::format("{} of {:.1f} are {{left}}", 1, two("no such place")));',
     ["… of … are {left}"]),
    ('say({"warning: " + failure.message(), Ink::bad});', []),
    ('say({"a warning: " + failure.message(), Ink::bad});', []),
    ('say({"warning: no room: " + why + " is full", Ink::bad});', ["warning: no room: … is full"]),
    ('text += fmt::format("; {}", has_quotes ? "use two quotes" : std::string("leave them out"));',
     ["use two quotes", "leave them out"]),
    ('switch (code) { case Errc::gone: return "the client is gone"; }', ["the client is gone"]),
    ('constexpr Row rows[] = {{"not_found", "the service never took it"}};',
     ["the service never took it"]),
    ('needs(member, "a list", findings);', ["'…' needs a list, not …"]),
    ('return file_error("look at", directory + "/a place");', ["cannot look at …"]),
    ("auto const sign = '\"'; // a comment with \"two words\"\n/* \"and more\" */", []),
    ('#define WORDS "of the preprocessor"\nwarn("a \\"quoted\\" word\\n");', ['a "quoted" word']),
    ('Result<std::string> f() { return unusable(std::move(path), printable("no such path")); }',
     ["no such path"]),
    ('std::string_view const key = "one"; auto x = a < b ? "two"sv : "three words here"sv;',
     ["three words here"]),
]


def sources():
    names = [name for room in ("runner", "jobs") for ending in ("cpp", "hpp")
             for name in glob.glob(os.path.join(SOURCE, room, "**", "*." + ending), recursive=True)]
    return sorted(names)


@functools.lru_cache(None)
def all_pieces():
    pieces = []
    for name in sources():
        with open(name, encoding="utf-8") as file:
            pieces += pieces_of(file.read(), os.path.relpath(name, SOURCE))
    return pieces


class Row:
    def __init__(self, line, number, section):
        cells = re.split(r"(?<!\\)\|", line.strip())[1:-1]
        self.number = number
        self.section = section
        self.has_two_cells = len(cells) == 2
        message, self.why = (cells + ["", ""])[:2]
        self.messages = [part.strip().strip("`").replace("\\|", "|")
                         for part in message.split("<br>")]
        self.is_code = all(re.fullmatch(r" ?(`[^`]+`|``.+``) ?", part)
                           for part in message.split("<br>"))


def rows_of_page():
    section = ""
    with open(PAGE, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.startswith("## "):
                section = line[3:].strip()
            elif line.startswith("| ") and not line.startswith(("| message", "| ---")):
                yield Row(line, number, section)


def order_of(message):
    return re.sub(r"^\W+", "", message).casefold(), message


class Reader(unittest.TestCase):
    """The reader of the sources finds what it should."""

    def test_it_finds_the_messages_of_each_snippet(self):
        for source, messages in SNIPPETS:
            with self.subTest(source):
                found = pieces_of(source, "snippet.cpp")
                self.assertEqual([piece.text for piece in found], messages)

    def test_it_knows_the_place_of_a_message(self):
        source = ('namespace a {\nvoid f(int x) {\n    if (x) give_up(Error(code, "a wrong\\n "\n'
                  '                               "number"));\n}\n'
                  'Row const rows[] = {{"two words"}};\n}')
        first, second = pieces_of(source, "a.cpp")
        self.assertEqual((first.line, first.place, first.calls), (3, "f", ("give_up", "Error")))
        self.assertEqual((second.text, second.line, second.place), ("two words", 6, "rows"))

    def test_every_rule_for_other_texts_is_needed(self):
        used = {rule_of(piece) for piece in all_pieces()}
        self.assertEqual([rule for number, rule in enumerate(RULES) if number not in used], [])


class Messages(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.found = [piece for piece in all_pieces() if rule_of(piece) is None]
        cls.rows = list(rows_of_page())
        cls.entries = {message for row in cls.rows for message in row.messages}

    def test_many_are_found(self):
        self.assertGreater(len({piece.text for piece in self.found}), LEAST)

    def test_every_message_has_an_entry(self):
        missing = [f"{piece.file}:{piece.line}: no entry in docs/messages.md: {piece.text}"
                   for piece in self.found if piece.text not in self.entries]
        self.assertEqual(missing, [], "\n" + "\n".join(missing))

    def test_every_entry_is_in_the_sources(self):
        texts = {piece.text for piece in self.found}
        left = [f"docs/messages.md:{row.number}: no source has it: {message}"
                for row in self.rows for message in row.messages if message not in texts]
        self.assertEqual(left, [], "\n" + "\n".join(left))

    def test_every_row_says_more_than_its_message(self):
        for row in self.rows:
            with self.subTest(row.number):
                self.assertTrue(row.has_two_cells and row.is_code, row.messages)
                self.assertRegex(row.why.strip(), r".{15,}\.$")

    def test_rows_are_in_order_and_no_section_has_a_message_twice(self):
        for section in {row.section for row in self.rows}:
            with self.subTest(section):
                rows = [row for row in self.rows if row.section == section]
                firsts = [row.messages[0] for row in rows]
                self.assertEqual(firsts, sorted(firsts, key=order_of))
                messages = [message for row in rows for message in row.messages]
                self.assertEqual(len(messages), len(set(messages)))
                for row in rows:
                    self.assertEqual(row.messages, sorted(row.messages, key=order_of))

    def test_its_links_lead_to_sections(self):
        with open(PAGE, encoding="utf-8") as file:
            links = set(re.findall(r"\]\(([\w-]+\.md)#([^)]+)\)", file.read()))
        self.assertGreater(len(links), 10)
        for page, anchor in sorted(links):
            with open(os.path.join(SOURCE, "docs", page), encoding="utf-8") as file:
                titles = re.findall(r"(?m)^#+ (.+)$", file.read())
            anchors = [re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-")
                       for title in titles]
            self.assertIn(anchor, anchors, page)


if __name__ == "__main__":
    unittest.main()
