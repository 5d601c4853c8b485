import { graphql } from 'relay-runtime';

export const list = graphql`
  query appListQuery($first: Int!, $after: String) { ...app_learners @arguments(first: $first, after: $after) }
`;

export const learners = graphql`
  fragment app_learners on Query
  @refetchable(queryName: "appLearnersPageQuery")
  @argumentDefinitions(first: { type: "Int", defaultValue: 5 }, after: { type: "String" }) {
    learners(first: $first, after: $after) @connection(key: "app_learners") {
      totalCount
      edges { node { id ...app_learner } }
    }
  }
`;

export const learner = graphql`
  fragment app_learner on Learner @refetchable(queryName: "appLearnerQuery") { id name createdAt }
`;

export const one = graphql`
  query appOneQuery($by: LearnerRef!, $steps: [WhatIfStep!]!) {
    learner(by: $by) { ...app_learner events(first: 3) { edges { node { version occurredAt } } } }
    whatIf(learner: { externalId: "chen" }, steps: $steps) { progress { percent } }
  }
`;

export const complete = graphql`
  mutation appCompleteMutation($input: CompleteCourseInput!) {
    completeCourse(input: $input) { learner { id ...app_learner } userErrors { code } }
  }
`;

export const follow = graphql`
  subscription appFollowSubscription($learner: LearnerRef!) {
    learnerEvents(learner: $learner) { event { id version } learner { ...app_learner } }
  }
`;
