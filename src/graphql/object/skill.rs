//! What back-end work consists of, and what else the guide says.

use std::sync::Arc;

use super::{Citation, Stack};
use crate::{
    domain::guide,
    graphql::{at_once::object, cost::About},
};

object! {
    /// One of the areas that back-end work consists of.
    pub(in crate::graphql) struct Area {
        /// Its stable name.
        slug: String,
        /// What people call it.
        name: String,
        /// What it is about.
        summary: String,
        /// The skills in it.
        #[graphql(directive = About::apply(6))]
        skills: Vec<Skill>,
        /// Where in the guide this comes from.
        citation: Citation,
    }
}

impl Area {
    pub(super) fn new(area: &guide::Area) -> Self {
        Self {
            slug: area.slug.to_string(),
            name: area.name.clone(),
            summary: area.summary.clone(),
            skills: area.skills.iter().map(Skill::new).collect(),
            citation: area.citation.clone(),
        }
    }
}

object! {
    /// Skills that belong together.
    pub(in crate::graphql) struct SkillGroup {
        /// Its stable name.
        slug: String,
        /// What people call it.
        name: String,
        /// What it is about.
        summary: String,
        /// Slug of the level from which it is asked for; null: every level.
        from_level: Option<String>,
        /// The stacks that it is about; empty: every stack.
        #[graphql(directive = About::apply(6))]
        stacks: Vec<Stack>,
        /// The skills in it.
        #[graphql(directive = About::apply(6))]
        skills: Vec<Skill>,
        /// Where in the guide this comes from.
        citation: Citation,
    }
}

impl SkillGroup {
    pub(super) fn new(guide: &Arc<guide::Guide>, group: &guide::SkillGroup) -> Self {
        Self {
            slug: group.slug.to_string(),
            name: group.name.clone(),
            summary: group.summary.clone(),
            from_level: group.from_level.as_ref().map(ToString::to_string),
            stacks: group.stacks.iter().filter_map(|it| Stack::find(guide, it.as_str())).collect(),
            skills: group.skills.iter().map(Skill::new).collect(),
            citation: group.citation.clone(),
        }
    }
}

object! {
    /// A skill.
    pub(in crate::graphql) struct Skill {
        /// What people call it.
        name: String,
        /// What it means or is used for.
        note: Option<String>,
    }
}

impl Skill {
    fn new(skill: &guide::Skill) -> Self {
        Self { name: skill.name.clone(), note: skill.note.clone() }
    }
}

object! {
    /// Something that the guide says and that carries no rule.
    pub(in crate::graphql) struct Fact {
        /// Its stable name.
        slug: String,
        /// What it says, and where.
        citation: Citation,
    }
}

impl Fact {
    pub(super) fn new(fact: &guide::Fact) -> Self {
        Self { slug: fact.slug.to_string(), citation: fact.citation.clone() }
    }
}
