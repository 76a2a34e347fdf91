#!/usr/bin/env python3
"""names.py: do the C names that documents mention exist in the public headers?

  scripts/names.py DOCUMENT...      prints TAP, one test a document

Names are `ch_...`, `CH_...`, `chevm_...` and `CHEVM_...` between backquotes; `type.field` also asks for
the field, in a header that declares the type; `NAME_push` for a function of the template named last on
its line (tmpl/vec.h). NAMES_INCLUDE is another folder of headers (the tests of this script)."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INCLUDE = os.environ.get("NAMES_INCLUDE") or os.path.join(ROOT, "include")
NAME = re.compile(r"\b((?:ch|CH|chevm|CHEVM)_\w+)(?:\.(\w+))?")
TOKEN = re.compile(r"tmpl/(\w+)\.h|`([^`]+)`")


def headers():
    """path below include/ -> text without comments."""
    texts = {}
    for folder, _, names in os.walk(INCLUDE):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, encoding="utf-8") as file:
                text = re.sub(r"/\*.*?\*/|//[^\n]*", "", file.read(), flags=re.DOTALL)
            texts[os.path.relpath(path, INCLUDE)] = text
    return texts


def faults(line, texts):
    """What a line of a document names and no header has."""
    template = None
    for token in TOKEN.finditer(line):
        if token.group(1):
            template = "coldheap/tmpl/%s.h" % token.group(1)
            if template not in texts:
                yield "no " + template
            continue
        quoted = token.group(2)
        for suffix in re.findall(r"\bNAME(_\w+)", quoted):
            if template is None or "CHI_(%s)" % suffix not in texts.get(template, ""):
                yield "no NAME%s in %s" % (suffix, template)
        for name, field in NAME.findall(quoted):
            word = re.compile(r"\b%s\b" % name)
            homes = [text for text in texts.values() if word.search(text)]
            if not homes:
                yield "no " + name
            elif field and not any(re.search(r"}\s*%s;" % name, text) and
                                   re.search(r"\b%s\b" % field, text) for text in homes):
                yield "no field %s.%s" % (name, field)


def main(documents):
    texts = headers()
    # Names made by X-macros: CH_KIND_##kind over its rows.
    for path, text in list(texts.items()):
        for prefix in re.findall(r"\b(CH\w*_)##\w+", text):
            rows = re.findall(r"\bX\((\w+)", text)
            texts[path] += " " + " ".join(prefix + row for row in rows)
    status = 0
    for index, document in enumerate(documents, 1):
        count, wrong = 0, []
        with open(document, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                count += len(NAME.findall(line)) + line.count("NAME_")
                wrong += ["%s:%d: %s" % (document, number, fault) for fault in faults(line, texts)]
        for fault in wrong:
            print("# " + fault)
        good = count > 0 and not wrong
        print("%sok %d - %s: %d names" % ("" if good else "not ", index,
                                          os.path.basename(document), count))
        status = status if good else 1
    print("1..%d" % len(documents))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
