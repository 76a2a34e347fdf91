"""coverage.py ROOT BUILD: what the tests of a `coverage` build reached of libcoldheap. Every public
function must have been called, 90 % of the lines run, and each status produced: named by a line of
the library that ran, and expected by a test. Prints TAP with the figures; exit status 1 below that.

Exceptions stand in test/coverage/exceptions.txt: a function or status, and the reason; one that is
not needed any more is an error."""

import collections
import json
import pathlib
import re
import subprocess
import sys

LINES_LEAST = 90.0
root = pathlib.Path(sys.argv[1]).resolve()
build = pathlib.Path(sys.argv[2]).resolve()
number = 0
failed = 0


def report(right, name, complaints=()):
    global number, failed
    number += 1
    failed |= not right
    for one in complaints:
        print("#", one)
    print("ok" if right else "not ok", number, "-", name)


def is_ours(path):
    """Sources and headers of the library; not tests, rigs, benches."""
    if not path.is_relative_to(root):
        return False
    name = str(path.relative_to(root))
    kind = re.search(r"_(test|fuzz|bench|rig)\.[ch]$|bench_", name)
    return name.startswith(("src/base/", "src/mem/", "include/coldheap/")) and not kind


def measure():
    """Counts of lines by file, and of calls by function, over all programs."""
    lines = collections.defaultdict(lambda: collections.defaultdict(int))
    calls = collections.defaultdict(int)
    data = sorted(build.glob("src/**/*.gcda"))
    for start in range(0, len(data), 20):
        run = subprocess.run(
            ["gcov", "--json-format", "--stdout", *map(str, data[start : start + 20])],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, text=True)  # fmt: skip
        for text in run.stdout.splitlines():
            for file in json.loads(text)["files"]:
                path = (build / file["file"]).resolve()
                if not path.exists():  # named below the build folder by -ffile-prefix-map
                    path = root / file["file"].lstrip("/")
                if not is_ours(path):
                    continue
                for line in file["lines"]:
                    lines[path][line["line_number"]] += line["count"]
                for one in file["functions"]:
                    calls[one["name"]] += one["execution_count"]
    return lines, calls


def public_functions():
    """Name and, for inline ones, where the body is: {name: (path, first, last) or None}."""
    known = {}
    for path in sorted((root / "include/coldheap").glob("*.h")):
        if path.name in ("guard.h", "hot.h"):  # the guard's: test/guard
            continue
        text = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m[0]), path.read_text(), flags=re.S)
        text = re.sub(r"^#(?:.*\\\n)*.*$", lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.M)
        for found in re.finditer(r"\b(ch_\w+)\([^;{}()]*(?:\([^()]*\)[^;{}()]*)*\)\s*([;{])", text):
            first = text.count("\n", 0, found.start()) + 1
            line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
            if not re.match(r"(?:CH_\w+ )*[a-z]", line) or line.lstrip() != line:
                continue
            if found[2] == "{":
                last = text.count("\n", 0, text.index("\n}", found.end())) + 2
                known[found[1]] = (path, first, last)
            else:
                known.setdefault(found[1], None)
    return known


def exceptions():
    rows = (root / "test/coverage/exceptions.txt").read_text().splitlines()
    return {row.split()[0] for row in rows if row.strip() and not row.startswith("#")}


lines, calls = measure()
forgiven = exceptions()
print("TAP version 14")

functions = public_functions()
missing = {
    name
    for name, body in functions.items()
    if not calls[name]
    and not (body and any(lines[body[0]].get(at) for at in range(body[1], body[2] + 1)))
}
report(len(functions) > 200, f"{len(functions)} public functions are known")
report(
    missing <= forgiven,
    f"{len(functions) - len(missing)} of {len(functions)} public functions are called",
    sorted(missing - forgiven))  # fmt: skip

table = []
for path, counts in lines.items():
    run = sum(count > 0 for count in counts.values())
    table.append((100.0 * run / len(counts), run, len(counts), str(path.relative_to(root))))
total = 100.0 * sum(row[1] for row in table) / sum(row[2] for row in table)
for share, run, all_lines, name in sorted(table):
    print(f"# {share:6.1f} % {run:5} of {all_lines:5} {name}")
report(total >= LINES_LEAST, f"{total:.1f} % of the lines run, at least {LINES_LEAST} %")

statuses = re.findall(r"X\((CH_\w+),", (root / "include/coldheap/status.h").read_text())
tests = "\n".join(path.read_text() for path in (root / "src").glob("*/*_test.c"))
produced = {
    status
    for path, counts in lines.items()
    for status in re.findall(r"\bCH_(?:OK|E[A-Z]+)\b", "\n".join(
        text for at, text in enumerate(path.read_text().splitlines(), 1) if counts.get(at)))
}  # fmt: skip
unproduced = {one for one in statuses if one not in produced or not re.search(rf"\b{one}\b", tests)}
report(unproduced <= forgiven, f"{len(statuses) - len(unproduced)} of {len(statuses)} statuses are produced",
    sorted(unproduced - forgiven))  # fmt: skip
report(
    forgiven <= missing | unproduced,
    "every exception is needed",
    sorted(forgiven - missing - unproduced))  # fmt: skip
print(f"1..{number}")
sys.exit(failed)
