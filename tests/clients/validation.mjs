// Writes tests/fixtures/validation.json: documents over our schema, valid and invalid, with the verdict of
// graphql-js. The tests of the server hold it to the same verdicts. Run it when the schema has changed:
// `node tests/clients/validation.mjs`.
import { readFileSync, writeFileSync } from 'node:fs'
import {
  GraphQLError, Kind, MaxIntrospectionDepthRule, buildSchema, getNamedType, getIntrospectionQuery,
  isCompositeType, isLeafType, isObjectType, isRequiredArgument, parse, specifiedRules, validate,
} from 'graphql'

const at = path => new URL(path, import.meta.url)
const schema = buildSchema(readFileSync(at('../../schema/schema.graphql'), 'utf8'))

// Our own scalars are written as texts, which an SDL cannot say.
for (const name of ['Date', 'DateTime', 'URL']) {
  schema.getType(name).parseLiteral = node => {
    if (node.kind !== Kind.STRING) throw new GraphQLError(`${name} must be written as a text`)
    return node.value
  }
}
// graphql-js 16 looks for a nullable variable in a `@oneOf` input only where that input may itself be null.
function OneOfVariablesRule(context) {
  let variables
  return {
    OperationDefinition: node => { variables = new Map(node.variableDefinitions.map(it => [it.variable.name.value, it.type.kind])) },
    ObjectField(node) {
      const isNullable = node.value.kind === Kind.VARIABLE && variables?.get(node.value.name.value) !== Kind.NON_NULL_TYPE
      if (isNullable && getNamedType(context.getParentInputType())?.isOneOf) context.reportError(new GraphQLError('nullable', { nodes: node }))
    },
  }
}
const rules = new Set([...specifiedRules, MaxIntrospectionDepthRule, OneOfVariablesRule])

// The rule that a document breaks first, `Syntax`, or nothing.
function verdict(document) {
  let parsed
  try { parsed = parse(document) } catch { return 'Syntax' }
  for (const rule of rules) {
    if (validate(schema, parsed, [rule]).length > 0) return rule.name.replace(/Rule$/, '')
  }
  return null
}

// ---- By hand: what each rule is about.
const L = s => `{ learner(by: { id: "x" }) { ${s} } }`
const byHand = [
  // Syntax
  '', '#', '{', '}', '{ }', '{ guide { } }', '{ guide() { slug } }', '{ guide { slug }', '{ guide { slug } } }', 'query', 'query { }',
  'query Q() { guide { slug } }', 'query Q { guide { slug } }', 'query ($a: Int = $b) { guide { slug } }', '{ guide { slug(: 1) } }',
  '{ node(id: ) { id } }', '{ node(id: "x) { id } }', '{ node(id: "\\x") { id } }', '{ node(id: "\\u00G0") { id } }',
  '{ node(id: "\\u00e9") { id } }', '{ node(id: "\\u{1F600}") { id } }', '{ node(id: "\\u{110000}") { id } }', '{ node(id: "\\u{D800}") { id } }',
  '{ node(id: "\\uD83D\\uDE00") { id } }', '{ node(id: "\\uD83D") { id } }', '{ node(id: "\\uDE00") { id } }', '{ node(id: "\\u{}") { id } }',
  '{ node(id: """block "quoted" \\""" text""") { id } }', '{ node(id: """open) { id } }', '{ node(id: "a\nb") { id } }', '{ node(id: "") { id } }',
  '{ learners(first: 01) { totalCount } }', '{ learners(first: 1x) { totalCount } }', '{ learners(first: 1.) { totalCount } }', '{ learners(first: -) { totalCount } }',
  '{ learners(first: -0) { totalCount } }', '{ learners(first: +1) { totalCount } }', '{ learners(first: .5) { totalCount } }', '{ learners(first: 1e) { totalCount } }',
  'fragment on on Guide { slug } { guide { ...on } }', '{ guide { ... on Guide { slug } } }', '{ guide { ...on } }', 'fragment F { slug } { guide { ...F } }',
  '{ guide { ...F } } fragment F on Guide { slug }', '{ guide { ...F } } fragment F on Guide', '{ guide { ...F } } fragment F($a: Int) on Guide { slug }',
  '{ guide: guide { slug: slug } }', '{ a: b: guide { slug } }', '{ guide { slug @skip(if: true) } }', '{ guide { slug @ } }', '{ guide { @skip(if: true) slug } }',
  'query Q @skip(if: true) { guide { slug } }', 'subscription', 'mutation', 'type A { b: Int }', '{ guide { slug } } type A { b: Int }',
  'extend type Query { a: Int } { guide { slug } }', 'schema { query: Query }', '\ufeff{ guide { slug } }', '{ guide { slug, title, } }', ',,,{,guide,{,slug,},}', '{ guide { slug } }\u0000',
  '{ guide { slug } } garbage', '"described" { guide { slug } }', '"described" query Q { guide { slug } }', '"described" query { guide { slug } }', '"a" "b" query { guide { slug } }', '{ guide { ...F } } "described" fragment F on Guide { slug }', '"""described""" mutation Q { __typename }', 'query Q("described" $a: Int) { learners(first: $a) { totalCount } }', 'query Q($a: ID = "x" $b: Int) { learners(first: $b) { totalCount } ...F } fragment F on Query { node(id: $a) { id } }', 'query Q($a: ID = "x" "described" $b: Int) { learners(first: $b) { totalCount } ...F } fragment F on Query { node(id: $a) { id } }', '"described" type A { b: Int }', '{ guide { "described" slug } }', 'query Q($a: Int "described") { learners(first: $a) { totalCount } }', '{ guide { slug ? } }', "{ node(id: 'x') { id } }", '{ guide { naïve } }',
  'query Q($a: Int!!) { learners(first: $a) { totalCount } }', 'query Q($a: [Int) { learners(first: $a) { totalCount } }', 'query Q(a: Int) { learners(first: 1) { totalCount } }',
  '{ whatIf(learner: { id: "x" }, steps: [{ waive: "a" }, ]) { ready } }', '{ whatIf(learner: { id: "x" }, steps: [{ waive: "a" ]) { ready } }',
  '{ __typename } { __typename }', 'query A { __typename } query B { __typename }', 'null', '{ true }', '{ guide { slug } } fragment true on Guide { slug }', 'query true { guide { slug } }',
  '{ learners(orderBy: { field: true }) { totalCount } }', '{ learners(orderBy: { field: null }) { totalCount } }',
  // ExecutableDefinitions, LoneAnonymousOperation, unique names
  'query A { guide { slug } } query A { guide { slug } }', 'query A { guide { slug } } mutation A { compactStore(input: {}) { changed } }', '{ guide { slug } } query A { guide { slug } }',
  'query A { guide { slug } } { guide { slug } }', '{ guide { ...F } } fragment F on Guide { slug } fragment F on Guide { title }', '{ guide { slug } } fragment F on Guide { slug }',
  'scalar X', 'directive @x on FIELD', 'directive @x on FIELD { guide { slug } }', 'enum E { A } query Q { guide { slug } }', 'input I { a: Int }', 'union U = Guide', 'interface I { a: Int }',
  'query Q($a: Int, $a: Int) { learners(first: $a) { totalCount } }', 'query Q($a: Int, $a: String) { learners(first: $a, after: $a) { totalCount } }', '{ learners(first: 1, first: 2) { totalCount } }', '{ guide { slug @skip(if: true, if: true) } }',
  // KnownTypeNames, VariablesAreInputTypes
  'query Q($a: Nothing) { guide { slug } }', 'query Q($a: Nothing) { node(id: $a) { id } }', '{ guide { ... on Nothing { slug } } }', '{ guide { ...F } } fragment F on Nothing { slug }',
  'query Q($a: Learner) { guide { slug } }', 'query Q($a: [Learner!]!) { nodes(ids: $a) { id } }', 'query Q($a: Node) { node(id: $a) { id } }', 'query Q($a: LearnerRef!) { learner(by: $a) { id } }',
  'query Q($a: [[ID!]!]!) { nodes(ids: $a) { id } }', 'query Q($a: __Type) { guide { slug } }', 'query Q($a: __TypeKind) { guide { slug @include(if: $a) } }',
  // FragmentsOnCompositeTypes, PossibleFragmentSpreads
  '{ guide { slug { ... on String { x } } } }', '{ guide { ... on String { slug } } }', '{ guide { ... on LearnerRef { slug } } }', '{ guide { ... on EventKind { slug } } }', '{ guide { ...F } } fragment F on String { slug }', '{ guide { ...F } } fragment F on Clock { slug }',
  '{ guide { ... on Learner { id } } }', '{ guide { ... on Node { id } } }', '{ guide { ... on MutationPayload { changed } } }', '{ node(id: "x") { ... on Learner { name } } }', '{ node(id: "x") { ... on Area { slug } } }', '{ node(id: "x") { ... on Node { ... on Guide { slug } } } }',
  '{ node(id: "x") { ... on MutationPayload { changed } } }', '{ node(id: "x") { ... on Learner { ... on Guide { slug } } } }', '{ node(id: "x") { ... on Learner { ... on Node { ... on Guide { slug } } } } }', '{ guide { ...F } } fragment F on Learner { id }', '{ guide { ...F } } fragment F on Node { id ... on Guide { slug } }',
  '{ ... on Query { guide { slug } } }', '{ ... on Mutation { __typename } }', 'mutation { ... on Query { guide { slug } } }', '{ ... { guide { slug } } }', '{ ... @include(if: true) { guide { slug } } }', 'mutation { registerLearner(input: { name: "a" }) { ... on MutationPayload { changed } ... on RegisterLearnerPayload { learner { id } } } }', 'mutation { registerLearner(input: { name: "a" }) { ... on AddProjectPayload { project { id } } } }',
  // FieldsOnCorrectType, ScalarLeafs
  '{ nothing }', '{ guide { nothing } }', '{ guide }', '{ guide { slug { x } } }', '{ guide { areas } }', '{ guide { areas { slug } } }', '{ node(id: "x") { name } }', '{ node(id: "x") }', '{ __typename }', '{ __typename { x } }', '{ __typename(x: 1) }', '{ guide { __typename } }', '{ guide { __typename: slug } }', '{ guide { __schema { queryType { name } } } }', '{ __nothing }',
  '{ __schema { queryType { name } } }', '{ __schema }', '{ __schema { types } }', '{ __type(name: "Guide") { name } }', '{ __type { name } }', '{ __type(name: 1) { name } }', '{ __type(name: "Guide") { fields(includeDeprecated: true) { name } } }', '{ __type(name: "Guide") { fields(includeDeprecated: 1) { name } } }', 'mutation { __typename }', 'mutation { __schema { queryType { name } } }', 'subscription { __schema { queryType { name } } }',
  '{ learners { totalCount { x } } }', '{ learners { pageInfo } }', '{ nodes(ids: []) }', '{ guide { asOf { x } } }', L('readiness'), L('stack'), L('stack { slug name }'), L('events { nodes { kind { x } } }'),
  // Known arguments, required arguments
  '{ guide(x: 1) { slug } }', '{ learners(frist: 1) { totalCount } }', '{ node { id } }', '{ node(id: null) { id } }', '{ nodes { id } }', '{ nodes(ids: null) { id } }', '{ nodes(ids: [null]) { id } }', '{ nodes(ids: ["a", null]) { id } }', '{ nodes(ids: "a") { id } }', '{ nodes(ids: 1) { id } }', '{ nodes(ids: [1, "a"]) { id } }', '{ nodes(ids: [1.5]) { id } }', '{ nodes(ids: [true]) { id } }', '{ nodes(ids: [["a"]]) { id } }', '{ nodes(ids: {}) { id } }',
  '{ learner { id } }', '{ learner(by: null) { id } }', '{ learner(by: "x") { id } }', '{ learner(by: []) { id } }', '{ learner(by: [{ id: "x" }]) { id } }', '{ guide { stack { slug } } }', '{ guide { slug @skip } }', '{ guide { slug @skip(if: null) } }', '{ guide { slug @skip(unless: true) } }', '{ guide { slug @skip(if: true, unless: true) } }', '{ guide { slug @include(if: "true") } }', '{ guide { slug @include(if: 1) } }', '{ __typename @skip(if: 1) }', '{ __typename @nope }', L('nextSteps { kind: actor }'), L('nextSteps(first: null) { __typename }'), L('nextSteps(first: 2) { __typename }'),
  // KnownDirectives, UniqueDirectivesPerLocation
  '{ guide @nope { slug } }', '{ guide @deprecated { slug } }', '{ guide @cost(weight: "1") { slug } }', '{ guide @listSize(assumedSize: 1) { slug } }', 'query Q @include(if: true) { guide { slug } }', 'query Q($a: Int @skip(if: true)) { learners(first: $a) { totalCount } }', 'query Q($a: Int @nope) { learners(first: $a) { totalCount } }', 'mutation Q @nope { __typename }', 'subscription Q @nope { events { cursor } }', '{ guide { ...F @skip(if: true) } } fragment F on Guide { slug }', '{ guide { ...F } } fragment F on Guide @skip(if: true) { slug }', '{ guide { ...F } } fragment F on Guide @nope { slug }', '{ guide { ... @skip(if: false) { slug } } }', '{ guide { ... @nope { slug } } }', '{ guide { ...F @nope } } fragment F on Guide { slug }', '{ guide @skip(if: true) @skip(if: true) { slug } }', '{ guide @skip(if: true) @include(if: true) { slug } }', '{ guide { ...F @skip(if: true) @skip(if: false) } } fragment F on Guide { slug }', '{ guide { ... @include(if: true) @include(if: true) { slug } } }', '{ guide { slug @specifiedBy(url: "x") } }', '{ guide { slug @oneOf } }', '{ guide { slug @defer } }', '{ guide { ... @defer { slug } } }', '{ guide { areas @stream { slug } } }', '{ guide { ... @defer(label: "a") { slug } ... @defer(label: "a") { title } } }',
  // Fragments: known, unused, cycles
  '{ guide { ...F } }', '{ guide { ...F } } fragment F on Guide { ...G } fragment G on Guide { slug }', '{ guide { ...F } } fragment F on Guide { slug } fragment G on Guide { slug }', '{ guide { ...F } } fragment F on Guide { ...F }', '{ guide { ...F } } fragment F on Guide { ...G } fragment G on Guide { ...F }', '{ guide { slug } } fragment F on Guide { ...F }', '{ guide { ...F } } fragment F on Guide { stacks { ...S } } fragment S on Stack { slug }', L('...F') + ' fragment F on Learner { events { nodes { learner { ...F } } } }', '{ guide { ...F ...F } } fragment F on Guide { slug }', '{ a: guide { ...F } b: guide { ...F } } fragment F on Guide { slug }', '{ guide { ...F } } fragment F on Guide { ...G ...H } fragment G on Guide { ...I } fragment H on Guide { ...I } fragment I on Guide { slug }', 'query A { guide { ...F } } query B { guide { ...F } } fragment F on Guide { slug }', '{ guide { ...F } } fragment F on Guide { ...Missing }',
  // Variables: undefined, unused, position
  '{ node(id: $a) { id } }', 'query Q($a: ID!) { node(id: $a) { id } }', 'query Q($a: ID!) { guide { slug } }', 'query Q($a: ID!) { node(id: $b) { id } }', 'query A($a: ID!) { ...F } query B { ...F } fragment F on Query { node(id: $a) { id } }', 'query A($a: ID!) { ...F } query B($a: ID!) { ...F } fragment F on Query { node(id: $a) { id } }', 'query A($a: ID!) { ...F } query B($a: Int!) { ...F } fragment F on Query { node(id: $a) { id } }', 'query Q($a: ID) { node(id: $a) { id } }', 'query Q($a: ID = "x") { node(id: $a) { id } }', 'query Q($a: ID = null) { node(id: $a) { id } }', 'query Q($a: ID! = null) { node(id: $a) { id } }', 'query Q($a: ID! = "x") { node(id: $a) { id } }', 'query Q($a: String!) { node(id: $a) { id } }', 'query Q($a: Int!) { node(id: $a) { id } }', 'query Q($a: [ID!]!) { node(id: $a) { id } }',
  'query Q($a: ID!) { nodes(ids: $a) { id } }', 'query Q($a: [ID!]!) { nodes(ids: $a) { id } }', 'query Q($a: [ID]!) { nodes(ids: $a) { id } }', 'query Q($a: [ID!]) { nodes(ids: $a) { id } }', 'query Q($a: [ID!] = []) { nodes(ids: $a) { id } }', 'query Q($a: [ID!] = null) { nodes(ids: $a) { id } }', 'query Q($a: ID!) { nodes(ids: [$a]) { id } }', 'query Q($a: ID) { nodes(ids: [$a]) { id } }', 'query Q($a: ID = "x") { nodes(ids: [$a]) { id } }', 'query Q($a: [ID!]!) { nodes(ids: [$a]) { id } }', 'query Q($a: String!) { nodes(ids: [$a]) { id } }', 'query Q($a: ID!) { nodes(ids: ["x", $a, $a]) { id } }',
  'query Q($a: ID!) { learner(by: { id: $a }) { id } }', 'query Q($a: ID) { learner(by: { id: $a }) { id } }', 'query Q($a: ID = "x") { learner(by: { id: $a }) { id } }', 'query Q($a: String!) { learner(by: { id: $a }) { id } }', 'query Q($a: String!) { learner(by: { externalId: $a }) { id } }', 'query Q($a: LearnerRef) { learner(by: $a) { id } }', 'query Q($a: LearnerRef = { id: "x" }) { learner(by: $a) { id } }', 'query Q($a: LearnerRef! = { id: "x", externalId: "y" }) { learner(by: $a) { id } }', 'query Q($a: LearnerRef! = {}) { learner(by: $a) { id } }', 'query Q($a: LearnerRef! = { id: null }) { learner(by: $a) { id } }', 'query Q($a: LearnerFilter) { learner(by: $a) { id } }',
  'query Q($a: Boolean!) { guide { slug @skip(if: $a) } }', 'query Q($a: Boolean) { guide { slug @skip(if: $a) } }', 'query Q($a: Boolean = true) { guide { slug @skip(if: $a) } }', 'query Q($a: Int!) { guide { slug @skip(if: $a) } }', 'query Q($a: String) { guide { slug @include(if: $a) } }', 'query Q($a: Boolean!) { __typename @skip(if: $a) }', 'query Q($a: Boolean!) { guide { ...F @skip(if: $a) } } fragment F on Guide { slug }', 'query Q($a: Int!) { guide { ... @skip(if: $a) { slug } } }',
  'query Q($a: Int) ' + L('nextSteps(first: $a) { __typename }'), 'query Q($a: Int!) ' + L('nextSteps(first: $a) { __typename }'), 'query Q($a: Int = null) ' + L('nextSteps(first: $a) { __typename }'), 'query Q($a: Float) ' + L('nextSteps(first: $a) { __typename }'), 'query Q($a: Clock) ' + L('readiness(clock: $a) { ready }'), 'query Q($a: String) ' + L('readiness(clock: $a) { ready }'), 'query Q($a: DateTime) ' + L('readiness(asOf: $a) { ready }'), 'query Q($a: String) ' + L('readiness(asOf: $a) { ready }'), 'query Q($a: Date) ' + L('readiness(asOf: $a) { ready }'),
  'query Q($a: OrderDirection) { learners(orderBy: { field: NAME, direction: $a }) { totalCount } }', 'query Q($a: LearnerOrderField) { learners(orderBy: { field: $a }) { totalCount } }', 'query Q($a: LearnerOrderField!) { learners(orderBy: { field: $a }) { totalCount } }', 'query Q($a: LearnerOrderField = NAME) { learners(orderBy: { field: $a }) { totalCount } }', 'query Q($a: OrderDirection) { learners(orderBy: { field: $a }) { totalCount } }', 'query Q($a: Int = "x") { learners(first: $a) { totalCount } }', 'query Q($a: Int = 1.5) { learners(first: $a) { totalCount } }', 'query Q($a: Int = 2147483648) { learners(first: $a) { totalCount } }', 'query Q($a: Int = null) { learners(first: $a) { totalCount } }', 'query Q($a: Int! = 5) { learners(first: $a) { totalCount } }', 'query Q($a: [Int] = [1, "x"]) { guide { slug } }', 'query Q($a: OrderDirection = UP) { learners(orderBy: { field: NAME, direction: $a }) { totalCount } }',
  'query Q($a: [WhatIfStep!]!) { whatIf(learner: { id: "x" }, steps: $a) { ready } }', 'query Q($a: WhatIfStep!) { whatIf(learner: { id: "x" }, steps: [$a]) { ready } }', 'query Q($a: WhatIfStep) { whatIf(learner: { id: "x" }, steps: [$a]) { ready } }', 'query Q($a: String!) { whatIf(learner: { id: "x" }, steps: [{ waive: $a }]) { ready } }', 'query Q($a: String) { whatIf(learner: { id: "x" }, steps: [{ waive: $a }]) { ready } }', 'query Q($a: String!) { whatIf(learner: { id: "x" }, steps: { waive: $a }) { ready } }', 'query Q($a: String!) { whatIf(learner: { id: "x" }, steps: [{ waive: $a, completeCourse: $a }]) { ready } }',
  'mutation Q($a: RecordCourseProgressInput!) { recordCourseProgress(input: $a) { changed } }', 'mutation Q($a: Int!) { recordCourseProgress(input: { learner: { id: "x" }, course: "c", percent: $a }) { changed } }', 'mutation Q($a: Int) { recordCourseProgress(input: { learner: { id: "x" }, course: "c", percent: $a }) { changed } }', 'mutation Q($a: [ProjectAspect!]) { addProject(input: { learner: { id: "x" }, name: "n", aspects: $a }) { changed } }', 'mutation Q($a: [ProjectAspect]) { addProject(input: { learner: { id: "x" }, name: "n", aspects: $a }) { changed } }', 'mutation Q($a: ProjectAspect!) { addProject(input: { learner: { id: "x" }, name: "n", aspects: [$a] }) { changed } }', 'mutation Q($a: ProjectAspect!) { addProject(input: { learner: { id: "x" }, name: "n", aspects: $a }) { changed } }', 'mutation Q($a: LearnerRef) { addProject(input: { learner: $a, name: "n" }) { changed } }',
  // ValuesOfCorrectType, UniqueInputFieldNames, oneOf
  '{ learners(first: 1) { totalCount } }', '{ learners(first: "1") { totalCount } }', '{ learners(first: 1.0) { totalCount } }', '{ learners(first: true) { totalCount } }', '{ learners(first: null) { totalCount } }', '{ learners(first: ONE) { totalCount } }', '{ learners(first: [1]) { totalCount } }', '{ learners(first: {}) { totalCount } }', '{ learners(first: 2147483647) { totalCount } }', '{ learners(first: 2147483648) { totalCount } }', '{ learners(first: -2147483648) { totalCount } }', '{ learners(first: -2147483649) { totalCount } }', '{ learners(first: 99999999999999999999) { totalCount } }', '{ node(id: 99999999999999999999) { id } }', '{ node(id: 1) { id } }', '{ node(id: 1.5) { id } }', '{ node(id: true) { id } }', '{ node(id: A) { id } }', '{ node(id: {}) { id } }', '{ node(id: ["x"]) { id } }', '{ learners(after: 1) { totalCount } }', '{ learners(after: true) { totalCount } }', '{ learners(after: A) { totalCount } }', '{ learners(after: """x""") { totalCount } }',
  '{ learners(orderBy: { field: NAME }) { totalCount } }', '{ learners(orderBy: { field: "NAME" }) { totalCount } }', '{ learners(orderBy: { field: NOPE }) { totalCount } }', '{ learners(orderBy: { field: 1 }) { totalCount } }', '{ learners(orderBy: {}) { totalCount } }', '{ learners(orderBy: { direction: ASC }) { totalCount } }', '{ learners(orderBy: { field: NAME, direction: null }) { totalCount } }', '{ learners(orderBy: { field: NAME, nope: 1 }) { totalCount } }', '{ learners(orderBy: { nope: 1, noper: 2 }) { totalCount } }', '{ learners(orderBy: { field: NAME, field: NAME }) { totalCount } }', '{ learners(orderBy: [{ field: NAME }]) { totalCount } }', '{ learners(orderBy: NAME) { totalCount } }', '{ learners(orderBy: "NAME") { totalCount } }', '{ learners(orderBy: null) { totalCount } }', '{ learners(filter: {}) { totalCount } }', '{ learners(filter: { stack: null }) { totalCount } }', '{ learners(filter: { stack: 1 }) { totalCount } }',
  '{ learner(by: {}) { id } }', '{ learner(by: { id: "a" }) { id } }', '{ learner(by: { id: "a", externalId: "b" }) { id } }', '{ learner(by: { id: null }) { id } }', '{ learner(by: { id: "a", externalId: null }) { id } }', '{ learner(by: { id: "a", id: "b" }) { id } }', '{ learner(by: { nope: "a" }) { id } }', '{ learner(by: { id: 7 }) { id } }', '{ learner(by: { id: 7.5 }) { id } }', '{ learner(by: { externalId: 7 }) { id } }', '{ whatIf(learner: { id: "x" }, steps: []) { ready } }', '{ whatIf(learner: { id: "x" }, steps: { waive: "a" }) { ready } }', '{ whatIf(learner: { id: "x" }, steps: [{}]) { ready } }', '{ whatIf(learner: { id: "x" }, steps: [{ waive: "a" }, { waive: "b", completeCourse: "c" }]) { ready } }', '{ whatIf(learner: { id: "x" }, steps: null) { ready } }', '{ whatIf(learner: { id: "x" }, steps: [null]) { ready } }', '{ whatIf(learner: { id: "x" }, steps: "a") { ready } }',
  L('readiness(asOf: "2026-01-01T00:00:00Z") { ready }'), L('readiness(asOf: 5) { ready }'), L('readiness(asOf: NOW) { ready }'), L('readiness(asOf: true) { ready }'), L('readiness(asOf: {}) { ready }'), L('readiness(asOf: []) { ready }'), L('readiness(asOf: null) { ready }'), L('readiness(clock: OCCURRED) { ready }'), L('readiness(clock: "OCCURRED") { ready }'), L('readiness(clock: NEVER) { ready }'), L('readiness(clock: null) { ready }'), L('goals(status: ACTIVE) { id }'), L('goals(status: NOPE) { id }'), '{ guide { stackAdvice(situations: []) { reason } } }', '{ guide { stackAdvice(situations: "x") { reason } } }', '{ guide { stackAdvice(situations: [X]) { reason } } }', '{ guide { pay(level: "junior", modifiers: []) { level { slug } } } }', '{ guide { pay(level: "junior", modifiers: "a") { level { slug } } } }', '{ guide { pay(level: "junior", modifiers: [1]) { level { slug } } } }', '{ guide { pay(level: "junior") { level { slug } } } }', '{ guide { levelsAt(years: 1.5) { slug } } }',
  // OverlappingFieldsCanBeMerged
  '{ guide { slug slug } }', '{ guide { a: slug a: slug } }', '{ guide { a: slug a: title } }', '{ guide { slug: title slug } }', '{ guide { slug ... on Guide { slug: title } } }', '{ guide { ...F slug } } fragment F on Guide { slug: title }', '{ guide { ...F ...G } } fragment F on Guide { a: slug } fragment G on Guide { a: title }', '{ node(id: "x") { ... on Learner { a: name } ... on Guide { a: title } } }', '{ node(id: "x") { ... on Learner { a: name } ... on Guide { a: revision } } }', '{ node(id: "x") { ... on Learner { a: name } ... on Guide { a: areas { slug } } } }', '{ node(id: "x") { ... on Learner { a: externalId } ... on Guide { a: title } } }', '{ node(id: "x") { ... on Learner { a: stack { slug } } ... on Guide { a: stacks { slug } } } }', '{ node(id: "x") { ... on Learner { a: id } ... on Guide { a: id } } }', '{ node(id: "x") { a: id ... on Learner { a: name } } }', '{ a: node(id: "x") { id } a: node(id: "y") { id } }', '{ a: node(id: "x") { id } a: node(id: "x") { id } }', '{ a: guide { slug } a: node(id: "x") { id } }', '{ guide { slug } guide { title } }', '{ guide { a: slug } guide { a: title } }', '{ guide { stacks { a: slug } } guide { stacks { a: name } } }', '{ guide { stacks { a: slug } } ... on Query { guide { ...F } } } fragment F on Guide { stacks { a: name } }', '{ learners { totalCount } learners(first: 1) { totalCount } }', '{ learners(first: 1) { totalCount } learners(first: 1) { nodes { id } } }', '{ learners(first: 1, last: 2) { totalCount } learners(last: 2, first: 1) { totalCount } }', '{ learners(filter: { stack: "a", milestoneMet: "b" }) { totalCount } learners(filter: { milestoneMet: "b", stack: "a" }) { totalCount } }', 'query Q($a: Int) { learners(first: $a) { totalCount } learners(first: 1) { totalCount } }', 'query Q($a: Int) { learners(first: $a) { totalCount } learners(first: $a) { totalCount } }', 'query Q($a: Int, $b: Int) { learners(first: $a) { totalCount } learners(first: $b) { totalCount } }', '{ guide { slug @skip(if: true) slug: title @skip(if: false) } }', '{ guide { ...F @skip(if: true) ...G @skip(if: false) } } fragment F on Guide { a: slug } fragment G on Guide { a: title }', '{ learner(by: { id: "a" }) { id } learner(by: { externalId: "a" }) { id } }', '{ node(id: "x") { ... on Learner { a: events { a: totalCount } } ... on Guide { a: stack(slug: "x") { a: slug } } } }', '{ node(id: "x") { ... on Learner { a: version } ... on Event { a: version } } }', '{ node(id: "x") { ... on Event { a: reason } ... on Course { a: title } } }', '{ node(id: 1) { id } node(id: "1") { id } }', '{ __typename __typename: guide { slug } }', '{ guide { x: asOf } guide { x: __typename } }',
  'mutation { a: compactStore(input: {}) { changed } a: compactStore(input: { idempotencyKey: "x" }) { changed } }', 'mutation { compactStore(input: {}) { changed } compactStore(input: {}) { replayed } }',
  // SingleFieldSubscriptions
  'subscription { events { cursor } }', 'subscription { events { cursor } learnerEvents(learner: { id: "x" }) { event { id } } }', 'subscription { a: events { cursor } b: events { cursor } }', 'subscription { events { cursor } events { event { id } } }', 'subscription { ...F } fragment F on Subscription { events { cursor } }', 'subscription { ...F ...F } fragment F on Subscription { events { cursor } }', 'subscription { events { cursor } ...F } fragment F on Subscription { events { event { id } } }', 'subscription { ...F } fragment F on Subscription { a: events { cursor } b: events { cursor } }', 'subscription { ... on Subscription { events { cursor } } }', 'subscription { __typename }', 'subscription { events { cursor } __typename }', 'subscription { ...F } fragment F on Subscription { __typename }', 'subscription { events @skip(if: false) { cursor } }', 'subscription { events @skip(if: true) { cursor } }', 'subscription { a: events { cursor } b: events @skip(if: true) { cursor } }', 'subscription { a: events { cursor } b: events @include(if: false) { cursor } }', 'subscription { a: events { cursor } b: events @include(if: true) { cursor } }', 'subscription { events { cursor __typename } }', 'subscription { a: __typename }', 'subscription A { events { cursor } } subscription B { events { cursor } }', 'subscription A { events { cursor } } subscription B { a: events { cursor } b: events { cursor } }', 'subscription { nothing }', 'subscription { events }',
  // MaxIntrospectionDepth
  getIntrospectionQuery({ specifiedByUrl: true, directiveIsRepeatable: true, schemaDescription: true, inputValueDeprecation: true, oneOf: true }),
  '{ __schema { types { fields { type { name } } } } }', '{ __schema { types { fields { type { fields { name } } } } } }', '{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }', '{ __schema { types { interfaces { interfaces { interfaces { name } } } } } }', '{ __schema { types { possibleTypes { fields { type { inputFields { name } } } } } } }', '{ __type(name: "Guide") { fields { type { fields { type { fields { name } } } } } } }', '{ __type(name: "Guide") { fields { type { fields { type { name } } } } } }', '{ __schema { ...S } } fragment S on __Schema { types { ...T } } fragment T on __Type { fields { type { ...U } } } fragment U on __Type { fields { type { ...V } } } fragment V on __Type { fields { name } }', '{ __schema { types { ...T } } } fragment T on __Type { fields { type { ...U } } } fragment U on __Type { fields { name } }', '{ __schema { types { fields { args { type { inputFields { type { name } } } } } } } }', '{ __schema { types { fields { args { type { inputFields { type { inputFields { name } } } } } } } } }', '{ __schema { types { a: fields { name } b: fields { name } inputFields { name } interfaces { name } possibleTypes { name } } } }', '{ __schema { types { ofType { ofType { ofType { ofType { ofType { name } } } } } } } }', '{ __schema { directives { name args { name type { name } } locations isRepeatable } } }',
]

// ---- By rote: variations over every field of the schema.
const args = field => field.args.filter(isRequiredArgument)
const literal = type => {
  const name = getNamedType(type).name
  const given = { ID: '"x"', String: '"x"', Int: '1', Boolean: 'true', Float: '1.5', LearnerRef: '{ id: "x" }', WhatIfStep: '{ waive: "x" }', DateTime: '"2026-01-01T00:00:00Z"', Date: '"2026-01-01"', URL: '"https://example.com"' }[name]
  if (given) return given
  const named = schema.getType(name)
  if (isLeafType(named)) return named.getValues()[0].name
  const fields = Object.values(named.getFields()).filter(isRequiredArgument)
  return `{ ${fields.map(it => `${it.name}: ${literal(it.type)}`).join(', ')} }`
}
const call = (field, given = args(field).map(it => `${it.name}: ${literal(it.type)}`)) => given.length ? `${field.name}(${given.join(', ')})` : field.name
const leaf = type => isCompositeType(getNamedType(type)) ? ' { __typename }' : ''

// The ways to each object type, shortest first.
const ways = new Map([[schema.getQueryType(), s => `{ ${s} }`], [schema.getMutationType(), s => `mutation { ${s} }`], [schema.getSubscriptionType(), s => `subscription { ${s} }`]])
for (const [type, way] of ways) {
  for (const field of Object.values(type.getFields())) {
    const to = getNamedType(field.type)
    if (isObjectType(to) && !ways.has(to)) ways.set(to, s => way(`${call(field)} { ${s} }`))
  }
}

const values = ['1', '-1', '2147483648', '1.5', '"x"', 'true', 'null', 'X', '[]', '[1]', '["x"]', '{}', '{ x: 1 }']
const types = ['Int', 'Int!', 'String', 'String!', 'ID!', 'Boolean!', '[String!]!', '[ID!]', 'LearnerRef!', 'DateTime', 'Clock!']
const byRote = []
let turn = 0
const some = (list, n) => Array.from({ length: Math.min(n, list.length) }, (_, at) => list[(turn + at * 5) % list.length])
for (const [type, way] of ways) {
  for (const field of Object.values(type.getFields())) {
    turn += 1
    const isComposite = isCompositeType(getNamedType(field.type))
    byRote.push(way(`${call(field)}${leaf(field.type)}`))
    if (turn % 3 === 0) byRote.push(way(`${call(field)}${isComposite ? '' : ' { __typename }'}`))
    if (turn % 5 === 0) byRote.push(way(`${field.name}x${leaf(field.type)}`))
    if (turn % 7 === 0) byRote.push(way(`a: ${call(field)}${leaf(field.type)} a: __typename`))
    if (turn % 11 === 0) byRote.push(way(`${call(field, ['x: 1'])}${leaf(field.type)}`))
    for (const argument of field.args) {
      const others = args(field).filter(it => it !== argument).map(it => `${it.name}: ${literal(it.type)}`)
      const given = value => way(`${call(field, [...others, `${argument.name}: ${value}`])}${leaf(field.type)}`)
      if (isRequiredArgument(argument)) byRote.push(way(`${call(field, others)}${leaf(field.type)}`))
      byRote.push(given(literal(argument.type)))
      some(values, 3).forEach(it => byRote.push(given(it)))
      const kind = it => (it.startsWith('{') ? 'query ' : '') + it
      some(types, 2).forEach(it => byRote.push(kind(given('$v')).replace(/^(\w+) /, `$1 Q($v: ${it}) `)))
      byRote.push(kind(given('$v')).replace(/^(\w+) /, `$1 Q($v: ${argument.type}) `))
    }
  }
}
for (const type of Object.values(schema.getTypeMap()).filter(it => it.constructor.name === 'GraphQLInputObjectType')) {
  const mutation = Object.values(schema.getMutationType().getFields()).find(it => getNamedType(it.args[0].type) === type)
  if (!mutation) continue
  for (const member of Object.values(type.getFields())) {
    turn += 1
    const others = Object.values(type.getFields()).filter(it => it !== member && isRequiredArgument(it)).map(it => `${it.name}: ${literal(it.type)}`)
    const given = list => `mutation { ${mutation.name}(input: { ${list.join(', ')} }) { changed } }`
    byRote.push(given([...others, `${member.name}: ${literal(member.type)}`]))
    some(values, 2).forEach(it => byRote.push(given([...others, `${member.name}: ${it}`])))
    if (turn % 4 === 0) byRote.push(given(others), given([...others, `${member.name}: ${literal(member.type)}`, `${member.name}: ${literal(member.type)}`]))
  }
}

const documents = [...new Set([...byHand, ...byRote])].map(document => [verdict(document), document])
const path = at('../fixtures/validation.json')
writeFileSync(path, `[\n${documents.map(it => JSON.stringify(it)).join(',\n')}\n]\n`)
const counts = {}
for (const [broken] of documents) counts[broken ?? 'valid'] = (counts[broken ?? 'valid'] ?? 0) + 1
console.log(documents.length, counts)
