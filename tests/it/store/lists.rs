//! Lists of learners: every order, direction, bound and filter.

use std::sync::Arc;

use milepost::{
    domain::{
        event::Change,
        id::LearnerId,
        summary::{Filter, OrderBy},
    },
    store::{Page, PageQuery, SortKey, Store},
};

use super::engines;
use crate::given::{Person, completed, registered, renamed, second, slug, summarize};

engines! {
    pages_join_to_the_whole_list
    pages_from_the_end_join_too
    bounds_are_left_out
    a_changed_learner_moves
    an_empty_list_has_an_empty_page
    filters_choose
    a_milestone_lapses
    whoever_is_due_comes_first
}

/// Everybody, by name.
pub fn all() -> PageQuery {
    PageQuery {
        filter: Filter::default(),
        now: second(0),
        order: OrderBy::Name,
        descending: false,
        after: None,
        before: None,
        limit: 100,
        from_end: false,
    }
}

/// Twelve people with equal and different names and progress.
async fn populate(store: &dyn Store) {
    for number in 1..=12_u128 {
        let mut person = Person::new(number);
        let name = ["Ada", "bob", "Zoë", "ada"][number as usize % 4];
        store.commit(person.registers(name)).await.unwrap();
        let courses = ["language", "sql", "git"].into_iter().take(number as usize % 3);
        store.commit(person.then(courses.map(completed))).await.unwrap();
    }
}

/// All combinations of order and direction.
fn queries() -> impl Iterator<Item = PageQuery> {
    let both = |order| [false, true].map(|descending| PageQuery { order, descending, ..all() });
    OrderBy::ALL.into_iter().flat_map(both)
}

fn ids(page: &Page) -> Vec<LearnerId> {
    page.rows.iter().map(|it| it.1).collect()
}

async fn pages_join_to_the_whole_list(store: Arc<dyn Store>) {
    populate(&*store).await;
    for query in queries() {
        let whole = store.page(query.clone()).await.unwrap();
        assert_eq!((whole.rows.len(), whole.more), (12, false));
        let order = if query.descending { |a: &_, b: &_| b < a } else { |a: &_, b: &_| a < b };
        assert!(whole.rows.is_sorted_by(order), "{query:?}");
        let (mut joined, mut after) = (vec![], None);
        loop {
            let page = store.page(PageQuery { limit: 5, after, ..query.clone() }).await.unwrap();
            after = page.rows.last().map(|it| it.0.clone());
            joined.extend(page.rows);
            if !page.more {
                break;
            }
        }
        assert_eq!(joined, whole.rows, "{query:?}");
    }
}

async fn pages_from_the_end_join_too(store: Arc<dyn Store>) {
    populate(&*store).await;
    for query in queries() {
        let whole = store.page(query.clone()).await.unwrap();
        let (mut joined, mut before) = (vec![], None);
        loop {
            let page =
                store.page(PageQuery { limit: 5, before, from_end: true, ..query.clone() }).await.unwrap();
            before = page.rows.first().map(|it| it.0.clone());
            joined.splice(..0, page.rows);
            if !page.more {
                break;
            }
        }
        assert_eq!(joined, whole.rows, "{query:?}");
    }
}

async fn bounds_are_left_out(store: Arc<dyn Store>) {
    populate(&*store).await;
    for query in queries() {
        let whole = store.page(query.clone()).await.unwrap().rows;
        let (after, before) = (Some(whole[2].0.clone()), Some(whole[9].0.clone()));
        for from_end in [false, true] {
            let between =
                PageQuery { after: after.clone(), before: before.clone(), from_end, ..query.clone() };
            let page = store.page(PageQuery { limit: 6, ..between.clone() }).await.unwrap();
            assert_eq!((page.rows.as_slice(), page.more), (&whole[3..9], false));
            let page = store.page(PageQuery { limit: 4, ..between.clone() }).await.unwrap();
            let part = if from_end { &whole[5..9] } else { &whole[3..7] };
            assert_eq!((page.rows.as_slice(), page.more), (part, true));
            let crossed = PageQuery { after: before.clone(), before: after.clone(), ..between };
            assert_eq!(store.page(crossed).await.unwrap(), Page { rows: vec![], more: false });
        }
    }
}

async fn a_changed_learner_moves(store: Arc<dyn Store>) {
    let (mut ada, mut bob) = (Person::new(1), Person::new(2));
    store.commit(ada.registers("Ada")).await.unwrap();
    store.commit(bob.registers("Bob")).await.unwrap();
    store.commit(ada.then([renamed("Zoe")])).await.unwrap();
    assert_eq!(ids(&store.page(all()).await.unwrap()), [bob.id, ada.id]);
    let by_activity = PageQuery { order: OrderBy::LastActivity, ..all() };
    assert_eq!(ids(&store.page(by_activity).await.unwrap()), [bob.id, ada.id]);
    let by_age = PageQuery { order: OrderBy::CreatedAt, ..all() };
    assert_eq!(ids(&store.page(by_age).await.unwrap()), [ada.id, bob.id]);
}

async fn an_empty_list_has_an_empty_page(store: Arc<dyn Store>) {
    for query in queries() {
        assert_eq!(store.page(query).await.unwrap(), Page { rows: vec![], more: false });
    }
    populate(&*store).await;
    let none = store.page(PageQuery { limit: 0, ..all() }).await.unwrap();
    assert_eq!(none, Page { rows: vec![], more: true });
}

async fn filters_choose(store: Arc<dyn Store>) {
    populate(&*store).await;
    let language = Filter { met: Some(slug("language")), ..Filter::default() };
    let open = Filter { open: Some(slug("language")), ..Filter::default() };
    let named = Filter { name_contains: Some("AD".into()), ..Filter::default() };
    let elsewhere = Filter { stack: Some(slug("python")), ..Filter::default() };
    let both = Filter { stack: Some(slug("nodejs")), name_contains: Some("zo".into()), ..language.clone() };
    for (filter, expected) in [(language, 8), (open, 4), (named, 6), (elsewhere, 0), (both, 2)] {
        assert_eq!(store.count(&filter, second(0)).await.unwrap(), expected, "{filter:?}");
        for query in queries() {
            let query = PageQuery { filter: filter.clone(), ..query };
            let whole = store.page(query.clone()).await.unwrap();
            assert_eq!((whole.rows.len() as u64, whole.more), (expected, false));
            let page = store.page(PageQuery { limit: 3, from_end: true, ..query }).await.unwrap();
            assert_eq!(page.rows, whole.rows[whole.rows.len().saturating_sub(3)..]);
            assert_eq!(page.more, 3 < expected);
        }
    }
}

async fn a_milestone_lapses(store: Arc<dyn Store>) {
    let mut ada = Person::new(1);
    store.commit(ada.then([registered("Ada", None, None), completed("sql")])).await.unwrap();
    let met = Filter { met: Some(slug("sql")), ..Filter::default() };
    let open = Filter { open: Some(slug("sql")), ..Filter::default() };
    let until = store.load(ada.id).await.unwrap().unwrap().updated_at.plus_days(90);
    for (now, n_met) in [(until.plus_seconds(-1), 1), (until, 0)] {
        assert_eq!(store.count(&met, now).await.unwrap(), n_met);
        assert_eq!(store.count(&open, now).await.unwrap(), 1 - n_met);
        let page = store.page(PageQuery { filter: met.clone(), now, ..all() }).await.unwrap();
        assert_eq!(page.rows.len() as u64, n_met);
    }
}

async fn whoever_is_due_comes_first(store: Arc<dyn Store>) {
    let (mut ada, mut bob, mut cem) = (Person::new(1), Person::new(2), Person::new(3));
    for commit in [ada.registers("Ada"), bob.registers("Bob"), cem.registers("Cem")] {
        store.commit(commit).await.unwrap();
    }
    for commit in [cem.completes("sql"), bob.then([renamed("Bo"), completed("sql")])] {
        store.commit(commit).await.unwrap();
    }
    let by_due = PageQuery { order: OrderBy::Due, ..all() };
    assert_eq!(ids(&store.page(by_due.clone()).await.unwrap()), [cem.id, bob.id, ada.id]);
    let due_by = async |now| {
        let before = Some(SortKey::due_by(now));
        ids(&store.page(PageQuery { before, ..by_due.clone() }).await.unwrap())
    };
    let (cems, bobs) = (summarize(&cem.state).due_at.unwrap(), summarize(&bob.state).due_at.unwrap());
    assert_eq!(due_by(cems.plus_seconds(-1)).await, []);
    assert_eq!(due_by(cems).await, [cem.id]);
    assert_eq!(due_by(bobs).await, [cem.id, bob.id]);
    let reopened = Change::CourseReopened { course: slug("sql") };
    store.commit(cem.then([reopened])).await.unwrap();
    assert_eq!(due_by(bobs).await, [bob.id]);
    store.erase(bob.is_erased()).await.unwrap();
    assert_eq!(due_by(bobs).await, []);
}
