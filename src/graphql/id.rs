//! Global ids: opaque to clients, one letter for the kind and then what finds the thing.
//!
//! What belongs to a learner carries the learner's id too, so that one look-up finds it.

use async_graphql::ID;
use data_encoding::BASE64URL_NOPAD;
use uuid::Uuid;

use crate::domain::{
    id::{EvidenceId, GoalId, LearnerId, ProjectId, Version, WebhookId},
    slug::Slug,
};

/// What a global id names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NodeId {
    Guide(Slug),
    Stack(Slug),
    Course(Slug),
    Milestone(Slug),
    Criterion(Slug),
    Learner(LearnerId),
    Goal(LearnerId, GoalId),
    Project(LearnerId, ProjectId),
    Evidence(LearnerId, EvidenceId),
    Event(LearnerId, Version),
}

impl NodeId {
    /// The id as clients see it.
    pub(super) fn encode(&self) -> ID {
        let (kind, parts): (u8, [&[u8]; 2]) = match self {
            NodeId::Guide(slug) => (b'u', [slug.as_str().as_bytes(), &[]]),
            NodeId::Stack(slug) => (b's', [slug.as_str().as_bytes(), &[]]),
            NodeId::Course(slug) => (b'c', [slug.as_str().as_bytes(), &[]]),
            NodeId::Milestone(slug) => (b'm', [slug.as_str().as_bytes(), &[]]),
            NodeId::Criterion(slug) => (b'r', [slug.as_str().as_bytes(), &[]]),
            NodeId::Learner(learner) => (b'l', [learner.0.as_bytes(), &[]]),
            NodeId::Goal(learner, id) => (b'g', [learner.0.as_bytes(), id.0.as_bytes()]),
            NodeId::Project(learner, id) => (b'p', [learner.0.as_bytes(), id.0.as_bytes()]),
            NodeId::Evidence(learner, id) => (b'd', [learner.0.as_bytes(), id.0.as_bytes()]),
            NodeId::Event(learner, version) => (b'e', [learner.0.as_bytes(), &version.to_be_bytes()]),
        };
        ID(BASE64URL_NOPAD.encode(&[&[kind], parts[0], parts[1]].concat()))
    }

    /// What an id names; `None`: it is none of ours.
    pub(super) fn decode(id: &str) -> Option<Self> {
        const LONGEST: usize = 100;
        let bytes = (id.len() <= LONGEST).then(|| BASE64URL_NOPAD.decode(id.as_bytes()).ok())??;
        let (kind, rest) = bytes.split_first()?;
        let slug = || Slug::parse(std::str::from_utf8(rest).ok()?);
        Some(match kind {
            b'u' => NodeId::Guide(slug()?),
            b's' => NodeId::Stack(slug()?),
            b'c' => NodeId::Course(slug()?),
            b'm' => NodeId::Milestone(slug()?),
            b'r' => NodeId::Criterion(slug()?),
            b'l' => NodeId::Learner(LearnerId(Uuid::from_slice(rest).ok()?)),
            b'g' => two(rest).map(|(learner, id)| NodeId::Goal(learner, GoalId(id)))?,
            b'p' => two(rest).map(|(learner, id)| NodeId::Project(learner, ProjectId(id)))?,
            b'd' => two(rest).map(|(learner, id)| NodeId::Evidence(learner, EvidenceId(id)))?,
            b'e' => {
                let (learner, version) = rest.split_at_checked(16)?;
                let version = Version::from_be_bytes(version.try_into().ok()?);
                NodeId::Event(LearnerId(Uuid::from_slice(learner).ok()?), version)
            }
            _ => return None,
        })
    }
}

/// The global id of a learner.
pub(super) fn id_of(learner: LearnerId) -> String {
    NodeId::Learner(learner).encode().0
}

/// The learner whom a global id names; `None`: it names none.
pub(super) fn learner_of(id: &str) -> Option<LearnerId> {
    match NodeId::decode(id) {
        Some(NodeId::Learner(learner)) => Some(learner),
        _ => None,
    }
}

/// The id of a webhook. It is none of `node`: webhooks are no part of what the API tells of learners.
pub(super) fn id_of_webhook(webhook: WebhookId) -> ID {
    ID(BASE64URL_NOPAD.encode(&[&[b'w'][..], webhook.0.as_bytes()].concat()))
}

/// The webhook that an id names; `None`: it names none.
pub(super) fn webhook_of(id: &str) -> Option<WebhookId> {
    const LENGTH: usize = 23;
    let bytes = (id.len() == LENGTH).then(|| BASE64URL_NOPAD.decode(id.as_bytes()).ok())??;
    Some(WebhookId(Uuid::from_slice(bytes.strip_prefix(b"w")?).ok()?))
}

fn two(bytes: &[u8]) -> Option<(LearnerId, Uuid)> {
    let (learner, id) = bytes.split_at_checked(16)?;
    Some((LearnerId(Uuid::from_slice(learner).ok()?), Uuid::from_slice(id).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_survives_the_way_out_and_back() {
        let learner = LearnerId(Uuid::from_u128(7));
        let slug = || Slug::parse("sql.query-plans").expect("a slug");
        for id in [
            NodeId::Guide(slug()),
            NodeId::Stack(slug()),
            NodeId::Course(slug()),
            NodeId::Milestone(slug()),
            NodeId::Criterion(slug()),
            NodeId::Learner(learner),
            NodeId::Goal(learner, GoalId(Uuid::from_u128(8))),
            NodeId::Project(learner, ProjectId(Uuid::from_u128(8))),
            NodeId::Evidence(learner, EvidenceId(Uuid::from_u128(8))),
            NodeId::Event(learner, 9),
        ] {
            assert_eq!(NodeId::decode(&id.encode()), Some(id));
        }
    }

    #[test]
    fn a_webhook_has_an_id_of_its_own() {
        let webhook = WebhookId(Uuid::from_u128(7));
        let id = id_of_webhook(webhook);
        assert_eq!((webhook_of(&id), NodeId::decode(&id)), (Some(webhook), None));
        for other in ["", "w", &id_of(LearnerId(webhook.0)), &format!("{}A", *id)] {
            assert_eq!(webhook_of(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_no_id_is_none() {
        let long = "A".repeat(10_000);
        for text in ["", "1", "bA", "bA==", "Zm9v", "🦀", "not an id", &long] {
            assert_eq!(NodeId::decode(text), None, "{text}");
        }
    }
}
