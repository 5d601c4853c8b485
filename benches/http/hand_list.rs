//! The page of learners, written by hand.

use data_encoding::BASE64URL_NOPAD;
use milepost::{
    app::{App, Standing},
    domain::summary::{Filter, OrderBy},
    store::{PageQuery, SortKey},
};
use serde::Serialize;

use crate::hand::{Data, ProgressView, encode};

/// The version of cursors in the order of registration.
const CURSOR_VERSION: u8 = 2;

/// 20 learners after a cursor.
pub(crate) async fn list(app: &App, after: Option<String>) -> Vec<u8> {
    let after = after.map(|it| BASE64URL_NOPAD.decode(it.as_bytes()).expect("a cursor")[1..].to_vec());
    let query = PageQuery {
        filter: Filter::default(),
        now: app.env.now(),
        order: OrderBy::CreatedAt,
        descending: false,
        after: after.map(|it| SortKey::from_bytes(it).expect("a cursor")),
        before: None,
        limit: 20,
        from_end: false,
    };
    let page = app.store.page(query).await.expect("a page");
    let ids: Vec<_> = page.rows.iter().map(|it| it.1).collect();
    let learners = app.store.load_many(&ids).await.expect("loaded");
    let edges = page.rows.iter().zip(&learners).filter_map(|((key, _), learner)| {
        let learner = learner.as_ref()?;
        let now = app.env.now();
        let known = app.known_standing(learner, now);
        let standing = known.unwrap_or_else(|| Standing::of(&app.readiness_at(learner, now)));
        let readiness = Shares { ready: standing.ready, progress: standing.progress.into() };
        Some(Edge {
            cursor: cursor(key),
            node: Node { id: encode(learner.id), name: &learner.name, readiness },
        })
    });
    let edges: Vec<_> = edges.collect();
    let end_cursor = edges.last().map(|it| it.cursor.clone());
    let page_info = PageInfo { has_next_page: page.more, end_cursor };
    serde_json::to_vec(&Data { data: List { learners: Learners { edges, page_info } } }).expect("plain data")
}

/// The cursor of a place in the list.
pub(crate) fn cursor(key: &SortKey) -> String {
    BASE64URL_NOPAD.encode(&[&[CURSOR_VERSION], key.as_bytes()].concat())
}

#[derive(Serialize)]
struct List<'a> {
    learners: Learners<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Learners<'a> {
    edges: Vec<Edge<'a>>,
    page_info: PageInfo,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(Serialize)]
struct Edge<'a> {
    cursor: String,
    node: Node<'a>,
}

#[derive(Serialize)]
struct Node<'a> {
    id: String,
    name: &'a str,
    readiness: Shares,
}

#[derive(Serialize)]
struct Shares {
    ready: bool,
    progress: ProgressView,
}
