//! What is asked, as bodies of requests.

use clap::ValueEnum;
use serde_json::json;

/// One of the two queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Query {
    /// One learner with the whole readiness tree.
    Point,
    /// A page of 20 learners with name, progress and cursors.
    List,
}

const POINT: &str = "query Point($id: ID!) { learner(by: { id: $id }) { id name version
    readiness { ready progress { done total percent } milestones {
        milestone { slug title citation { section paraphrase } } status
        progress { done total percent } metAt metUntil
        criteria {
            criterion { slug title necessity question citation { section paraphrase } }
            status because missing nextActor since validUntil
            evidence { id kind url status submittedAt reviewedAt validUntil } } }
      warnings { code message } guideRevision } } }";

const LIST: &str = "query List($after: String) { learners(first: 20, after: $after) {
    edges { cursor node { id name readiness { ready progress { done total percent } } } }
    pageInfo { hasNextPage endCursor } } }";

impl Query {
    /// The body of the request about the learner of that id, or about what follows a cursor.
    pub(crate) fn body(self, about: &str) -> String {
        match self {
            Query::Point => json!({ "query": POINT, "variables": { "id": about } }),
            Query::List => json!({ "query": LIST, "variables": { "after": about } }),
        }
        .to_string()
    }

    /// What it is called on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Query::Point => "point",
            Query::List => "list",
        }
    }
}
