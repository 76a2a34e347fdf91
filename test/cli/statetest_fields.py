#!/usr/bin/env python3
"""statetest_fields.py COLDEVM FIXTURE FOLDER: puts a value of the wrong kind in every place of a
state test, one file a place and kind, runs them all in one process with a good file behind them, and
checks each: a message ERROR(10) with file and line of that very value, a failing item, the status.
Prints TAP."""
import copy
import json
import os
import re
import subprocess
import sys

program, fixture, folder = sys.argv[1:4]
SENTINEL = "@here@"

# Kinds that are wrong in place of a text, a number, an object, an array.
WRONG = {
    str: [{}, [], True, "0xzz", -1, 1.5],
    int: [{}, [], True, "0xzz", -1, 1.5, None],
    dict: [[], "0x00", 7, True, None],
    list: [{}, "0x00", 7, True, None],
}
FREE = {"expectException"}  # any text will do
LISTS_MAY_BE_NULL = "accessLists"


def places(value, path=()):
    """Every value of the test but the free ones, with its path."""
    if path:
        yield path, value
    children = value.items() if isinstance(value, dict) else (
        enumerate(value) if isinstance(value, list) else ())
    for key, child in children:
        yield from places(child, path + (key,))


def put(document, path, value):
    target = document
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value


def is_wrong(path, old, new):
    name = next(key for key in reversed(path) if isinstance(key, str))
    if name in FREE and isinstance(new, str):
        return False
    if name == "to" and new == "":
        return False
    if new is None and LISTS_MAY_BE_NULL in path and isinstance(path[-1], int):
        return False  # a transaction without a list
    if old is None:
        return not isinstance(new, list)
    return True


def variants(test):
    for path, old in places(test):
        for new in WRONG.get(type(old), [{}, "0x00", 7]):
            if is_wrong(path, old, new):
                yield path, new
        if isinstance(old, dict) and "indexes" in old:
            for key in ("indexes", "hash", "logs"):
                yield path + (key,), SENTINEL  # to be left out


def write_variant(name, test, path, new, number):
    document = {name: copy.deepcopy(test)}
    if new == SENTINEL:
        del_from = document[name]
        for key in path[:-1]:
            del_from = del_from[key]
        del del_from[path[-1]]
        text = json.dumps(document, indent=1)
        line = 0
    else:
        put(document[name], path, SENTINEL)
        text = json.dumps(document, indent=1)
        line = text[: text.index(SENTINEL)].count("\n") + 1
        text = text.replace('"' + SENTINEL + '"', json.dumps(new))
    file = os.path.join(folder, "v%05d.json" % number)
    with open(file, "w") as out:
        out.write(text)
    return file, line


def main():
    with open(fixture) as source:
        tests = json.load(source)
    wanted = []
    for name, test in tests.items():
        for fork in list(test["post"])[1:]:
            del test["post"][fork]
        for path, new in variants(test):
            file, line = write_variant(name, test, path, new, len(wanted))
            wanted.append((file, line, path, new))
    run = subprocess.run(
        [program, "statetest", "--workers", "2"] + [folder, fixture],
        capture_output=True, text=True)
    items = json.loads(run.stdout)
    failing = {}
    for item in items:
        if not item["pass"]:
            failing.setdefault(item["file"], []).append(item["error"])
    messages = {}
    for file, line, _ in re.findall(r"^ERROR\(10\): (.*?):(\d+): (.*)$", run.stderr, re.M):
        messages.setdefault(file, []).append(int(line))
    bad = []
    for file, line, path, new in wanted:
        if file not in failing:
            bad.append("%s = %r passed" % (path, new))
        elif line not in messages.get(file, []) and line != 0 or not messages.get(file):
            bad.append("%s = %r: line %d, said %s: %s" %
                       (path, new, line, messages.get(file), failing[file]))
    results = [
        ("%d values of the wrong kind: each named with file and line" % len(wanted), bad),
        ("the run goes on behind them",
         [] if any(i["file"] == fixture and i["pass"] for i in items)
         and not failing.get(fixture) else ["the good file has not passed"]),
        ("the status is 10", [] if run.returncode == 10 else ["status %d" % run.returncode]),
        ("one marker an item", [] if run.stderr.count('{"stateRoot"') == len(items) else
         ["%d markers, %d items" % (run.stderr.count('{"stateRoot"'), len(items))]),
        ("each kind of place was there", [] if len(wanted) > 500 else [str(len(wanted))]),
    ]
    print("TAP version 14")
    for number, (title, problems) in enumerate(results, 1):
        print("%sok %d - %s" % ("not " if problems else "", number, title))
        for problem in problems[:20]:
            print("# " + problem)
    print("1..%d" % len(results))
    return any(problems for _, problems in results)


sys.exit(main())
