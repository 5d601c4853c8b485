//! What to do next, what would be if, and how long it takes.

use std::sync::Arc;

use async_graphql::{Description, OneofObject};

use super::{
    Citation, Course, Criterion, Milestone,
    milestone::{criteria, milestones},
};
use crate::{
    domain::{
        guide::Guide,
        readiness::{self, Supposition, takes_evidence},
        refusal::{Refusal, RefusalCode},
    },
    graphql::{at_once::object, cost::About, scalar::Date},
};

/// Something to do next, with why.
#[derive(Description)]
pub(in crate::graphql) struct NextStep {
    pub(super) guide: Arc<Guide>,
    pub(super) step: readiness::NextStep,
}

object! {
    impl NextStep {
        /// What to do.
        fn title(&self) -> &str {
            &self.step.title
        }

        /// Why this, and why now.
        fn because(&self) -> &str {
            &self.step.because
        }

        /// The criteria that it would meet or move.
        #[graphql(directive = About::apply(2))]
        fn criteria(&self) -> Vec<Criterion> {
            criteria(&self.guide, &self.step.criteria)
        }

        /// A course that helps; null: none that the guide has.
        fn course(&self) -> Option<Course> {
            Course::find(&self.guide, self.step.course.as_ref()?.as_str())
        }

        /// The milestones that would be met once these criteria are done. Completing the course alone
        /// meets none: it claims.
        #[graphql(directive = About::apply(1))]
        fn would_meet(&self) -> Vec<Milestone> {
            milestones(&self.guide, &self.step.would_meet)
        }

        /// The advice that it comes from.
        fn citation(&self) -> &Citation {
            &self.step.citation
        }
    }
}

object! {
    /// When a learner may be ready. The guide's own range and the learner's own pace are two answers,
    /// never mixed.
    pub(in crate::graphql) struct Forecast {
        /// The earliest day by the guide's own word, counted from the first goal or the registration.
        guide_earliest: Option<Date>,
        /// The latest day by the guide's own word.
        guide_latest: Option<Date>,
        /// The day that the learner's own pace leads to; null: too little is done to tell.
        pace_date: Option<Date>,
        /// What these days rest on, or why one is missing.
        basis: String,
    }
}

impl Forecast {
    pub(in crate::graphql) fn new(forecast: readiness::Forecast) -> Self {
        Self {
            guide_earliest: forecast.guide_earliest.map(Into::into),
            guide_latest: forecast.guide_latest.map(Into::into),
            pace_date: forecast.pace_date.map(Into::into),
            basis: forecast.basis,
        }
    }
}

/// Something that is supposed to have happened: exactly one of these.
#[derive(OneofObject, Debug)]
pub(in crate::graphql) enum WhatIfStep {
    /// The slug of a course that is completed.
    CompleteCourse(String),
    /// The slug of a criterion for which good evidence is handed in and accepted.
    SubmitEvidence(String),
    /// The slug of a criterion that is waived.
    Waive(String),
}

impl WhatIfStep {
    /// What is supposed; refused when it names nothing of the guide or could make no difference.
    pub(in crate::graphql) fn read(self, guide: &Guide) -> Result<Supposition, Refusal> {
        let criterion = |slug: &str| {
            let found = guide.criterion(slug).map(|it| it.slug.clone());
            found.ok_or_else(|| Refusal::not_found("steps", "criterion in the guide"))
        };
        match self {
            WhatIfStep::CompleteCourse(slug) => {
                let found = guide.course(&slug).map(|it| Supposition::CompleteCourse(it.slug.clone()));
                found.ok_or_else(|| Refusal::not_found("steps", "course in the guide"))
            }
            WhatIfStep::SubmitEvidence(slug)
                if guide.criterion(&slug).is_some() && !takes_evidence(guide, &slug) =>
            {
                let message = format!(
                    "evidence does not answer `{slug}`: its facts come from the stack and the projects"
                );
                Err(Refusal::of("steps", RefusalCode::NotApplicable, message))
            }
            WhatIfStep::SubmitEvidence(slug) => criterion(&slug).map(Supposition::SubmitEvidence),
            WhatIfStep::Waive(slug) => criterion(&slug).map(Supposition::Waive),
        }
    }
}
