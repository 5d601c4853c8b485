//! Lists of learners.

use async_graphql::{Context, Description, Enum, InputObject};

use super::Learner;
use crate::{
    app::App,
    domain::{guide, slug::Slug, summary, text::MAX_LINE, time::Timestamp},
    graphql::{
        at_once::{At, object},
        context::app,
        cost::{COST_OF_SEARCH, cost},
        error::{Answer, caller_error, code, fault},
        page::{PageArguments, PageInfo, write_cursor},
    },
    store::{Page, PageQuery, SortKey},
};

/// Which learners a list shows. All that is given must hold.
#[derive(InputObject, Debug, Default)]
pub(in crate::graphql) struct LearnerFilter {
    /// Slug of the primary stack.
    stack: Option<String>,
    /// Slug of a milestone that is met.
    milestone_met: Option<String>,
    /// Slug of a milestone that is not met.
    milestone_open: Option<String>,
    /// A part of the name, without regard to case.
    name_contains: Option<String>,
}

/// What a list of learners is ordered by. Equal ones come in the order of their ids.
#[derive(InputObject, Debug)]
pub(in crate::graphql) struct LearnerOrder {
    /// By what.
    field: LearnerOrderField,
    /// Which way.
    #[graphql(default_with = "OrderDirection::Asc")]
    direction: OrderDirection,
}

/// What a list of learners can be ordered by.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum LearnerOrderField {
    /// The name, without regard to case.
    Name,
    /// When the learner was first recorded.
    CreatedAt,
    /// The share of MUST criteria that were done as of the learner's newest event.
    Progress,
    /// When an event was last recorded.
    LastActivity,
}

impl From<LearnerOrderField> for summary::OrderBy {
    fn from(field: LearnerOrderField) -> Self {
        match field {
            LearnerOrderField::Name => Self::Name,
            LearnerOrderField::CreatedAt => Self::CreatedAt,
            LearnerOrderField::Progress => Self::Progress,
            LearnerOrderField::LastActivity => Self::LastActivity,
        }
    }
}

/// Which way a list goes.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum OrderDirection {
    /// The smallest first.
    Asc,
    /// The greatest first.
    Desc,
}

/// A part of a list of learners.
#[derive(Description)]
pub(in crate::graphql) struct LearnerConnection {
    edges: Vec<LearnerEdge>,
    page_info: PageInfo,
    filter: summary::Filter,
    now: Timestamp,
}

object! {
    /// A learner's place in a list.
    #[derive(Clone)]
    pub(in crate::graphql) struct LearnerEdge {
        /// Where in the list this is; valid in lists of the same order.
        cursor: String,
        /// The learner.
        node: Learner,
    }
}

object! {
    impl LearnerConnection {
        /// The learners of this page with their cursors.
        fn edges(&self) -> At<&[LearnerEdge]> {
            At(&self.edges)
        }

        /// The learners of this page.
        fn nodes(&self) -> At<Vec<Learner>> {
            At(self.edges.iter().map(|it| it.node.clone()).collect())
        }

        /// Where the page begins and ends, and whether there is more.
        fn page_info(&self) -> &PageInfo {
            &self.page_info
        }

        /// How many learners the whole list has. Counted only when asked for.
        #[graphql(directive = cost::apply(COST_OF_SEARCH.to_string()))]
        async fn total_count(&self, ctx: &Context<'_>) -> Answer<i32> {
            let count = app(ctx).store.count(&self.filter, self.now).await.map_err(fault)?;
            Ok(i32::try_from(count).unwrap_or(i32::MAX))
        }
    }
}

impl LearnerConnection {
    pub(in crate::graphql) async fn load(
        app: &App,
        filter: Option<LearnerFilter>,
        order: Option<LearnerOrder>,
        arguments: PageArguments,
    ) -> Answer<Self> {
        let (field, direction) =
            order.map_or((LearnerOrderField::CreatedAt, OrderDirection::Asc), |it| (it.field, it.direction));
        let version = cursor_version(field);
        let slice = arguments.slice(version, |bytes| SortKey::from_bytes(bytes.to_vec()))?;
        let filter = filter.unwrap_or_default().read(&app.guide)?;
        let (after, before, from_end) = (slice.after.is_some(), slice.before.is_some(), slice.from_end);
        let now = app.env.now();
        let query = PageQuery {
            filter: filter.clone(),
            now,
            order: field.into(),
            descending: direction == OrderDirection::Desc,
            after: slice.after,
            before: slice.before,
            limit: slice.limit,
            from_end,
        };
        let page = app.store.page(query).await.map_err(fault)?;
        let edges = edges(app, version, &page).await?;
        let page_info = PageInfo {
            has_next_page: before || !from_end && page.more,
            has_previous_page: after || from_end && page.more,
            start_cursor: edges.first().map(|it| it.cursor.clone()),
            end_cursor: edges.last().map(|it| it.cursor.clone()),
        };
        Ok(Self { edges, page_info, filter, now })
    }
}

async fn edges(app: &App, version: u8, page: &Page) -> Answer<Vec<LearnerEdge>> {
    let ids: Vec<_> = page.rows.iter().map(|it| it.1).collect();
    let learners = app.store.load_many(&ids).await.map_err(fault)?;
    let rows = page.rows.iter().zip(learners);
    let edges = rows.filter_map(|((key, _), learner)| {
        Some(LearnerEdge { cursor: write_cursor(version, key.as_bytes()), node: Learner(learner?) })
    });
    Ok(edges.collect())
}

/// A cursor of one order makes no sense in another, so each order has its own form.
fn cursor_version(field: LearnerOrderField) -> u8 {
    match field {
        LearnerOrderField::Name => 1,
        LearnerOrderField::CreatedAt => 2,
        LearnerOrderField::Progress => 3,
        LearnerOrderField::LastActivity => 4,
    }
}

impl LearnerFilter {
    fn read(self, guide: &guide::Guide) -> Answer<summary::Filter> {
        let stack = |slug: &str| guide.stack(slug).map(|it| it.slug.clone());
        let milestone = |slug: &str| guide.milestone(slug).map(|it| it.slug.clone());
        if self.name_contains.as_ref().is_some_and(|it| it.chars().nth(MAX_LINE).is_some()) {
            let message = format!("`nameContains` must have at most {MAX_LINE} characters");
            return Err(caller_error(code::BAD_USER_INPUT, message));
        }
        Ok(summary::Filter {
            stack: known("stack", self.stack, stack)?,
            met: known("milestoneMet", self.milestone_met, milestone)?,
            open: known("milestoneOpen", self.milestone_open, milestone)?,
            name_contains: self.name_contains,
        })
    }
}

/// A slug that the guide does not have is more likely a slip than a question.
fn known(field: &str, slug: Option<String>, find: impl Fn(&str) -> Option<Slug>) -> Answer<Option<Slug>> {
    let Some(slug) = slug else { return Ok(None) };
    let found = find(&slug);
    let message = || format!("`{field}`: the guide has nothing of that slug");
    found.map(Some).ok_or_else(|| caller_error(code::BAD_USER_INPUT, message()))
}
