"""Python's gql: queries and mutations with aiohttp, subscriptions with websockets."""

import asyncio
import sys

from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportQueryError
from gql.transport.websockets import WebsocketsTransport

base = sys.argv[1]
http = f"{base}/graphql"
socket = f"{base.replace('http', 'ws')}/graphql"

progress = gql("query ($by: LearnerRef!) { learner(by: $by) { name version } }")
start = gql("""
    mutation ($input: StartCourseInput!) { startCourse(input: $input) { changed userErrors { code } } }
""")
follow = gql("""
    subscription ($learner: LearnerRef!, $afterVersion: Int) {
      learnerEvents(learner: $learner, afterVersion: $afterVersion) { event { version } }
    }
""")
chen = {"externalId": "chen"}


def ask(document, **variables):
    document.variable_values = variables
    return document


async def over(transport, subscribes):
    # With the schema at hand, gql checks an operation before it is sent.
    async with Client(transport=transport, fetch_schema_from_transport=True) as session:
        learner = (await session.execute(ask(progress, by=chen)))["learner"]
        assert learner["name"] == "Chen Wei", learner
        payload = (await session.execute(ask(start, input={"learner": chen, "course": "cicd-automation"})))["startCourse"]
        assert payload["userErrors"] == [], payload
        if subscribes:
            assert await versions(session, 3) == [1, 2, 3]
            assert await versions(session, 1, afterVersion=3) == [4]
        session.client.schema = None
        try:
            await session.execute(gql("{ nobody }"))
        except TransportQueryError as error:
            assert error.errors[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED", error.errors
        else:
            raise AssertionError("an unknown field was answered")


async def versions(session, count, **variables):
    seen = []
    async for message in session.subscribe(ask(follow, learner=chen, **variables)):
        seen.append(message["learnerEvents"]["event"]["version"])
        if len(seen) == count:
            return seen


async def main():
    await asyncio.wait_for(over(AIOHTTPTransport(url=http), subscribes=False), 20)
    await asyncio.wait_for(over(WebsocketsTransport(url=socket), subscribes=True), 20)


asyncio.run(main())
