// What graphql-js and graphql-inspector make of the schema, which is what most clients judge by.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CriticalityLevel, diff, validate as validateDocuments } from '@graphql-inspector/core';
import {
  Kind, Source, buildClientSchema, buildSchema, getIntrospectionQuery, lexicographicSortSchema, parse, printSchema,
  validate, validateSchema,
} from 'graphql';
import { getVariableValues } from 'graphql/execution/values.js';
import { examples, messages, read, serve } from './lib.mjs';

const server = await serve();
const text = read('schema/schema.graphql');
const schema = buildSchema(text);
// All but the description of the schema as a whole, for which async-graphql has words of its own.
const all = { specifiedByUrl: true, directiveIsRepeatable: true, inputValueDeprecation: true, oneOf: true };
const introspected = buildClientSchema(await server.ask(getIntrospectionQuery(all)));

test('the schema is valid', () => {
  assert.deepEqual(messages(validateSchema(schema)), []);
});

test('the server gives the schema away as it is in the repository', async () => {
  assert.equal(await (await fetch(`${server.base}/schema.graphql`)).text(), text);
});

test('introspection says what the schema says', async () => {
  // async-graphql prints the arguments of directives without their descriptions.
  const sorted = (it) => {
    const copy = lexicographicSortSchema(it);
    for (const { args } of copy.getDirectives()) args.forEach((argument) => (argument.description = undefined));
    return printSchema(copy);
  };
  assert.equal(sorted(introspected), sorted(schema));
  // Introspection has no way to say where directives stand.
  const changes = (await diff(schema, introspected)).filter(({ type }) => !/^DIRECTIVE_(USAGE|ARGUMENT_DESC)/.test(type));
  assert.deepEqual(changes, []);
});

test('graphql-inspector sees what would break clients', async () => {
  const changes = await diff(schema, buildSchema(text.replace(/\n  externalId: String\n/, '\n  externalNumber: Int\n')));
  assert.ok(changes.some(({ criticality }) => criticality.level === CriticalityLevel.Breaking));
});


for (const { file, text: example, variables } of examples) {
  test(`${file} and its variables fit the schema`, () => {
    const document = parse(example);
    assert.deepEqual(messages(validate(schema, document)), []);
    assert.deepEqual(validateDocuments(schema, [new Source(example, file)]), []);
    const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
    for (const { variableDefinitions } of operations) {
      assert.deepEqual(messages(getVariableValues(schema, variableDefinitions, variables).errors ?? []), []);
    }
  });
}
