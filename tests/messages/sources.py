"""Finds the texts in C++ sources that a person may read as a message.

The rule is: every expression that has a text literal with two words in it is a message, unless its
place says that it is something else: a help text, SQL, the head of an HTTP message. So a new
message is found wherever it is made, and by whatever helper.
"""
import re
from typing import NamedTuple

TOKEN = re.compile(r'''
  (?P<skip>\s+|//[^\n]*|/\*.*?\*/|^[ \t]*\#(?:[^\n\\]|\\.|\\\n)*)
| (?P<raw>R"(?P<mark>[^(\s]*)\((?P<body>.*?)\)(?P=mark)")
| (?P<text>"(?:[^"\\\n]|\\.)*"(?:sv|s)?)
| (?P<sign>'(?:[^'\\\n]|\\.)+')
| (?P<number>\.?\d(?:[\w.']|[eE][+-])*)
| (?P<name>[A-Za-z_]\w*)
| (?P<mark_>::|->|<<|>>|&&|\|\||[=!<>+\-*/]=|.)
''', re.VERBOSE | re.DOTALL | re.MULTILINE)
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "'": "'", "0": "\0"}
CLOSING = {"(": ")", "[": "]", "{": "}"}
SPLITTERS = {",", ";", "?", ":", "return", "co_return", "co_await", "co_yield", "=", "+=", "==",
             "!=", "<=", ">=", "&&", "||", "<<", ">>", "<", ">", "case", "else", "throw", "!", "&",
             "|"}
DECLARES = {"namespace", "class", "struct", "enum", "union"}
QUALIFIERS = {"const", "noexcept", "override", "else", "do", "try", "mutable"}
BRANCHES = {"if", "for", "while", "switch", "catch"}
# Calls whose text is that of their argument.
SAME_TEXT = {"string", "string_view", "move", "printable", "to_owned"}
ANYTHING = "…"
# Helpers that put one of their arguments, by its number, into a message.
WRAPPED = {"needs": (1, "'…' needs {}, not …"), "file_error": (0, "cannot {} …")}


class Token(NamedTuple):
    kind: str
    text: str
    line: int


class Group(NamedTuple):
    opening: str
    nodes: list
    line: int


class Piece(NamedTuple):
    """A text of the sources: where it is, the calls around it, the function or table it is in."""
    file: str
    line: int
    text: str
    calls: tuple
    place: str
    is_raw: bool = False


def unescaped(literal):
    literal = literal[1:literal.rindex('"')]
    return re.sub(r"\\(x[0-9a-f]{2}|.)",
                  lambda found: ESCAPES.get(found[1], found[1]), literal, flags=re.DOTALL)


def tokens_of(source):
    line = 1
    for found in TOKEN.finditer(source):
        if found["skip"] is None:
            if found["raw"] is not None:
                yield Token("raw", found["body"], line)
            elif found["text"] is not None:
                yield Token("text", unescaped(found["text"]), line)
            else:
                kind = found.lastgroup
                yield Token("mark" if kind == "mark_" else kind, found[0], line)
        line += found[0].count("\n")


def tree_of(source):
    """Returns the tokens with what is in brackets as groups."""
    stack = [Group("", [], 0)]
    for token in tokens_of(source):
        if token.kind == "mark" and token.text in CLOSING:
            stack.append(Group(token.text, [], token.line))
        elif token.kind == "mark" and token.text in CLOSING.values():
            if len(stack) > 1:
                group = stack.pop()
                stack[-1].nodes.append(group)
        else:
            stack[-1].nodes.append(token)
    return stack[0].nodes


def is_mark(node, *texts):
    return isinstance(node, Token) and node.kind in ("mark", "name") and node.text in texts


def is_literal(node):
    return isinstance(node, Token) and node.kind in ("text", "raw")


def split(nodes, is_border):
    parts = [[]]
    for node in nodes:
        if is_border(node):
            parts.append([])
        else:
            parts[-1].append(node)
    return parts


def called(nodes):
    """Returns the name before the last group of a call such as fmt::format(…); else ""."""
    if len(nodes) < 2 or not isinstance(nodes[-1], Group) or nodes[-1].opening != "(":
        return ""
    before = nodes[-2]
    if is_mark(before, ">"):  # a template's arguments
        return ""
    return before.text if isinstance(before, Token) and before.kind == "name" else ""


def format_text(text):
    """Returns a format string with … for its fields."""
    def field(found):
        return found[0][0] if found[0] in ("{{", "}}") else ANYTHING
    return re.sub(r"\{\{|\}\}|\{[^{}]*\}", field, text)


def text_of_operand(nodes):
    if nodes and all(is_literal(node) for node in nodes):
        return "".join(node.text for node in nodes)
    name = called(nodes)
    if name == "format":
        first = split(nodes[-1].nodes, lambda node: is_mark(node, ","))[0]
        if first and all(is_literal(node) for node in first):
            return format_text("".join(node.text for node in first))
    if name in SAME_TEXT:
        inner = nodes[-1].nodes
        if not any(is_mark(node, *SPLITTERS) for node in inner):
            return text_of_sum(inner)
    return ANYTHING


def text_of_sum(nodes):
    text = "".join(text_of_operand(part)
                   for part in split(nodes, lambda node: is_mark(node, "+")))
    return re.sub(rf"{ANYTHING}+", ANYTHING, text)


def shown(text, calls, argument):
    """Returns the message that an argument of the last call makes, as the page shows it."""
    helper = calls[-1] if calls else ""
    if helper in WRAPPED and argument == WRAPPED[helper][0] and text != ANYTHING:
        text = WRAPPED[helper][1].format(text)
    if helper == "snprintf":
        text = text.replace("%d", ANYTHING)
    return " ".join(text.split())


def has_words(text):
    """Two words make a message."""
    return len(re.findall(r"[^\W\d_]{2,}", text)) > 1 and " " in text.strip()


def first_line(nodes):
    """Returns the line of the first literal below these nodes."""
    for node in nodes:
        if is_literal(node):
            return node.line
        if isinstance(node, Group):
            line = first_line(node.nodes)
            if line:
                return line
    return 0


class Reader:
    def __init__(self, file):
        self.file = file
        self.pieces = []
        self.place = ""

    def read(self, nodes, calls=()):
        segment = []
        argument = 0
        for number, node in enumerate(nodes):
            is_block = isinstance(node, Group) and node.opening == "{"
            if is_block or is_mark(node, *SPLITTERS):
                self.read_segment(segment, calls, argument)
                segment = []
                argument += is_mark(node, ",")
            else:
                segment.append(node)
            if is_block:
                before = self.place
                self.place = self.name_of_block(nodes[:number]) or before
                maker = self.maker_of(nodes[:number])
                self.read(node.nodes, calls + ((maker,) if maker else ()))
                self.place = before
        self.read_segment(segment, calls, argument)

    @staticmethod
    def statement_before(nodes):
        end = len(nodes)
        while end and not is_mark(nodes[end - 1], ";") and not (
                isinstance(nodes[end - 1], Group) and nodes[end - 1].opening == "{"):
            end -= 1
        return nodes[end:]

    def maker_of(self, before):
        """Returns the type whose braces come next, as in Stop{…}."""
        statement = self.statement_before(before)
        if not statement or any(is_mark(node, *DECLARES) for node in statement):
            return ""
        last = statement[-1]
        is_name = isinstance(last, Token) and last.kind == "name"
        return last.text if is_name and last.text not in QUALIFIERS else ""

    def name_of_block(self, before):
        """Returns the name of the function whose body comes next, or of the table."""
        statement = self.statement_before(before)
        if any(is_mark(node, *DECLARES) for node in statement):
            return ""
        for number, node in enumerate(statement[1:], 1):
            left = statement[number - 1]
            if not isinstance(left, Token) or left.kind != "name" or left.text in BRANCHES:
                continue
            if is_mark(node, "=") or (isinstance(node, Group) and node.opening in ("(", "[")
                                      and left.text not in ("operator",)):
                return left.text
        return ""

    def read_segment(self, nodes, calls, argument):
        if not nodes:
            return
        text = shown(text_of_sum(nodes), calls, argument)
        if has_words(text):
            is_raw = any(is_literal(node) and node.kind == "raw" for node in nodes)
            self.pieces.append(Piece(self.file, first_line(nodes), text, calls, self.place, is_raw))
            return
        for number, node in enumerate(nodes):
            if isinstance(node, Group):
                name = called(nodes[:number + 1])
                self.read(node.nodes, calls + ((name,) if name else ()))


def pieces_of(source, file):
    reader = Reader(file)
    reader.read(tree_of(source))
    return reader.pieces

