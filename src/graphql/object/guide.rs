//! The guide: stacks, courses, milestones, criteria and what is asked most.

use std::sync::Arc;

use async_graphql::{Context, Description, ID};

use super::{
    Course, Milestone, Stack,
    market::{HiringCriterion, Level, Pay, PayModifier, StackAdvice, StackSituation},
    skill::{Area, Fact, SkillGroup},
};
use crate::{
    domain::guide,
    graphql::{at_once::object, context::app, cost::About, id::NodeId, scalar::Date},
};

/// The guide by which readiness is assessed: what the field asks for, what it pays, which courses
/// are worth the time.
#[derive(Description)]
pub(in crate::graphql) struct Guide(pub(in crate::graphql) Arc<guide::Guide>);

object! {
    impl Guide {
        /// The guide's global id.
        pub(super) async fn id(&self) -> ID {
            NodeId::Guide(self.0.slug.clone()).encode()
        }

        /// Its stable name, such as `backend-2026`.
        fn slug(&self) -> &str {
            self.0.slug.as_str()
        }

        /// What people call it.
        fn title(&self) -> &str {
            &self.0.title
        }

        /// The edition of the guide. It rises whenever a change can move a verdict.
        fn revision(&self) -> u32 {
            self.0.revision
        }

        /// The day that its figures speak of. Pay and market move on; look at this first.
        fn as_of(&self) -> Date {
            self.0.as_of.into()
        }

        /// How many whole months ago that day was.
        fn age_months(&self, ctx: &Context<'_>) -> i32 {
            self.0.months_old(app(ctx).env.now().day())
        }

        /// The areas that back-end work consists of.
        #[graphql(directive = About::apply(3))]
        fn areas(&self) -> Vec<Area> {
            self.0.areas.iter().map(Area::new).collect()
        }

        /// Skills that belong together, beyond those of the areas.
        #[graphql(directive = About::apply(6))]
        fn skill_groups(&self) -> Vec<SkillGroup> {
            self.0.skill_groups.iter().map(|it| SkillGroup::new(&self.0, it)).collect()
        }

        /// What else the guide says; it carries no rule.
        #[graphql(directive = About::apply(15))]
        fn facts(&self) -> Vec<Fact> {
            self.0.facts.iter().map(Fact::new).collect()
        }

        /// The stacks, each a language with its frameworks and market.
        #[graphql(directive = About::apply(6))]
        fn stacks(&self) -> Vec<Stack> {
            self.0.stacks.iter().filter_map(|it| Stack::find(&self.0, it.slug.as_str())).collect()
        }

        /// The stack of that slug; null: there is none.
        fn stack(
            &self,
            #[graphql(desc = "The stack's slug, such as `nodejs`.")] slug: String,
        ) -> Option<Stack> {
            Stack::find(&self.0, &slug)
        }

        /// The courses that the guide finds worth the time.
        #[graphql(directive = About::apply(4))]
        fn courses(
            &self,
            #[graphql(desc = "Only courses that suit this stack; those for every stack are among them.")]
            stack: Option<String>,
            #[graphql(desc = "Only courses that claim a criterion of this milestone.")] milestone: Option<String>,
        ) -> Vec<Course> {
            let courses = self.0.courses_for(stack.as_deref(), milestone.as_deref());
            courses.into_iter().filter_map(|it| Course::find(&self.0, it.slug.as_str())).collect()
        }

        /// The course of that slug; null: there is none.
        fn course(
            &self,
            #[graphql(desc = "The course's slug, such as `cicd-automation`.")] slug: String,
        ) -> Option<Course> {
            Course::find(&self.0, &slug)
        }

        /// The milestones on the way to being hireable, in the order in which they are shown.
        #[graphql(directive = About::apply(4))]
        fn milestones(&self) -> Vec<Milestone> {
            self.0.milestones.iter().filter_map(|it| Milestone::find(&self.0, it.slug.as_str())).collect()
        }

        /// The milestone of that slug; null: there is none.
        fn milestone(
            &self,
            #[graphql(desc = "The milestone's slug: `language`, `sql`, `deployment` or `projects`.")]
            slug: String,
        ) -> Option<Milestone> {
            Milestone::find(&self.0, &slug)
        }

        /// Experience levels with their pay. Bands have gaps and years overlap, as in the guide.
        #[graphql(directive = About::apply(4))]
        fn levels(&self) -> Vec<Level> {
            self.0.levels.iter().map(|it| Level::new(&self.0, it)).collect()
        }

        /// The levels that this many years of experience belong to: two at a boundary. Levels for
        /// which the guide gives no years are never guessed.
        #[graphql(directive = About::apply(2))]
        fn levels_at(
            &self,
            #[graphql(desc = "Whole years of professional experience.")] years: i32,
        ) -> Vec<Level> {
            let found = u32::try_from(years).map(|it| self.0.levels_at(it)).unwrap_or_default();
            found.into_iter().map(|it| Level::new(&self.0, it)).collect()
        }

        /// The levels whose base pay includes this amount a year; none in the gaps between bands.
        #[graphql(directive = About::apply(2))]
        fn levels_paying(
            &self,
            #[graphql(desc = "Base pay a year, in whole units of the bands' currency.")] base: i32,
        ) -> Vec<Level> {
            let found = u32::try_from(base).map(|it| self.0.levels_paying(it)).unwrap_or_default();
            found.into_iter().map(|it| Level::new(&self.0, it)).collect()
        }

        /// The pay of a level beside what moves it, each relative to a base of its own: they are shown
        /// side by side and never multiplied. Null: a slug is unknown.
        fn pay(
            &self,
            #[graphql(desc = "The level's slug, such as `junior`.")] level: String,
            #[graphql(desc = "Slugs of pay modifiers.")] modifiers: Vec<String>,
        ) -> Option<Pay> {
            let modifiers: Vec<_> = modifiers.iter().map(String::as_str).collect();
            Some(Pay::new(&self.0, &self.0.pay(&level, &modifiers)?))
        }

        /// What moves pay up or down. Each has a base of its own: they are not to be multiplied.
        #[graphql(directive = About::apply(8))]
        fn pay_modifiers(&self) -> Vec<PayModifier> {
            self.0.pay_modifiers.iter().map(|it| PayModifier::new(&self.0, it)).collect()
        }

        /// What engineering teams look at beyond a job description.
        #[graphql(directive = About::apply(4))]
        fn hiring_criteria(&self) -> Vec<HiringCriterion> {
            self.0.hiring_criteria.iter().map(HiringCriterion::new).collect()
        }

        /// Questions that people ask, with the guide's answers.
        #[graphql(directive = About::apply(6))]
        fn faq(
            &self,
            #[graphql(desc = "Only entries that contain this text, without regard to case.")] search: Option<
                String,
            >,
        ) -> Vec<FaqEntry> {
            let needle = search.unwrap_or_default().to_lowercase();
            let matches = |it: &&guide::FaqEntry| {
                [&it.question, &it.answer].iter().any(|it| it.to_lowercase().contains(&needle))
            };
            self.0.faq.iter().filter(matches).cloned().map(FaqEntry).collect()
        }

        /// What the guide advises in a situation. Several answers may match, each with its reason;
        /// never one hidden score.
        #[graphql(directive = About::apply(8))]
        fn stack_advice(
            &self,
            #[graphql(desc = "What applies to the one who asks.")] situations: Vec<StackSituation>,
        ) -> Vec<StackAdvice> {
            let situations: Vec<_> = situations.into_iter().map(Into::into).collect();
            self.0.stack_advice(&situations).into_iter().map(|it| StackAdvice::new(&self.0, it)).collect()
        }
    }
}

pub(in crate::graphql) use guide::Citation;

object! {
    /// Where in the guide something comes from.
    impl Citation {
        /// The section of the guide.
        fn section(&self) -> &str {
            &self.section
        }

        /// What it says there, in our words.
        fn paraphrase(&self) -> &str {
            &self.paraphrase
        }
    }
}

/// A question that people ask.
#[derive(Description)]
pub(in crate::graphql) struct FaqEntry(guide::FaqEntry);

object! {
    impl FaqEntry {
        /// Its stable name.
        fn slug(&self) -> &str {
            self.0.slug.as_str()
        }

        /// The question.
        fn question(&self) -> &str {
            &self.0.question
        }

        /// The guide's answer, in our words.
        fn answer(&self) -> &str {
            &self.0.answer
        }

        /// Where in the guide this comes from.
        fn citation(&self) -> &Citation {
            &self.0.citation
        }
    }
}
