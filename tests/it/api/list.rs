//! Lists of learners: orders, filters and pages.

use serde_json::{Value, json};

use crate::world::{World, column, text};

/// Four learners; the names are in the order of registration, a day apart.
async fn world() -> World {
    let world = World::new();
    for (name, stack) in [("dora", Some("go")), ("Ada", Some("nodejs")), ("Çelik", None), ("bob", Some("go"))]
    {
        world.learner(name, stack).await;
        world.wait(1);
    }
    let ids = column(&world.get("{ learners { nodes { id } } }").await["learners"]["nodes"], "id");
    let shop = json!({ "learner": { "id": ids[0] }, "name": "Shop", "stack": "go", "aspects": ["API"],
        "repositoryUrl": "https://example.com/shop" });
    world.call("addProject", "", shop).await;
    world
}

async fn page(world: &World, arguments: &str) -> Value {
    let query = format!(
        "{{ learners({arguments}) {{ nodes {{ name }} edges {{ cursor node {{ name }} }} totalCount
            pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
    );
    let page = world.get(&query).await["learners"].clone();
    let edges = page["edges"].as_array().unwrap();
    assert_eq!(json!(edges.iter().map(|it| &it["node"]).collect::<Vec<_>>()), page["nodes"]);
    assert_eq!(page["pageInfo"]["startCursor"], edges.first().map_or(json!(null), |it| it["cursor"].clone()));
    assert_eq!(page["pageInfo"]["endCursor"], edges.last().map_or(json!(null), |it| it["cursor"].clone()));
    page
}

async fn names(world: &World, arguments: &str) -> String {
    column(&page(world, arguments).await["nodes"], "name").join(" ")
}

#[tokio::test]
async fn orders_and_directions() {
    let world = world().await;
    for (field, ascending) in [
        ("NAME", "Ada bob dora Çelik"),
        ("CREATED_AT", "dora Ada Çelik bob"),
        ("PROGRESS", "Çelik Ada bob dora"),
        ("LAST_ACTIVITY", "Ada Çelik bob dora"),
    ] {
        let descending: Vec<_> = ascending.split(' ').rev().collect();
        let order = format!("orderBy: {{ field: {field} }}");
        assert_eq!(names(&world, &order).await, ascending, "{field}");
        let order = format!("orderBy: {{ field: {field}, direction: DESC }}");
        assert_eq!(names(&world, &order).await, descending.join(" "), "{field}");
    }
    assert_eq!(names(&world, "first: 4").await, "dora Ada Çelik bob");
}

#[tokio::test]
async fn filters_all_of_which_must_hold() {
    let world = world().await;
    for (filter, expected) in [
        ("", "dora Ada Çelik bob"),
        (r#"stack: "go""#, "dora bob"),
        (r#"milestoneMet: "language""#, "dora"),
        (r#"milestoneOpen: "language""#, "Ada Çelik bob"),
        (r#"nameContains: "A""#, "dora Ada"),
        (r#"nameContains: "çEL""#, "Çelik"),
        (r#"nameContains: """#, "dora Ada Çelik bob"),
        (r#"stack: "go", milestoneOpen: "language""#, "bob"),
        (r#"milestoneMet: "language", milestoneOpen: "language""#, ""),
        (r#"stack: null, nameContains: "b""#, "bob"),
    ] {
        let page = page(&world, &format!("filter: {{ {filter} }}")).await;
        assert_eq!(column(&page["nodes"], "name").join(" "), expected, "{filter}");
        assert_eq!(page["totalCount"], expected.split_whitespace().count(), "{filter}");
    }
}

#[tokio::test]
async fn a_milestone_that_lapses_is_open_again_in_the_list() {
    let world = World::new();
    let learner = world.learner("Ada", Some("nodejs")).await;
    world.gets_ready(&learner).await;
    let met = r#"filter: { milestoneMet: "projects" }"#;
    world.wait(29);
    assert_eq!(names(&world, met).await, "Ada");
    world.wait(2);
    assert_eq!(names(&world, met).await, "");
    assert_eq!(names(&world, r#"filter: { milestoneOpen: "projects" }"#).await, "Ada");
}

#[tokio::test]
async fn pages_forwards_and_backwards() {
    let world = world().await;
    for direction in ["ASC", "DESC"] {
        let order = format!("orderBy: {{ field: NAME, direction: {direction} }}");
        let all = names(&world, &order).await;
        for (size, cursor, of) in [("first", "after", "endCursor"), ("last", "before", "startCursor")] {
            let (mut walked, mut from) = (vec![], String::new());
            loop {
                let page = page(&world, &format!("{order}, {size}: 3 {from}")).await;
                let names = column(&page["nodes"], "name");
                let more = if size == "first" { "hasNextPage" } else { "hasPreviousPage" };
                let back = if size == "first" { "hasPreviousPage" } else { "hasNextPage" };
                assert_eq!(page["pageInfo"][back], !from.is_empty());
                assert_eq!(page["totalCount"], 4);
                walked = if size == "first" { [walked, names].concat() } else { [names, walked].concat() };
                if page["pageInfo"][more] == false {
                    break;
                }
                from = format!("{cursor}: \"{}\"", text(&page["pageInfo"][of]));
            }
            assert_eq!(walked.join(" "), all);
        }
    }
}

#[tokio::test]
async fn between_two_cursors() {
    let world = world().await;
    let cursors = column(&page(&world, "first: 4").await["edges"], "cursor");
    let between = format!(r#"after: "{}", before: "{}""#, cursors[0], cursors[3]);
    assert_eq!(names(&world, &between).await, "Ada Çelik");
    assert_eq!(names(&world, &format!("{between}, last: 1")).await, "Çelik");
    let empty = format!(r#"after: "{}", before: "{}""#, cursors[3], cursors[0]);
    assert_eq!(names(&world, &empty).await, "");
}

#[tokio::test]
async fn a_page_has_20_learners_unless_said_otherwise_and_100_at_the_most() {
    let world = World::new();
    for number in 0..101 {
        world.learner(&format!("Learner {number}"), None).await;
    }
    for (arguments, n) in [("", 20), ("first: 100", 100), ("last: 100", 100), ("first: 0", 0), ("last: 0", 0)]
    {
        let arguments = if arguments.is_empty() { "after: null" } else { arguments };
        assert_eq!(page(&world, arguments).await["nodes"].as_array().unwrap().len(), n, "{arguments}");
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_an_error_with_a_code() {
    let world = world().await;
    let by_name = text(&page(&world, "orderBy: { field: NAME }").await["pageInfo"]["endCursor"]);
    for (arguments, code) in [
        ("first: -1", "BAD_USER_INPUT"),
        ("first: 101", "BAD_USER_INPUT"),
        ("last: -1", "BAD_USER_INPUT"),
        ("last: 101", "BAD_USER_INPUT"),
        ("first: 1, last: 1", "BAD_USER_INPUT"),
        (r#"filter: { stack: "cobol" }"#, "BAD_USER_INPUT"),
        (r#"filter: { milestoneMet: "cobol" }"#, "BAD_USER_INPUT"),
        (r#"filter: { milestoneOpen: "" }"#, "BAD_USER_INPUT"),
        (&format!(r#"filter: {{ nameContains: "{}" }}"#, "x".repeat(201)), "BAD_USER_INPUT"),
        (r#"after: """#, "INVALID_CURSOR"),
        (r#"after: "none""#, "INVALID_CURSOR"),
        (r#"before: "🦀""#, "INVALID_CURSOR"),
        (&format!(r#"before: "{}""#, "A".repeat(50_000)), "INVALID_CURSOR"),
        (&format!(r#"after: "{by_name}""#), "INVALID_CURSOR"),
        (&format!(r#"after: "{by_name}", orderBy: {{ field: PROGRESS }}"#), "INVALID_CURSOR"),
    ] {
        let codes = world.codes(&format!("{{ learners({arguments}) {{ totalCount }} }}")).await;
        assert_eq!(codes, [code], "{arguments}");
    }
}

#[tokio::test]
async fn what_lies_beyond_either_bound_is_told() {
    let world = world().await;
    let all = page(&world, "first: 100").await;
    let cursors = crate::world::column(&all["edges"], "cursor");
    let (second, last) = (&cursors[1], cursors.last().unwrap());
    for (arguments, previous, next) in [
        (format!("before: \"{last}\""), false, true),
        (format!("first: 100, before: \"{last}\""), false, true),
        (format!("last: 100, after: \"{second}\""), true, false),
        (format!("last: 1, before: \"{last}\""), true, true),
        (format!("first: 1, after: \"{second}\""), true, true),
        ("first: 100".to_owned(), false, false),
    ] {
        let info = page(&world, &arguments).await["pageInfo"].clone();
        let told = (info["hasPreviousPage"].clone(), info["hasNextPage"].clone());
        assert_eq!(told, (json!(previous), json!(next)), "{arguments}");
    }
}
