"""validate.py SCHEMAS PROGRAM: every line that the program prints ("schema state JSON") keeps its
schema: fields, their order, types, and no others. Also that schemas are as strict as that, and that
a broken line is seen. Prints TAP."""

import copy
import json
import pathlib
import subprocess
import sys

import jsonschema

print("TAP version 14")
number = 0
failed = 0


def report(right, name, why=""):
    global number, failed
    number += 1
    if not right:
        failed = 1
        for line in str(why).splitlines():
            print("#", line)
    print("ok" if right else "not ok", number, "-", name)


def objects_of(schema):
    """All object schemas within a schema."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for part in schema.values():
            yield from objects_of(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects_of(part)


def strict(schema):
    return all(
        list(one["properties"]) == one.get("required") and one.get("additionalProperties") is False
        for one in objects_of(schema)
    )


def in_order(schema, value):
    """Fields come in the order of the schema's properties; null and lists look deeper."""
    if "$ref" in schema:
        schema = store[schema["$ref"]]
    if value is None:
        return True
    if "oneOf" in schema:
        return any(in_order(one, value) for one in schema["oneOf"] if one.get("type") != "null")
    if isinstance(value, list):
        return all(in_order(schema.get("items", {}), one) for one in value)
    if isinstance(value, dict):
        known = schema.get("properties", {})
        return list(value) == list(known) and all(in_order(known[k], value[k]) for k in value)
    return True


folder = pathlib.Path(sys.argv[1])
store = {}
for path in sorted(folder.glob("*.json")):
    schema = json.loads(path.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    store[path.name] = schema
    report(strict(schema), f"{path.name} names every field and forbids others")


def inlined(schema):
    """The schema with those of other files in their places."""
    if isinstance(schema, list):
        return [inlined(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return inlined(store[schema["$ref"]])
    return {key: inlined(part) for key, part in schema.items()}


def validator(name):
    return jsonschema.Draft202012Validator(inlined(store[name]))



run = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, text=True)
report(run.returncode == 0, "the program prints and cuts at every length", run.returncode)
seen = set()
for line in run.stdout.splitlines():
    name, state, text = line.split(" ", 2)
    value = json.loads(text)
    file = name + ".json"
    errors = [e.message for e in validator(file).iter_errors(value)]
    report(not errors, f"{name}, {state}: keeps its schema", "\n".join(errors))
    report(in_order(store[file], value), f"{name}, {state}: fields in order", list(value or []))
    if value is not None:
        seen.add(name)
        broken = copy.deepcopy(value)
        key = list(broken)[-1]
        del broken[key]
        report(not validator(file).is_valid(broken), f"{name}, {state}: without {key} it is refused")
report(seen == {path.removesuffix(".json") for path in store}, "every schema was used", seen)
print(f"1..{number}")
sys.exit(failed)
