"""Tables of any delimiter, quoting, line end and encoding are read as Python reads them."""
import csv
import gzip
import io
import json
import random
import re
import unittest

from stage import Stage

FILES = 150
DELIMITERS = [",", ";", "\t", "|"]
LINE_ENDS = ["\n", "\r\n", "\r"]
MIXED_ENDS = ["\n", "\r\n", "\r", "\r\r\n", "\n\n", "\n\r", "\r\r"]
# The name for darkroom ("" finds it out), the one for Python, and what can be written in it.
ENCODINGS = [("", "utf-8", "é火😀"), ("", "utf-8-sig", "é火😀"), ("", "utf-16", "é火😀"),
             ("latin1", "latin-1", "éß"), ("windows-1252", "cp1252", "é€"), ("gbk", "gbk", "火山"),
             ("gb18030", "gb18030", "火é😀"), ("cp932", "cp932", "火カ"),
             ("big5", "big5", "火山"), ("euc-kr", "euc-kr", "불산")]
PIECES = ["a", "fox", " ", "in fog", "5\" nail", "\"", "'", "x;y", "1,5", "a|b", "tab\there",
          "two\nlines", "\\", "(", "=", "0"]


RAW = re.compile(r'"<<(.*?)>>"')  # becomes a number in JSON


class RawNumber:
    """A number that Python has no value for."""

    def __init__(self, text):
        self.text = text

    def __str__(self):
        return f"<<{self.text}>>"


class Tables(Stage):
    def cell(self, dice, letters, multi_line):
        text = "".join(dice.choice(PIECES + [letters, dice.choice(letters)])
                       for _ in range(dice.randrange(5)))
        if not multi_line:
            text = text.replace("\n", "")
        return text.strip()

    def table(self, dice):
        """Returns the bytes of a table, the keys that say how to read it, and its rows."""
        delimiter, line_end = dice.choice(DELIMITERS), dice.choice(LINE_ENDS)
        encoding, codec, letters = dice.choice(ENCODINGS)
        columns = dice.randrange(2, 6)
        names = [f"c{number}" for number in range(columns)]
        rows = [[self.cell(dice, letters, line_end != "\r") for _ in names]
                for _ in range(dice.randrange(1, 12))]
        for row in rows:
            row[0] = row[0] or "x"  # no row is blank
        out = io.StringIO()
        writer = csv.writer(out, delimiter=delimiter, lineterminator=line_end,
                            quoting=dice.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL,
                                                 csv.QUOTE_NONNUMERIC]))
        writer.writerows([names, *rows])
        content = out.getvalue().encode(codec)
        # What Python reads back is the model, not what was meant to be written.
        read = list(csv.reader(io.StringIO(content.decode(codec), newline=""),
                               delimiter=delimiter, strict=True))
        self.assertEqual(read, [names, *rows])
        keys = {"encoding": encoding} if encoding else {}
        if dice.random() < 0.3:
            keys["delimiter"] = delimiter
        return content, keys, read

    def test_tables_with_any_mix_of_line_ends_are_read_as_python_reads_them(self):
        for seed in range(FILES):
            dice = random.Random(1000 + seed)
            delimiter = dice.choice(DELIMITERS)
            encoding, codec, letters = dice.choice(ENCODINGS)
            columns = dice.randrange(2, 5)
            names = [f"c{number}" for number in range(columns)]

            def cell():
                pieces = [letters, "a", " b", ",", ";", "|", "\t", "\r", "\n", "\r\n", '""', "0"]
                text = "".join(dice.choice(pieces) for _ in range(dice.randrange(4)))
                if dice.random() < 0.5:
                    return '"' + text + '"'
                for sign in [delimiter, "\r", "\n", '"']:
                    text = text.replace(sign, "")
                return text

            lines = [delimiter.join(names)]
            for _ in range(dice.randrange(1, 12)):
                lines.append(delimiter.join(["x", *(cell() for _ in names[1:])]))
            text = "".join(line + dice.choice(MIXED_ENDS) for line in lines)
            if dice.random() < 0.5:
                text = text.rstrip("\r\n")
            rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True,
                                              delimiter=delimiter) if row]
            self.assertEqual(len(rows), len(lines))
            name = f"{seed}.csv"
            with open(self.path(name), "wb") as file:
                file.write(text.encode(codec))
            keys = {"delimiter": "tab" if delimiter == "\t" else delimiter}
            self.check_rows(seed, name, {**keys, **({"encoding": encoding} if encoding else {})},
                            rows)

    def value(self, dice, depth):
        """Returns a value that json.dumps() writes, odd ones among them."""
        kind = dice.randrange(9 if depth > 0 else 6)
        if kind == 0:
            return dice.choice([float("nan"), float("inf"), float("-inf")])
        if kind == 1:
            return dice.choice(["\ud83d", "a \udc00", "NaN", "\\", '"1e400', "\0", "é😀", ""])
        if kind == 2:
            return dice.choice([0, -7, 10 ** 400, 1.5, 5e-324, -0.0])
        if kind == 3:
            return dice.choice([True, False, None])
        if kind == 4:
            return RawNumber(dice.choice(["1e400", "-12E+999", "0.0e-999", "1" * 500 + ".5"]))
        if kind == 5:
            nested = 1
            for _ in range(dice.choice([1, 1, 1, 1, 70, 900])):
                nested = [nested]
            return nested
        if kind == 6:
            return [self.value(dice, depth - 1) for _ in range(dice.randrange(5))]
        return {f"k{number}": self.value(dice, depth - 1) for number in range(dice.randrange(5))}

    def test_odd_values_in_other_columns_leave_a_row_as_it_is(self):
        dice = random.Random(7)
        rows = []
        for number in range(100):
            columns = dice.choice([0, 1, 2, 5] * 5 + [300])
            row = {f"c{column}": self.value(dice, 2) for column in range(columns)}
            row["prompt"] = f"a fox \U0001f98a {number}"
            keys = list(row)
            dice.shuffle(keys)
            rows.append({key: row[key] for key in keys})
        texts = [RAW.sub(r"\1", json.dumps(row, ensure_ascii=dice.random() < 0.5, default=str)
                         .encode("utf-8", "replace").decode()) for row in rows]
        for name, content in [("a.jsonl", "\n".join(texts)), ("a.json", f"[{','.join(texts)}]")]:
            with open(self.path(name), "w", encoding="utf-8") as file:
                file.write(content)
            self.check_rows(0, name, {}, [["prompt"], *([row["prompt"]] for row in rows)])

    def check_rows(self, seed, name, keys, rows):
        """Compares what is planned for a table with its rows, the first of which are the names."""
        prompt = "<" + "> <".join("{{%s|}}" % name for name in rows[0]) + ">"
        job = {"version": 1, "service": {"url": "local"},
               "jobs": [{"id": "rows", "prompts": {"file": name, "prompt": prompt, **keys}}]}
        file = self.write(f"{seed}.json", json.dumps(job))
        with self.subTest(seed=seed, keys=keys):
            planned = self.check_code(self.darkroom("plan", file, "--list", "--json"), 0)
            found = [line["prompt"] for line in map(json.loads, planned.out.splitlines())
                     if "prompt" in line]
            wanted = ["<" + "> <".join(row) + ">" for row in rows[1:]]
            self.assertEqual(found, wanted)

    def test_random_tables_are_read_as_python_reads_them(self):
        for seed in range(FILES):
            dice = random.Random(seed)
            content, keys, rows = self.table(dice)
            name = f"{seed}.csv"
            if dice.random() < 0.3:
                name, content = name + ".gz", gzip.compress(content)
            with open(self.path(name), "wb") as file:
                file.write(content)
            self.check_rows(seed, name, keys, rows)


if __name__ == "__main__":
    unittest.main()
