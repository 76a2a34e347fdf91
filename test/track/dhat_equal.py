"""dhat_equal.py OURS THEIRS: two files of DHAT's form tell the same of a program: bytes, blocks,
and those live at the end, in all and by the function that called the allocator. Ours may have one
place more, what was freed from before tracking."""

import collections
import json
import re
import sys

SKIP = re.compile(r"^(malloc|calloc|memalign|posix_memalign|aligned_alloc|(__)?strdup)$")


def function(text):
    name = text.split(": ", 1)[1] if ": " in text else text
    return name.split(" (")[0].split("@")[0]


def sums(path):
    data = json.load(open(path))
    found = collections.Counter()
    for point in data["pps"]:
        names = [function(data["ftbl"][i]) for i in point["fs"]]
        if data["ftbl"][point["fs"][0]] == "(from before tracking)":
            continue
        name = next(one for one in names if not SKIP.match(one))
        for key in ("tb", "tbk", "gb", "gbk", "eb", "ebk"):
            found[name, key] += point[key]
    return found


ours, theirs = sums(sys.argv[1]), sums(sys.argv[2])
names = {name for name, _ in ours}
if ours != theirs:
    for key in sorted(set(ours) | set(theirs)):
        if ours[key] != theirs[key]:
            print(*key, ours[key], theirs[key], file=sys.stderr)
    sys.exit(1)
total = sum(value for (_, key), value in ours.items() if key == "tb")
blocks = sum(value for (_, key), value in ours.items() if key == "tbk")
print(f"{len(names)} functions, {total} bytes, {blocks} blocks")
