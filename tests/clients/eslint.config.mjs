// The recommended rules and those of Relay, and some more. What is left out is left out for a reason.

import plugin from '@graphql-eslint/eslint-plugin';

const { configs } = plugin;
const root = new URL('../../', import.meta.url).pathname;
const graphQLConfig = { schema: `${root}schema/schema.graphql`, documents: `${root}schema/examples/*.graphql` };
const graphql = {
  languageOptions: { parser: plugin.parser, parserOptions: { graphQLConfig } },
  plugins: { '@graphql-eslint': plugin },
};
const rule = (name) => `@graphql-eslint/${name}`;

export default [
  {
    ...graphql,
    files: ['schema/schema.graphql'],
    rules: {
      ...configs['flat/schema-recommended'].rules,
      ...configs['flat/schema-relay'].rules,
      // Whatever has an id is a Node. The rest are values: they have a slug, or are found through what they are part of.
      [rule('strict-id-in-types')]: 'off',
      // Lists that are bounded, such as the milestones of a guide, are plain lists.
      [rule('relay-edge-types')]: ['error', { withEdgeSuffix: true, shouldImplementNode: true, listTypeCanWrapOnlyEdgeType: false }],
      [rule('require-description')]: ['error', {
        types: true, rootField: true, DirectiveDefinition: true, FieldDefinition: true, InputValueDefinition: true,
        EnumValueDefinition: true,
        // async-graphql prints the arguments of directives without their descriptions.
        ignoredSelectors: ['DirectiveDefinition > InputValueDefinition'],
      }],
      [rule('input-name')]: 'error',
      [rule('no-scalar-result-type-on-mutation')]: 'error',
      [rule('require-deprecation-date')]: 'error',
      [rule('require-nullable-fields-with-oneof')]: 'error',
    },
  },
  {
    ...graphql,
    files: ['schema/examples/*.graphql'],
    rules: {
      ...configs['flat/operations-recommended'].rules,
      // People read the examples; an id in each selection is for caches.
      [rule('require-selections')]: 'off',
      // Each example stands for itself, in a tab of GraphiQL; none is sent with another.
      [rule('unique-fragment-name')]: 'off',
      // The server takes 15.
      [rule('selection-set-depth')]: ['error', { maxDepth: 15 }],
    },
  },
];
