#!/usr/bin/env python3
"""promises.py: the table of promises (M1 ... M83) and the tests that prove them.

  scripts/promises.py write BUILD [DOCUMENT]   writes docs/measured/promises.md
  scripts/promises.py check BUILD [DOCUMENT]   the document against what exists; prints TAP
  scripts/promises.py missing BUILD            promises without a proof so far, one a line

BUILD is a configured build tree: ctest there says which programs and entries exist. Proofs come
from the comments "TEST(name) { /* M17 M22 */" of unit tests, from test/promises/promises.txt and
bench/bars.txt. `check` fails when a promise has no proof, when a row of the document names a test,
an entry or a file that does not exist, or when the document lacks a promise; a test that was added
since the document was written is no failure. Environment: PROMISES_ROOT, another project's folder
(the tests of this script)."""
import fnmatch
import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.environ.get("PROMISES_ROOT") or os.path.dirname(
    os.path.dirname(os.path.abspath(__file__)))
DOCUMENT = os.path.join(ROOT, "docs", "measured", "promises.md")
LAST = 83
TEST_HEAD = re.compile(r"^TEST\((\w+)\)([^\n]*\n?[^\n]*)", re.MULTILINE)
MARK = re.compile(r"^\s*\{?\s*/\*\s*((?:M\d+[\s,]*)+)\*/")


def fail(message):
    sys.exit("promises.py: " + message)


def ctest_commands(build):
    """CTest's entries: name -> words of its command line."""
    # From a folder of its own: ctest writes logs where it runs, and another one may be at work there.
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "CTestTestfile.cmake"), "w", encoding="utf-8") as listing:
            listing.write('subdirs("%s")\n' % os.path.abspath(build))
        shown = subprocess.run(["ctest", "--test-dir", folder, "--show-only=json-v1"],
                               capture_output=True, text=True, check=False)
    if shown.returncode != 0:
        fail("no ctest in " + build + ": " + shown.stderr.strip())
    return {test["name"]: test.get("command", []) for test in json.loads(shown.stdout)["tests"]}


def ctest_entries(build):
    """CTest's entries: name -> names of the programs in its command line."""
    return {name: [os.path.basename(word) for word in words]
            for name, words in ctest_commands(build).items()}


def test_files():
    """Every source that holds tests, as path below the project."""
    for top in ("src", "test", "bench", "tools", "fuzz"):
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            for name in sorted(names):
                if name.endswith(("_test.c", "_rig.h", "_test.h", "_test.cpp")):
                    yield os.path.relpath(os.path.join(folder, name), ROOT)


def entry_of(path, entries):
    """The CTest entry that runs a test file: src/mem/x_test.c is mem/x_test, test/mem/x_test.c
    mem/x; elsewhere the entry whose program has the file's name. None if nothing runs it."""
    stem = os.path.splitext(os.path.basename(path))[0]
    layer = os.path.basename(os.path.dirname(path))
    if path.startswith("test" + os.sep) and layer + "/" + stem.removesuffix("_test") in entries:
        return layer + "/" + stem.removesuffix("_test")
    if layer + "/" + stem in entries:
        return layer + "/" + stem
    for name, command in entries.items():
        if any(word == stem or word.endswith("_" + stem) for word in command):
            return name
    return None


def tests_of(path):
    """(name, numbers) of each TEST of a file; numbers is empty without a mark."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        text = file.read()
    for found in TEST_HEAD.finditer(text):
        mark = MARK.match(found.group(2))
        yield found.group(1), [int(n) for n in re.findall(r"M(\d+)", mark.group(1))] if mark else []


def users_of_header(path):
    """Test files that include a header which holds tests."""
    name = os.path.basename(path)
    for other in test_files():
        if other.endswith(".c"):
            with open(os.path.join(ROOT, other), encoding="utf-8") as file:
                if re.search(r'#include "(?:[\w/]*/)?' + re.escape(name) + '"', file.read()):
                    yield other


def all_tests(entries):
    """(entry, test) -> numbers, for every unit test that CTest runs; and what nothing runs."""
    tests, idle = {}, []
    for path in test_files():
        found = list(tests_of(path))
        if not found:
            continue
        sources = users_of_header(path) if path.endswith(".h") else [path]
        ran = False
        for source in sources:
            entry = entry_of(source, entries)
            if entry is not None:
                ran = True
                for name, numbers in found:
                    tests[(entry, name)] = numbers
        if not ran and any(numbers for _, numbers in found):
            idle.append(path)
    return tests, idle


def read_list(entries):
    """promises.txt: titles, and proofs as (kind, name); globs are expanded."""
    titles, proofs, wrong, number = {}, {}, [], None
    path = os.path.join(ROOT, "test", "promises", "promises.txt")
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("#") or not line.strip():
                continue
            head = re.match(r"M(\d+) (.+)", line)
            if head:
                number = int(head.group(1))
                titles[number] = head.group(2).strip()
                continue
            kind, name = line.split(None, 1)
            name = name.strip()
            if kind == "ctest":
                matching = fnmatch.filter(sorted(entries), name)
                if not matching:
                    wrong.append("M%d: no ctest entry %s" % (number, name))
                proofs.setdefault(number, []).extend(("ctest", one) for one in matching)
            elif kind == "script" and os.path.exists(os.path.join(ROOT, name)):
                proofs.setdefault(number, []).append(("script", name))
            else:
                wrong.append("M%d: no %s %s" % (number, kind, name))
    return titles, proofs, wrong


def bars():
    """bench/bars.txt: (number, case) of each bar."""
    path = os.path.join(ROOT, "bench", "bars.txt")
    if not os.path.exists(path):
        return
    with open(path, encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#") and line.strip():
                cells = [cell.strip() for cell in line.split("|")]
                for number in re.findall(r"M(\d+)", cells[0]):
                    yield int(number), cells[1]


def gather(build):
    entries = ctest_entries(build)
    tests, idle = all_tests(entries)
    titles, proofs, wrong = read_list(entries)
    wrong += ["nothing runs the marked tests of " + path for path in idle]
    rows = {n: {"tests": {}, "other": list(proofs.get(n, []))} for n in range(1, LAST + 1)}
    for (entry, name), numbers in sorted(tests.items()):
        for number in numbers:
            if number not in rows:
                wrong.append("%s %s: there is no promise M%d" % (entry, name, number))
                continue
            rows[number]["tests"].setdefault(entry, []).append(name)
    for number, case in bars():
        rows[number]["other"].append(("bar", case))
    return entries, tests, titles, rows, wrong


def has_proof(row):
    return bool(row["tests"] or row["other"])


def document_of(titles, rows, tests):
    marked = sum(1 for numbers in tests.values() if numbers)
    lines = [
        "# Promises and their proofs", "",
        "Each numbered promise of libcoldheap, and what proves it: unit tests (program: names),",
        "other entries of the suite, bars of `bench/bars.txt`, scripts. Written by",
        "`scripts/promises.py write BUILD` from the marks in the tests; %d carry one." % marked,
        "",
        "| promise | proofs |", "|---|---|"]
    for number, row in rows.items():
        cells = ["`%s`: %s" % (entry, ", ".join(names)) for entry, names in row["tests"].items()]
        for kind in ("ctest", "bar", "script"):
            names = [name for this, name in row["other"] if this == kind]
            if names:
                cells.append("%s: %s" % (kind, ", ".join("`%s`" % name for name in names)))
        lines.append("| **M%d** %s | %s |" % (number, titles.get(number, ""), "<br>".join(cells)))
    return "\n".join(lines) + "\n"


def faults_of_row(row, entries, tests, bar_names):
    """What a row of the document names and does not exist."""
    number, cell = row
    for part in cell.split("<br>"):
        head, _, rest = part.partition(": ")
        names = [name.strip().strip("`") for name in rest.split(",") if name.strip()]
        if head.startswith("`"):
            for name in names:
                if (head.strip("`"), name) not in tests:
                    yield "M%d: no test %s in %s" % (number, name, head)
        elif head == "ctest":
            yield from ("M%d: no ctest entry %s" % (number, n) for n in names if n not in entries)
        elif head == "bar":
            yield from ("M%d: no bar %s" % (number, n) for n in names if n not in bar_names)
        elif head == "script":
            yield from ("M%d: no file %s" % (number, n) for n in names
                        if not os.path.exists(os.path.join(ROOT, n)))
        elif part.strip():
            yield "M%d: cannot read %s" % (number, part)


def read_document(path):
    """(number, proofs) of each row."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            found = re.match(r"\| \*\*M(\d+)\*\* [^|]*\|(.*)\|$", line.rstrip())
            if found:
                yield int(found.group(1)), found.group(2).strip()


def judge(verdicts):
    """Prints (name, faults) as TAP; the exit status."""
    for index, (name, faults) in enumerate(verdicts, 1):
        for fault in faults:
            print("# " + fault)
        print("%sok %d - %s" % ("not " if faults else "", index, name))
    print("1..%d" % len(verdicts))
    return 1 if any(faults for _, faults in verdicts) else 0


def check(build, document):
    entries, tests, titles, rows, wrong = gather(build)
    written = list(read_document(document)) if os.path.exists(document) else []
    bar_names = {case for _, case in bars()}
    verdicts = [
        ("the list names only what exists", wrong),
        ("every promise has a title", ["M%d" % n for n in rows if n not in titles]),
        ("every promise has a proof", ["M%d" % n for n, row in rows.items() if not has_proof(row)]),
        ("the document has a row with proofs for every promise",
         ["M%d" % n for n in rows if not dict(written).get(n)]),
        ("what the document names exists",
         [fault for row in written for fault in faults_of_row(row, entries, tests, bar_names)])]
    return judge(verdicts)


def main(arguments):
    if len(arguments) not in (2, 3) or arguments[0] not in ("write", "check", "missing"):
        fail("usage: write|check|missing BUILD [DOCUMENT]")
    document = arguments[2] if len(arguments) == 3 else DOCUMENT
    if arguments[0] == "check":
        return check(arguments[1], document)
    _, tests, titles, rows, wrong = gather(arguments[1])
    for fault in wrong:
        print("# " + fault, file=sys.stderr)
    if arguments[0] == "missing":
        for number, row in rows.items():
            if not has_proof(row):
                print("M%d %s" % (number, titles.get(number, "")))
        return 0
    with open(document, "w", encoding="utf-8") as file:
        file.write(document_of(titles, rows, tests))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
