//! What is promised to clients: the schema and the codes, as files that equal the code.
//! `UPDATE_EXPECT=1` writes them anew.

use std::collections::BTreeSet;

use expect_test::expect_file;
use milepost::graphql;
use serde_json::{Value, json};

use crate::{architecture, world::World};

/// All that introspection tells of names, descriptions and what refers to what.
const INTROSPECTION: &str = "
    query {
      __schema {
        queryType { name } mutationType { name } subscriptionType { name }
        types {
          kind name description
          fields(includeDeprecated: true) {
            name description type { ...Named } args(includeDeprecated: true) { ...Input }
          }
          inputFields(includeDeprecated: true) { ...Input }
          enumValues(includeDeprecated: true) { name description }
          interfaces { name }
          possibleTypes { name }
        }
      }
    }
    fragment Input on __InputValue { name description type { ...Named } }
    fragment Named on __Type { name ofType { name ofType { name ofType { name ofType { name } } } } }";

async fn introspect() -> Value {
    World::data(World::new().ask(INTROSPECTION, json!({})).await)["__schema"].clone()
}

/// The types that are ours, not GraphQL's own.
fn types(schema: &Value) -> impl Iterator<Item = &Value> {
    const BUILT_IN: [&str; 5] = ["Boolean", "Float", "ID", "Int", "String"];
    list(&schema["types"]).filter(|it| !name(it).starts_with("__") && !BUILT_IN.contains(&name(it)))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn name(value: &Value) -> &str {
    value["name"].as_str().unwrap_or_default()
}

#[test]
fn the_file_is_what_the_server_answers() {
    expect_file!["../../schema/schema.graphql"].assert_eq(&graphql::sdl());
}

#[tokio::test]
async fn all_that_clients_see_is_described() {
    let schema = introspect().await;
    let mut bare = vec![];
    let mut see = |path: String, it: &Value| {
        if it["description"].as_str().is_none_or(|it| it.trim().is_empty()) {
            bare.push(path);
        }
    };
    for it in types(&schema) {
        see(name(it).to_owned(), it);
        for part in ["fields", "inputFields", "enumValues"] {
            for member in list(&it[part]) {
                see(format!("{}.{}", name(it), name(member)), member);
                for argument in list(&member["args"]) {
                    see(format!("{}.{}({})", name(it), name(member), name(argument)), argument);
                }
            }
        }
    }
    assert!(bare.is_empty(), "without a description: {bare:#?}");
}

/// A type of the code that is none of the API has nothing that leads to it.
#[tokio::test]
async fn every_type_can_be_reached() {
    let schema = introspect().await;
    let mut reached = BTreeSet::new();
    let mut waiting = vec![&schema["queryType"], &schema["mutationType"], &schema["subscriptionType"]];
    while let Some(next) = waiting.pop() {
        if let Some(name) = next["name"].as_str() {
            let known = types(&schema).find(|it| it["name"] == name);
            if let Some(it) = known.filter(|_| reached.insert(name)) {
                waiting.extend(references(it));
            }
        } else if next.is_object() {
            waiting.push(&next["ofType"]);
        }
    }
    let unreached: Vec<_> = types(&schema).map(name).filter(|it| !reached.contains(it)).collect();
    assert!(unreached.is_empty(), "no operation leads to {unreached:?}");
}

fn references(of: &Value) -> Vec<&Value> {
    let fields = list(&of["fields"]).chain(list(&of["inputFields"]));
    let types = fields.flat_map(|it| list(&it["args"]).chain([it])).map(|it| &it["type"]);
    types.chain(list(&of["interfaces"])).chain(list(&of["possibleTypes"])).collect()
}

#[tokio::test]
async fn no_codes_come_or_go_unnoticed() {
    let schema = introspect().await;
    let user_errors = types(&schema).find(|it| name(it) == "UserErrorCode").expect("the enum");
    let user_errors = list(&user_errors["enumValues"]).map(|it| format!("userErrors {}", name(it)));
    let errors = error_codes().into_iter().map(|it| format!("errors {it}"));
    let codes: BTreeSet<_> = user_errors.chain(errors).collect();
    let codes: String = codes.into_iter().map(|it| it + "\n").collect();
    expect_file!["../../schema/codes.txt"].assert_eq(&codes);
}

/// The values of `extensions.code`: constants of the API, and what the server around it refuses
/// requests with, as they stand in the sources.
fn error_codes() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    let speaks = |it: &(String, String)| it.0.starts_with("http/") || it.0.starts_with("graphql/");
    for (_, text) in architecture::sources().into_iter().filter(speaks) {
        codes.extend(constants(&text).chain(refused(&text)));
    }
    codes
}

/// What stands in quotes on lines such as `pub const NOT_FOUND: &str = "NOT_FOUND";`.
fn constants(source: &str) -> impl Iterator<Item = String> {
    let lines = source.lines().filter(|it| it.contains("const ") && it.contains(": &str = \""));
    lines.filter_map(|it| it.split('"').nth(1)).filter(|it| is_code(it)).map(str::to_owned)
}

/// The code in calls such as `refuse(StatusCode::FORBIDDEN, "FORBIDDEN_ORIGIN", …)`.
fn refused(source: &str) -> impl Iterator<Item = String> {
    let calls = source.split("refuse(").skip(1);
    calls.filter_map(|it| it.split('"').nth(1)).filter(|it| is_code(it)).map(str::to_owned)
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|it| it.is_ascii_uppercase() || it == '_')
}
