"""What Schemathesis has to be told: rules of the schema that the types of GraphQL cannot express, or that it ignores.

Documents that are meant to be good are made to keep them, so that every error is a failure. Documents that are meant
to be bad are sent as they are.
"""

import re
from pathlib import Path

import schemathesis
from graphql import (
    IntValueNode, NullValueNode, ObjectFieldNode, StringValueNode, TypeInfo, TypeInfoVisitor, Visitor,
    get_named_type, parse, print_ast, visit,
)
from hypothesis import strategies as st
from schemathesis.graphql import nodes

schema = (Path(__file__).parents[2] / "schema/schema.graphql").read_text()
ONE_OF = set(re.findall(r"^input (\w+) @oneOf", schema, re.MULTILINE))

schemathesis.graphql.scalar("URL", st.sampled_from(["https://example.com", "http://localhost:3000/a?b=c"]).map(nodes.String))

# What the guide has of each kind: queries that name nothing of it are answered with an error.
SLUGS = {
    ("LearnerFilter", "stack"): "nodejs",
    ("LearnerFilter", "milestoneMet"): "sql",
    ("LearnerFilter", "milestoneOpen"): "projects",
    ("WhatIfStep", "completeCourse"): "cicd-automation",
    ("WhatIfStep", "submitEvidence"): "sql.query-plans",
    ("WhatIfStep", "waive"): "sql.query-plans",
}

SPAN = {"from": "2026-01-01T00:00:00Z", "to": "2026-12-31T00:00:00+02:00"}


def string(name, value):
    return ObjectFieldNode(name=name, value=StringValueNode(value=value))


class Fit(Visitor):
    def __init__(self, types):
        super().__init__()
        self.types = types

    def leave_object_value(self, node, *_):
        """Slugs of the guide, and @oneOf, which hypothesis-graphql does not know: exactly one field, and not null."""
        name = get_named_type(self.types.get_input_type()).name
        for it in node.fields:
            slug = SLUGS.get((name, it.name.value))
            if slug and isinstance(it.value, StringValueNode):
                it.value = StringValueNode(value=slug)
        if name in ONE_OF:
            given = [it for it in node.fields if not isinstance(it.value, NullValueNode)][:1]
            node.fields = tuple(given) or (string(node.fields[0].name, SLUGS.get((name, node.fields[0].name.value), "chen")),)
        return node

    def leave_field(self, node, *_):
        """Pages: `first` or `last`, from 0 to 100; only the server makes cursors. Histories: from the earlier to the later."""
        given = {it.name.value: it for it in node.arguments}
        if "first" in given and not isinstance(given["first"].value, NullValueNode):
            given.pop("last", None)
        for name in ("after", "before"):
            given.pop(name, None)
        for name in ("first", "last"):
            if name in given and isinstance(given[name].value, IntValueNode):
                given[name].value = IntValueNode(value=str(abs(int(given[name].value.value)) % 101))
        for name, instant in SPAN.items():
            if name in given and node.name.value == "readinessHistory":
                given[name].value = StringValueNode(value=instant)
        node.arguments = tuple(given.values())
        return node


@schemathesis.hook
def map_case(context, case):
    if case.meta.generation.mode.is_positive:
        types = TypeInfo(context.operation.schema.client_schema)
        case.body = print_ast(visit(parse(case.body), TypeInfoVisitor(types, Fit(types))))
    return case
