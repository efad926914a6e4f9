"""Validates events, a line each, as Detection Findings of OCSF 1.8.0. Prints what is wrong, and how many are right."""

import json
import sys

from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.8.0"))
name = schema.lookup_class_name_from_uid(class_uid=2004)
validator = Draft202012Validator(schema.get_class_schema(class_name=name, profiles=[]))
right = 0
for number, line in enumerate(sys.stdin, 1):
    errors = [f"{number}: {error.json_path}: {error.message[:300]}" for error in validator.iter_errors(json.loads(line))]
    print(*errors, sep="\n", end="\n" if errors else "")
    right += not errors
print(right)
