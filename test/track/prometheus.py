"""prometheus.py FILE: a strict reader of Prometheus' text exposition format 0.0.4: names, labels
and their escapes, HELP and TYPE before samples, families in one piece, no series twice, numbers.
Prints one line a sample, "name label=value ... number"; exits 1 with the reason otherwise."""

import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf"({NAME})(\{{.*\}})? (\S+)( -?\d+)?$")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)')
TYPES = {"counter", "gauge", "histogram", "summary", "untyped"}


def fail(number, why):
    print(f"{sys.argv[1]}:{number}: {why}")
    sys.exit(1)


def labels_of(text, number):
    found = []
    while text:
        match = LABEL.match(text)
        if not match:
            fail(number, f"no label: {text}")
        found.append((match[1], match[2]))
        text = text[match.end():]
    if len({name for name, _ in found}) != len(found):
        fail(number, "a label twice")
    return tuple(sorted(found))


raw = open(sys.argv[1], "rb").read()
text = raw.decode("utf-8")
if not text.endswith("\n"):
    fail(0, "the last line does not end")
helped, typed, ended, series = set(), {}, set(), set()
current = None
for number, line in enumerate(text[:-1].split("\n"), 1):
    if line.startswith("# HELP "):
        name = line.split(" ")[2]
        if name in helped:
            fail(number, "HELP twice")
        helped.add(name)
    elif line.startswith("# TYPE "):
        _, _, name, kind = line.split(" ")
        if name in typed or kind not in TYPES:
            fail(number, "TYPE twice, or unknown")
        typed[name] = kind
    elif line.startswith("#") or not line:
        continue
    else:
        match = SAMPLE.match(line)
        if not match:
            fail(number, f"no sample: {line}")
        name = match[1]
        if name not in typed or name not in helped:
            fail(number, f"{name} has no TYPE or HELP before it")
        if name in ended and name != current:
            fail(number, f"{name} comes in two pieces")
        if typed[name] == "counter" and not name.endswith("_total"):
            fail(number, "a counter without _total")
        current = name
        ended.add(name)
        labels = labels_of((match[2] or "{}")[1:-1], number)
        if (name, labels) in series:
            fail(number, "a series twice")
        series.add((name, labels))
        float(match[3])
        print(name, *(f"{key}={value}" for key, value in labels), match[3])
