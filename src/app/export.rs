//! Taking data out, a little at a time: whatever happened to one learner, and a cohort.

use std::sync::Arc;

use futures_util::{Stream, stream};

use super::App;
use crate::{
    domain::{
        event::Event,
        id::{LearnerId, Version},
        learner::Learner,
        summary::{Filter, OrderBy},
    },
    store::{PageQuery, SortKey, StoreError},
};

/// How many events, and how many learners, are read at a time.
const BATCH: usize = 32;

impl App {
    /// The events of a learner up to a version, oldest first; an error when the learner is erased meanwhile.
    pub fn events_until(
        self: Arc<Self>,
        learner: LearnerId,
        last: Version,
    ) -> impl Stream<Item = Result<Vec<Event>, StoreError>> {
        stream::try_unfold((self, 0), move |(app, after)| async move {
            if after == last {
                return Ok(None);
            }
            let n_left = usize::try_from(last - after).unwrap_or(usize::MAX);
            let events = app.store.history(learner, after, n_left.min(BATCH)).await?;
            match events.last().map(|it| it.version) {
                Some(next) => Ok(Some((events, (app, next)))),
                None => Err(StoreError::Refused("the learner was erased meanwhile".into())),
            }
        })
    }

    /// The learners whom a filter lets pass now, oldest registration first; none twice, whoever changes meanwhile.
    pub fn cohort(
        self: Arc<Self>,
        filter: Filter,
    ) -> impl Stream<Item = Result<Vec<Arc<Learner>>, StoreError>> {
        let now = self.env.now();
        let query = PageQuery {
            filter,
            now,
            order: OrderBy::CreatedAt,
            descending: false,
            after: None,
            before: None,
            limit: BATCH,
            from_end: false,
        };
        stream::try_unfold(Some((self, query)), |rest| async {
            let Some((app, query)) = rest else { return Ok(None) };
            let page = app.store.page(query.clone()).await?;
            let (keys, ids): (Vec<SortKey>, Vec<LearnerId>) = page.rows.into_iter().unzip();
            let learners = app.store.load_many(&ids).await?.into_iter().flatten().collect();
            let rest = page.more.then(|| (app, PageQuery { after: keys.last().cloned(), ..query }));
            Ok(Some((learners, rest)))
        })
    }
}
