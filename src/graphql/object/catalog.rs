//! What there is to choose from: stacks and courses.

use std::sync::Arc;

use async_graphql::{Description, ID};

use super::{Citation, Criterion, market::TradeOff, milestone::criteria};
use crate::{
    domain::guide,
    graphql::{at_once::object, cost::About, id::NodeId},
};

/// A language with its frameworks and market.
#[derive(Description)]
pub(in crate::graphql) struct Stack(Arc<guide::Guide>, usize);

impl Stack {
    pub(in crate::graphql) fn find(guide: &Arc<guide::Guide>, slug: &str) -> Option<Self> {
        let at = guide.stacks.iter().position(|it| it.slug == *slug)?;
        Some(Self(guide.clone(), at))
    }

    fn get(&self) -> &guide::Stack {
        &self.0.stacks[self.1]
    }
}

object! {
    impl Stack {
        /// The stack's global id.
        pub(super) async fn id(&self) -> ID {
            NodeId::Stack(self.get().slug.clone()).encode()
        }

        /// Its stable name, such as `nodejs`.
        fn slug(&self) -> &str {
            self.get().slug.as_str()
        }

        /// What people call it.
        fn name(&self) -> &str {
            &self.get().name
        }

        /// The languages that it is written in.
        fn languages(&self) -> &[String] {
            &self.get().languages
        }

        /// The frameworks that the guide names; empty where it names none.
        #[graphql(directive = About::apply(4))]
        fn frameworks(&self) -> Vec<Framework> {
            let new = |it: &guide::Framework| Framework { name: it.name.clone(), note: it.note.clone() };
            self.get().frameworks.iter().map(new).collect()
        }

        /// What it is good for.
        fn summary(&self) -> &str {
            &self.get().summary
        }

        /// Where it is better or worse than the others.
        #[graphql(directive = About::apply(5))]
        fn trade_offs(&self) -> Vec<TradeOff> {
            self.get().trade_offs.iter().map(TradeOff::new).collect()
        }

        /// Where in the guide this comes from.
        fn citation(&self) -> &Citation {
            &self.get().citation
        }
    }
}

object! {
    /// A framework of a stack.
    pub(in crate::graphql) struct Framework {
        /// What people call it.
        name: String,
        /// What sets it apart.
        note: Option<String>,
    }
}

/// A course worth the time. Completing it claims criteria; it never proves one.
#[derive(Description)]
pub(in crate::graphql) struct Course(Arc<guide::Guide>, usize);

impl Course {
    pub(in crate::graphql) fn find(guide: &Arc<guide::Guide>, slug: &str) -> Option<Self> {
        let at = guide.courses.iter().position(|it| it.slug == *slug)?;
        Some(Self(guide.clone(), at))
    }

    fn get(&self) -> &guide::Course {
        &self.0.courses[self.1]
    }
}

object! {
    impl Course {
        /// The course's global id.
        pub(super) async fn id(&self) -> ID {
            NodeId::Course(self.get().slug.clone()).encode()
        }

        /// Its stable name, such as `cicd-automation`.
        fn slug(&self) -> &str {
            self.get().slug.as_str()
        }

        /// The course's own title.
        fn title(&self) -> &str {
            &self.get().title
        }

        /// Who offers it.
        fn provider(&self) -> &str {
            &self.get().provider
        }

        /// The rating as printed in the guide, which does not state its scale.
        fn rating(&self) -> f64 {
            self.get().rating
        }

        /// The greatest rating possible; null: the guide does not say.
        fn rating_scale(&self) -> Option<f64> {
            self.get().rating_scale
        }

        /// The stacks that it is for; empty: every stack.
        #[graphql(directive = About::apply(6))]
        fn stacks(&self) -> Vec<Stack> {
            self.get().stacks.iter().filter_map(|it| Stack::find(&self.0, it.as_str())).collect()
        }

        /// What it teaches.
        fn covers(&self) -> &[String] {
            &self.get().covers
        }

        /// Plain advice on what should come before it.
        fn take_after(&self) -> &[String] {
            &self.get().take_after
        }

        /// Plain advice on what should come after it.
        fn take_before(&self) -> &[String] {
            &self.get().take_before
        }

        /// What comes out of it beside knowledge, such as a project to show; null: nothing of note.
        fn yields(&self) -> Option<&str> {
            self.get().yields.as_deref()
        }

        /// The criteria that completing it moves to CLAIMED, for learners whose stack it is for.
        #[graphql(directive = About::apply(4))]
        fn claims(&self) -> Vec<Criterion> {
            criteria(&self.0, &self.get().claims)
        }

        /// Where in the guide this comes from.
        fn citation(&self) -> &Citation {
            &self.get().citation
        }
    }
}
