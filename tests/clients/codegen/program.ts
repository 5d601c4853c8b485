// What an app does with the types that graphql-codegen makes: a person completes a course.

import { graphql } from './gql/gql.js';
import type { TypedDocumentString } from './gql/graphql.js';

const MarkCourseComplete = graphql(`
  mutation MarkCourseComplete($input: CompleteCourseInput!) {
    completeCourse(input: $input) {
      changed
      courseProgress { status completedAt }
      learner { ...Standing }
      userErrors { code message field }
    }
  }
`);

graphql(`
  fragment Standing on Learner { name readiness { progress { percent } } }
`);

async function ask<Data, Variables>(
  url: string, document: TypedDocumentString<Data, Variables>, variables: Variables,
): Promise<Data> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: document.toString(), variables }),
  });
  const { data, errors } = (await response.json()) as { data?: Data; errors?: { message: string }[] };
  if (errors || !data) throw new Error(errors?.[0]?.message ?? response.statusText);
  return data;
}

export async function markCourseComplete(url: string, externalId: string, course: string): Promise<string> {
  const { completeCourse } = await ask(url, MarkCourseComplete, { input: { learner: { externalId }, course } });
  const refusal = completeCourse?.userErrors[0];
  if (refusal) return `${refusal.code}: ${refusal.message}`;
  const done: 'COMPLETED' | 'IN_PROGRESS' | 'NOT_STARTED' | undefined = completeCourse?.courseProgress?.status;
  const at: string | null | undefined = completeCourse?.courseProgress?.completedAt;
  return `${done} on ${at?.slice(0, 10)}`;
}
