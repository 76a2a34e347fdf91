#!/usr/bin/env python3
"""called.py: is every public function of libcoldheap called by a test, and every status expected?

  scripts/called.py        prints TAP

Functions are those that include/coldheap/ declares, and those of the templates (by their suffix, in
a test that includes the template); calls are counted in *_test.c and *_rig.h of src/ and in
the programs of test/, comments left out; a public macro that a test uses calls what its body names. Functions that a
header declares as not for direct use need no call of their own. CALLED_ROOT is another project (for
the tests of this script)."""
import os
import re
import sys

ROOT = os.environ.get("CALLED_ROOT") or os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INCLUDE = os.path.join(ROOT, "include", "coldheap")
COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.DOTALL)
DECLARED = re.compile(r"^(?:[A-Za-z_][\w ]*[ *]+\**)(ch_\w+)\(", re.MULTILINE)
INNER = re.compile(r"/\*\*(?:(?!\*/).)*not for direct use.*?\*/.*?(?=/\*\*|CH_API_END|#endif)",
                   re.DOTALL)
MACRO = re.compile(r"^#define (CHI?_\w+)((?:[^\n]*\\\n)*[^\n]*)", re.MULTILINE)


def read(path):
    with open(path, encoding="utf-8") as file:
        text = INNER.sub("", file.read())
    return COMMENT.sub(lambda found: " " if found.group(0)[0] == "/" else found.group(0), text)


def walk(folder, wanted):
    for path, _, names in os.walk(folder):
        for name in sorted(names):
            if wanted(name):
                yield os.path.join(path, name)


def is_test(name):
    return re.search(r"_(test|rig)\.[ch]$", name) is not None


def is_source(name):
    return name.endswith((".c", ".h", ".cpp"))


def templates():
    """name of a template -> suffixes of its functions."""
    found = {}
    for path in walk(os.path.join(INCLUDE, "tmpl"), lambda name: name.endswith(".h")):
        text = read(path)
        suffixes = re.findall(r"^static inline [\w *()]*?CHI_\((_\w+)\)\(", text, re.MULTILINE)
        name = os.path.splitext(os.path.basename(path))[0]
        found[name] = {suffix for suffix in suffixes if contract_names(path, suffix)}
    return found


def contract_names(path, suffix):
    """Is the function named in the header's contract? Helpers of the template are not."""
    with open(path, encoding="utf-8") as file:
        head = file.read().split("#ifndef CH_")[0]
    return re.search(r"\w*%s\b" % suffix, head) is not None


def uses(text, template, tests):
    """Does a test include a template, itself or through a rig?"""
    name = "coldheap/tmpl/%s.h" % template
    rigs = [os.path.basename(path) for path, rig in tests.items()
            if path.endswith("_rig.h") and name in rig]
    return name in text or any('%s"' % rig in text for rig in rigs)


def never_called(tests):
    words = set(re.findall(r"\b[cC][hH][iI]?_\w+\b", "\n".join(tests.values())))
    headers = [read(path) for path in walk(INCLUDE, lambda name: name.endswith(".h"))]
    for _ in range(4):  # macros in macros
        for name, body in MACRO.findall("\n".join(headers)):
            if name in words:
                words |= set(re.findall(r"\b[cC][hH][iI]?_\w+\b", body))
    for name in sorted({name for text in headers for name in DECLARED.findall(text)} - words):
        if not name.endswith(("_slow", "_far")):
            yield name
    for template, suffixes in templates().items():
        users = "\n".join(text for text in tests.values() if uses(text, template, tests))
        for suffix in sorted(suffixes):
            if not re.search(r"\w%s\b|\(%s\)|##%s\b" % (suffix, suffix, suffix), users):
                yield "tmpl/%s.h: NAME%s" % (template, suffix)


def never_expected(tests):
    header = read(os.path.join(INCLUDE, "status.h"))
    statuses = set(re.findall(r"\b(CH_(?:OK|E[A-Z]+))\b", header)) - {"CH_EXPORT"}
    expected = set(re.findall(r"\b(CH_(?:OK|E[A-Z]+))\b", "\n".join(tests.values())))
    rows = {"CH_" + name for name in re.findall(r"\bX\((E[A-Z]+|OK)\b", header)}
    return sorted((statuses | rows) - expected)


def main():
    tests = {path: read(path) for top, wanted in (("src", is_test), ("test", is_source))
             for path in walk(os.path.join(ROOT, top), wanted)}
    verdicts = [("every public function is called by a test", list(never_called(tests))),
                ("every status is expected by a test", never_expected(tests))]
    for index, (name, faults) in enumerate(verdicts, 1):
        for fault in faults:
            print("# " + fault)
        print("%sok %d - %s" % ("not " if faults else "", index, name))
    print("1..%d" % len(verdicts))
    return 1 if any(faults for _, faults in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
