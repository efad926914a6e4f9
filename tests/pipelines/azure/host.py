"""Calls an operator as Azure IoT Operations does: host.py MODULE filter|map [SETTINGS]. Each line of stdin is a message.

A message's members are given in every way in which they can be: as buffers of the host, and as bytes and texts. Of a map
the payloads that come out are printed, of a filter those that pass."""
import sys

from wasmtime import Engine, Store
from wasmtime.component import Component, Linker, Record, ResourceHost, ResourceType, Variant

PACKAGE, VERSION, BUFFER = "wasm-graph:processor/", "@1.1.0", 7
module, kind, *settings = sys.argv[1:]
store = Store(Engine())
buffers, numbers = {}, 0


def record(**members):
    made = Record()
    for name, value in members.items():
        setattr(made, name.replace("_", "-"), value)
    return made


def buffer(value):
    """A buffer of the host."""
    global numbers
    numbers += 1
    buffers[numbers] = value
    return ResourceHost.own(numbers, BUFFER)


def bytes_of(value):
    return value if isinstance(value, bytes) else buffers[value.to_host(store).rep]


linker = Linker(store.engine)
with linker.root() as root:
    # It has types alone.
    with root.add_instance(PACKAGE + "hybrid-logical-clock" + VERSION):
        pass
    with root.add_instance(PACKAGE + "types" + VERSION) as types:
        types.add_resource("buffer", ResourceType.host(BUFFER), lambda _, number: buffers.pop(number) and None)
        types.add_func("[method]buffer.read", lambda _, handle: bytes_of(handle))
instance = linker.instantiate(store, Component.from_file(store.engine, module))
operator = instance.get_export_index(store, PACKAGE + kind + VERSION)


def call(name, argument):
    function = instance.get_func(store, instance.get_export_index(store, name, operator))
    result = function(store, argument)
    function.post_return(store)
    return result


def message(number, payload):
    text = (lambda value: buffer(value.encode())) if number % 2 else (lambda value: value)
    data = (lambda value: buffer(value)) if number % 2 else (lambda value: value)
    if number % 5 == 4:
        return Variant("buffer-or-bytes", data(payload))
    timestamp = record(timestamp=record(secs=number, nanos=1), counter=2, node_id=text("node"))
    schemas = [
        lambda: None,
        lambda: text("schema"),
        lambda: record(name=text("name"), content=text("content")),
    ]
    return Variant("message", record(
        timestamp=timestamp,
        topic=data(b"topic"),
        content_type=text("application/json") if number % 3 else None,
        payload=data(payload),
        properties=record(user_properties=[(text("key"), text("value")) for _ in range(number % 4)]),
        schema=schemas[number // 2 % 3](),
    ))


def snapshot():
    timestamp = record(timestamp=record(secs=1, nanos=1), counter=2, node_id=buffer(b"node"))
    return Variant("snapshot", record(timestamp=timestamp, format="png", width=1, height=1, frame=buffer(b"frame")))


properties = [("other", "x")] + [("settings", text) for text in settings]
if not call("init", record(properties=properties, **{"module-schemas": []})):
    sys.exit("the settings are refused")
# What is no text passes.
passed = call("process", snapshot())
assert passed is True or passed.tag == "snapshot"
for number, line in enumerate(sys.stdin.buffer):
    line = line.rstrip(b"\n")
    passed = call("process", message(number, line))
    if kind == "filter":
        # All that the host gave is given back.
        assert not buffers, buffers
        if passed:
            print(line.decode())
    else:
        body = passed.payload
        if passed.tag == "message":
            assert body.timestamp.timestamp.secs == number
            assert len(getattr(body.properties, "user-properties")) == number % 4
            body = body.payload
        print(bytes_of(body).decode())
        buffers.clear()
