"""What Schemathesis has to be told: rules of the schema that the types of GraphQL cannot express, or that it ignores.

Documents that are meant to be good are made to keep them, so that every error is a failure. Documents that are meant
to be bad are sent as they are.
"""

import re
from pathlib import Path

import schemathesis
from graphql import (
    FieldNode, IntValueNode, NameNode, NullValueNode, ObjectFieldNode, StringValueNode, TypeInfo, TypeInfoVisitor, Visitor,
    get_named_type, parse, print_ast, visit,
)
from hypothesis import strategies as st
from schemathesis.graphql import nodes

schema = (Path(__file__).parents[2] / "schema/schema.graphql").read_text()
ONE_OF = set(re.findall(r"^input (\w+) @oneOf", schema, re.MULTILINE))

schemathesis.graphql.scalar("URL", st.sampled_from(["https://example.com", "http://localhost:3000/a?b=c"]).map(nodes.String))

# What the guide has of each kind: queries that name nothing of it are answered with an error. And where webhooks may
# lead while nobody looks: an address that the server refuses when it is to be asked.
SLUGS = {
    ("RegisterWebhookInput", "url"): "https://localhost:1/",
    ("UpdateWebhookInput", "url"): "https://localhost:1/",
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


def history(node, ancestors):
    """Histories: from the earlier to the later, and of one learner, with no more than the leaves of each point: what
    costs more is refused. Answers whether this one may stay."""
    for it in node.arguments:
        if it.name.value in SPAN:
            it.value = StringValueNode(value=SPAN[it.name.value])
    leaves = [it for it in node.selection_set.selections if isinstance(it, FieldNode) and not it.selection_set]
    node.selection_set.selections = tuple(leaves) or (FieldNode(name=NameNode(value="ready"), arguments=(), directives=()),)
    around = [it.name.value for it in ancestors if isinstance(it, FieldNode)]
    return around in (["learner"], ["node"])


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

    def leave_field(self, node, _key, _parent, _path, ancestors):
        """Pages: `first` or `last`, from 0 to 10, since more of what is dear is refused; only the server makes cursors."""
        if node.name.value == "readinessHistory" and not history(node, ancestors):
            return FieldNode(alias=node.alias, name=NameNode(value="__typename"), arguments=(), directives=())
        given = {it.name.value: it for it in node.arguments}
        if "first" in given and not isinstance(given["first"].value, NullValueNode):
            given.pop("last", None)
        for name in ("after", "before"):
            given.pop(name, None)
        for name in ("first", "last"):
            if name in given and isinstance(given[name].value, IntValueNode):
                given[name].value = IntValueNode(value=str(abs(int(given[name].value.value)) % 11))
        node.arguments = tuple(given.values())
        return node


@schemathesis.hook
def map_case(context, case):
    if case.meta.generation.mode.is_positive:
        types = TypeInfo(context.operation.schema.client_schema)
        case.body = print_ast(visit(parse(case.body), TypeInfoVisitor(types, Fit(types))))
    return case
