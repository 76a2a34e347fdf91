#!/usr/bin/env python3
"""guard_promises.py: the table of the guard's promises (G1 ... G50), of the points of its acceptance
(P1 ... P16), and of the tests that prove them.

  scripts/guard_promises.py write BUILD [DOCUMENT]   writes docs/measured/guard-promises.md
  scripts/guard_promises.py check BUILD [DOCUMENT]   the document against what exists; prints TAP
  scripts/guard_promises.py missing BUILD            what has neither proof nor reason, one a line

BUILD is a configured build tree. A test proves the numbers in its name: TEST(g12_...) and
TEST(budget_g31_...), `check 'G41: ...'`, `ok "G13 G16: ..."`, `check 'g30 ...'`, `check 'point 10:
...'`; what a script skips is no proof. test/promises/guard.txt has the promises and whatever names
do not tell. `check` fails when a promise has neither proof nor an `open` line, and when list or
document name what does not exist. Environment: PROMISES_ROOT, another project's folder (tests)."""
import os
import re
import sys

import promises
from promises import ROOT, fail, judge

DOCUMENT = os.path.join(ROOT, "docs", "measured", "guard-promises.md")
LIST = os.path.join(ROOT, "test", "promises", "guard.txt")
KEYS = ["G%d" % n for n in range(1, 51)] + ["P%d" % n for n in range(1, 17)]
ROOMS = ("guard/", "coldheap/")  # elsewhere g1_ means other things
SHELL_CHECK = re.compile(r"""(?:^|[\s&|;])(?:check|ok)[ ](?:'((?:[^']|'"'"'|'\\'')*)'|"([^"]*)")""")
SHELL_ECHO = re.compile(r"""echo ["']ok (?:\$number )?- ([A-Z]\d+[^"']*)["']""")


def keys_of_test(name):
    """g12_x and budget_g31_x -> G12, G31."""
    return ["G%d" % int(n) for n in re.findall(r"(?:^|_)g(\d{1,2})(?=_)", name)]


def keys_of_tap(name):
    """'G13 G16: x' -> G13, G16; 'g30 x' and 'g47_x' -> G30, G47; 'point 10: x' -> P10."""
    head = re.match(r"((?:G\d+[ ,:]+)+)", name)
    if head:
        return re.findall(r"G\d+", head.group(1))
    low = re.match(r"g(\d{1,2})[ _]", name)
    if low:
        return ["G" + low.group(1)]
    point = re.match(r"point (\d+):", name)
    return ["P" + point.group(1)] if point else []


def scripts_of(build):
    """(entry, path) of each shell test that an entry runs."""
    for name, words in promises.ctest_commands(build).items():
        for word in words:
            if word.endswith(".sh") and word.startswith(os.path.join(ROOT, "test") + os.sep):
                yield name, word


def taps_of(path):
    """What a shell test calls its checks; not what it skips."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            for found in SHELL_CHECK.finditer(line):
                text = found.group(1) if found.group(1) is not None else found.group(2)
                yield text.replace("'\"'\"'", "'").replace("'\\''", "'")
            for found in SHELL_ECHO.finditer(line):
                yield found.group(1)


def gather_tests(build, entries):
    """(entry, name) -> keys, of unit tests and of shell tests."""
    units, _ = promises.all_tests(entries)
    tests = {(entry, name): keys_of_test(name) if entry.startswith(ROOMS) else []
             for entry, name in units}
    for entry, path in scripts_of(build):
        for name in taps_of(path):
            tests[(entry, name)] = keys_of_tap(name)
    return tests


def read_list(entries, tests):
    """guard.txt: titles, proofs as (entry, name; None: all of it), reasons, and what is wrong."""
    titles, proofs, reasons, wrong, key = {}, {}, {}, [], None
    with open(LIST, encoding="utf-8") as file:
        for line in file:
            if line.startswith("#") or not line.strip():
                continue
            head = re.match(r"([GP]\d+) (.+)", line)
            kind, _, rest = line.strip().partition(" ")
            entry, _, name = rest.partition(" ")
            if head:
                key = head.group(1)
                titles[key] = head.group(2).strip()
            elif kind == "open" and rest:
                reasons.setdefault(key, []).append(rest)
            elif kind == "ctest" and rest in entries:
                proofs.setdefault(key, []).append((rest, None))
            elif kind == "test" and (entry, name) in tests:
                proofs.setdefault(key, []).append((entry, name))
            else:
                wrong.append("%s: no such proof: %s" % (key, line.strip()))
    return titles, proofs, reasons, wrong


def gather(build):
    entries = promises.ctest_entries(build)
    tests = gather_tests(build, entries)
    titles, proofs, reasons, wrong = read_list(entries, tests)
    rows = {key: {} for key in KEYS}
    named = [(key, where) for key, places in proofs.items() for where in places]
    named += [(key, where) for where, keys in sorted(tests.items()) for key in keys]
    for key, (entry, name) in named:
        if key not in rows:
            wrong.append("%s %s: there is no promise %s" % (entry, name, key))
            continue
        names = rows[key].setdefault(entry, [])
        if name is not None and name not in names:
            names.append(name)
    return titles, rows, reasons, wrong


def cell_text(text):
    """Text for a cell of a table."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def shown(name):
    """A name without its number, which the row has, and without what parts names."""
    return cell_text(re.sub(r"^(?:(?:G\d+[ ,:]+)+|g\d+[ _]|point \d+: )", "",
                            name.replace("; ", ", ")))


def row_of(key, titles, row, reasons):
    cells = ["`%s`%s" % (entry, ": " + "; ".join(map(shown, names)) if names else "")
             for entry, names in row.items()]
    cells += ["open: " + cell_text(reason) for reason in reasons.get(key, [])]
    return "| **%s** %s | %s |" % (key, cell_text(titles.get(key, "")), "<br>".join(cells))


def document_of(titles, rows, reasons):
    lines = [
        "# The guard's promises and their proofs", "",
        "Each requirement of the guard (G), each point of its acceptance (P), and what proves it:",
        "the entry of the suite, and the names of the tests in it. `open` is what no test shows,",
        "or shows only where the program in question is installed. Corner by corner and variant by",
        "variant: [corners.md](corners.md). Written by `scripts/guard_promises.py write BUILD`.",
        "",
        "%d promises; %d have a proof, %d an open part, %d are open altogether." % (
            len(rows), sum(1 for row in rows.values() if row), len(reasons),
            sum(1 for row in rows.values() if not row)),
        "", "| promise | proofs |", "|---|---|"]
    lines += [row_of(key, titles, row, reasons) for key, row in rows.items()]
    return "\n".join(lines) + "\n"


def faults_of_row(key, cell, row, reasons):
    """What a row of the document says and is not so."""
    known = {(entry, shown(name)) for entry, names in row.items() for name in names}
    said = []
    for part in cell.split("<br>"):
        found = re.match(r"`([^`]+)`(?:: (.*))?$", part)
        if part.startswith("open: "):
            said.append(part[len("open: "):])
        elif not found or found.group(1) not in row:
            yield "%s: no such proof: %s" % (key, part)
        else:
            for name in (found.group(2) or "").split("; "):
                if name and (found.group(1), name) not in known:
                    yield "%s: no test in %s: %s" % (key, found.group(1), name)
    if said != [cell_text(reason) for reason in reasons.get(key, [])]:
        yield "%s: what is open is not what the list says" % key


def read_document(path):
    """key -> proofs, of each row."""
    written = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            for line in file:
                found = re.match(r"\| \*\*([GP]\d+)\*\* (?:[^|\\]|\\.)*\|(.*)\|$", line.rstrip())
                if found:
                    written[found.group(1)] = found.group(2).strip()
    return written


def check(build, document):
    titles, rows, reasons, wrong = gather(build)
    written = read_document(document)
    verdicts = [
        ("the list names only what exists", wrong),
        ("every promise has a title", [key for key in rows if key not in titles]),
        ("every promise has a proof, or says why not",
         [key for key, row in rows.items() if not row and key not in reasons]),
        ("the document has a row for every promise", [k for k in rows if not written.get(k)]),
        ("what the document names exists",
         [fault for key, cell in written.items()
          for fault in faults_of_row(key, cell, rows.get(key, {}), reasons)])]
    return judge(verdicts)


def main(arguments):
    if len(arguments) not in (2, 3) or arguments[0] not in ("write", "check", "missing"):
        fail("usage: write|check|missing BUILD [DOCUMENT]")
    document = arguments[2] if len(arguments) == 3 else DOCUMENT
    if arguments[0] == "check":
        return check(arguments[1], document)
    titles, rows, reasons, wrong = gather(arguments[1])
    for fault in wrong:
        print("# " + fault, file=sys.stderr)
    if arguments[0] == "missing":
        for key, row in rows.items():
            if not row and key not in reasons:
                print("%s %s" % (key, titles.get(key, "")))
        return 0
    with open(document, "w", encoding="utf-8") as file:
        file.write(document_of(titles, rows, reasons))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
