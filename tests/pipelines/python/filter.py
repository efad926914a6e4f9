"""Sends events from stdin through the core module of a rule and prints what it finds."""
import json
import struct
import sys
import wasmtime

NAME = "trommel:filter/event-filter@0.2.0#"
store = wasmtime.Store()
module = wasmtime.Module.from_file(store.engine, sys.argv[1])


class Rule:
    def __init__(self):
        exports = wasmtime.Instance(store, module, []).exports(store)
        self.memory = exports["memory"]
        self.call = lambda name, *numbers: exports[name](store, *numbers)

    def numbers(self, at, layout):
        size = struct.calcsize(layout)
        return struct.unpack(layout, self.memory.read(store, at, at + size))

    def evaluate(self, event):
        at = self.call("cabi_realloc", 0, 0, 1, len(event))
        self.memory.write(store, event, at)
        answer = self.call(NAME + "evaluate", at, len(event), 0, 0, 0)
        fault, findings, count = self.numbers(answer, "<BxxxII")
        found = []
        for finding in range(0 if fault else count):
            rule, columns, length = self.numbers(findings + 28 * finding, "<III")
            found.append((rule, self.memory.read(store, columns, columns + length)))
        self.call("cabi_post_" + NAME + "evaluate", answer)
        return found


rule = Rule()
for line in sys.stdin.buffer:
    try:
        for number, columns in rule.evaluate(line.rstrip(b"\r\n")):
            print(json.dumps({**json.loads(columns), "rule": number}), flush=True)
    except wasmtime.Trap as trap:
        print(f"not judged: {trap}", file=sys.stderr)
        rule = Rule()
