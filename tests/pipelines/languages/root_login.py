"""Finds sign-ins of the root user: a rule that is written from the WIT alone."""
import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.event_filter import (
    Column, ColumnKind, Fault_Malformed, Finding, Rule, RuleDocument, SettingError, Severity)


class EventFilter(exports.EventFilter):
    def describe(self):
        text = ColumnKind.TEXT
        return [Rule(
            id="com.example.root-login", name="The root user signed in", version="1.0.0", authors=[], license="",
            severity=Severity.LOW, risk_score=21, tags=[], references=[], threats=[],
            columns=[Column("time", text), Column("address", text)], settings_schema="", needles=["ConsoleLogin"])]

    def document(self, rule):
        return RuleDocument(description="Finds sign-ins of the root user.", triage="")

    def configure(self, rule, settings):
        if rule != 0 or json.loads(settings) != {}:
            raise Err([SettingError(pointer="", expected="no settings")])

    def reads(self, event):
        return b'"eventName"' in event

    def evaluate(self, event, rules):
        try:
            event = json.loads(event)
        except (ValueError, RecursionError) as error:
            raise Err(Fault_Malformed(str(error)))
        if not isinstance(event, dict):
            raise Err(Fault_Malformed("it is no object"))
        identity = event.get("userIdentity")
        root = isinstance(identity, dict) and identity.get("type") == "Root"
        if not root or event.get("eventName") != "ConsoleLogin":
            return []
        columns = json.dumps({"time": event.get("eventTime"), "address": event.get("sourceIPAddress")})
        return [Finding(rule=0, columns=columns, severity=None, risk_score=None, event_id=None)]
