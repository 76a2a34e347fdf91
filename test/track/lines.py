"""lines.py SCHEMA FILE...: every line of the files is an object that keeps the schema, and without
any one of its fields is refused; prints how many lines of which type there are."""

import collections
import copy
import json
import sys

import jsonschema

schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
check = jsonschema.Draft202012Validator(schema)
seen = collections.Counter()
for path in sys.argv[2:]:
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        value = json.loads(line)
        errors = [error.message for error in check.iter_errors(value)]
        if errors:
            sys.exit(f"{path}:{number}: {errors[0]}")
        for key in value:
            broken = copy.deepcopy(value)
            del broken[key]
            if check.is_valid(broken):
                sys.exit(f"{path}:{number}: without {key} it is taken too")
        seen[value["type"]] += 1
print(*(f"{name}={count}" for name, count in sorted(seen.items())))
