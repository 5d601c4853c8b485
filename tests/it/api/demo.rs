//! The demo: a believable cohort in an empty store, and nothing in any other.

use expect_test::expect;
use milepost::app::fill_with_demo;
use serde_json::{Value, json};

use crate::world::World;

#[tokio::test]
async fn the_cohort_is_in_different_places_on_the_way() {
    let world = World::new();
    assert_eq!(fill_with_demo(&world.app).await.expect("filled"), 12);
    let query = "{ learners(orderBy: { field: PROGRESS }) { nodes { name stack { slug }
        readiness { progress { done total } warnings { code } milestones { status } } } } }";
    let data = World::data(world.ask(query, json!({})).await);
    let lines: Vec<_> = data["learners"]["nodes"].as_array().expect("a list").iter().map(line).collect();
    expect![[r#"
        Ines Duarte, no stack: 0/17 ....
        Farid Haidari, nodejs: 1/18 +... TOO_EARLY
        Jamal Brooks, java: 1/17 +..+ TOO_EARLY
        Liam O'Connor, dotnet: 1/17 +...
        Grace Mwangi, python: 3/17 *... GAP
        Dana Levi, dotnet: 4/17 *+++
        Chen Wei, go: 7/16 *+*+
        Hugo Lindqvist, rust: 7/16 *+++
        Kaori Tanaka, nodejs: 8/18 *.*+
        Bruno Silva, python: 8/17 **+. GAP
        Elif Yılmaz, java: 11/17 **++
        Amara Okafor, nodejs: 18/18 ****"#]]
    .assert_eq(&lines.join("\n"));
}

fn line(learner: &Value) -> String {
    let readiness = &learner["readiness"];
    let each = |list: &Value, key: &str, show: fn(&str) -> String| -> Vec<String> {
        let list = list.as_array().expect("a list").iter();
        list.map(|it| show(it[key].as_str().expect("a word"))).collect()
    };
    let mark = |status: &str| {
        String::from(match status {
            "MET" => "*",
            "IN_PROGRESS" => "+",
            _ => ".",
        })
    };
    let line = format!(
        "{}, {}: {}/{} {} {}",
        learner["name"].as_str().expect("a name"),
        learner["stack"]["slug"].as_str().unwrap_or("no stack"),
        readiness["progress"]["done"],
        readiness["progress"]["total"],
        each(&readiness["milestones"], "status", mark).concat(),
        each(&readiness["warnings"], "code", str::to_owned).join(" "),
    );
    line.trim_end().to_owned()
}

#[tokio::test]
async fn a_store_with_learners_is_left_alone() {
    let world = World::new();
    world.learner("Ada", None).await;
    assert_eq!(fill_with_demo(&world.app).await.expect("left alone"), 0);
    let data = World::data(world.ask("{ learners { totalCount } }", json!({})).await);
    assert_eq!(data["learners"]["totalCount"], 1);
}
