//! Which layer may name what.

use super::paths::{Named, named};

/// The modules of `store` that are engines; all else in it is the seam.
pub const ENGINES: [&str; 2] = ["embedded", "memory"];

/// A layer and what its files must not name, as the beginnings of paths.
struct Layer {
    name: &'static str,
    forbidden: &'static [&'static str],
}

const LAYERS: [Layer; 6] = [
    Layer {
        name: "domain",
        forbidden: &[
            "crate::app",
            "crate::graphql",
            "crate::http",
            "crate::store",
            "async_graphql",
            "async_trait",
            "axum",
            "futures_util",
            "sled",
            "std::fs",
            "std::net",
            "std::process",
            "std::thread",
            "tokio",
        ],
    },
    Layer {
        name: "store",
        forbidden: &[
            "crate::app",
            "crate::graphql",
            "crate::http",
            "async_graphql",
            "async_graphql_axum",
            "axum",
        ],
    },
    Layer {
        name: "app",
        forbidden: &[
            "crate::graphql",
            "crate::http",
            "crate::store::embedded",
            "crate::store::memory",
            "async_graphql",
            "async_graphql_axum",
            "axum",
            "sled",
        ],
    },
    Layer {
        name: "graphql",
        forbidden: &[
            "crate::http",
            "crate::store::embedded",
            "crate::store::memory",
            "async_graphql_axum",
            "axum",
            "sled",
            "tower",
            "tower_http",
        ],
    },
    Layer { name: "http", forbidden: &["crate::domain", "crate::store", "sled"] },
    // The roots: `lib.rs` declares the layers, `main.rs` wires them.
    Layer { name: "lib.rs", forbidden: &["async_graphql", "axum", "sled", "tokio"] },
];

/// The wrong arrows of one file, each as `file:line: layer names X`.
pub fn wrong_arrows(file: &str, text: &str) -> Vec<String> {
    let root = file.split('/').next().unwrap_or(file);
    let Some(layer) = LAYERS.iter().find(|it| it.name == root) else {
        let known = root == "main.rs" || root == "cli";
        return if known { vec![] } else { vec![format!("src/{file}:1: {root} is no layer")] };
    };
    // Everything at once is every layer at once.
    let is_wrong = |path: &str| path == "crate::*" || layer.forbidden.iter().any(|it| starts_with(path, it));
    let wrong = named(file, text).into_iter().filter(|it| is_wrong(&it.path));
    wrong.map(|Named { path, line }| format!("src/{file}:{line}: {root} names {path}")).collect()
}

/// Whether a path is this one or leads further.
fn starts_with(path: &str, beginning: &str) -> bool {
    path.strip_prefix(beginning).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(file: &str, text: &str, expect: &[&str]) {
        assert_eq!(wrong_arrows(file, text), expect, "{text}");
    }

    #[test]
    fn a_planted_wrong_arrow_is_found() {
        let text = "//! A rule.\n\nuse crate::store::Store;\n";
        check("domain/rule.rs", text, &["src/domain/rule.rs:3: domain names crate::store::Store"]);
    }

    #[test]
    fn each_layer_has_its_own_arrows() {
        check("store/mod.rs", "use crate::domain::event::Event;", &[]);
        check("store/mod.rs", "use crate::app::App;", &["src/store/mod.rs:1: store names crate::app::App"]);
        check("app/write.rs", "use crate::store::{Commit, Store};", &[]);
        check(
            "app/write.rs",
            "use crate::store::memory::MemoryStore;",
            &["src/app/write.rs:1: app names crate::store::memory::MemoryStore"],
        );
        check("graphql/page.rs", "use crate::{app::App, store::PageQuery};", &[]);
        check(
            "graphql/page.rs",
            "use axum::Json;\nuse crate::http;",
            &[
                "src/graphql/page.rs:1: graphql names axum::Json",
                "src/graphql/page.rs:2: graphql names crate::http",
            ],
        );
        check("http/mod.rs", "use crate::{app::App, graphql::Schema};", &[]);
        check(
            "http/mod.rs",
            "use crate::domain::guide::Guide;",
            &["src/http/mod.rs:1: http names crate::domain::guide::Guide"],
        );
        check("main.rs", "use milepost::store::embedded::EmbeddedStore;", &[]);
        check("new/mod.rs", "", &["src/new/mod.rs:1: new is no layer"]);
    }

    #[test]
    fn macros_and_attributes_are_read_too() {
        check(
            "domain/rule.rs",
            "#[derive(async_graphql::Enum)]\nenum Rule { A }\n#[tokio::test]\nfn f() {}",
            &[
                "src/domain/rule.rs:1: domain names async_graphql::Enum",
                "src/domain/rule.rs:3: domain names tokio::test",
            ],
        );
    }

    #[test]
    fn names_that_only_begin_alike_are_no_arrows() {
        check("domain/rule.rs", "use crate::domain::application; use storehouse::sledge;", &[]);
        check("domain/rule.rs", "use crate::apples::Apple;", &[]);
    }

    #[test]
    fn a_way_round_is_seen() {
        let wrong = ["src/domain/command/goal.rs:1: domain names crate::store::Store"];
        check("domain/command/goal.rs", "use super::super::super::store::Store;", &wrong);
        check(
            "domain/command/goal.rs",
            "mod tests { use super::super::super::super::store::Store; }",
            &wrong,
        );
        check("domain/command/goal.rs", "mod tests { use super::super::store::Shelf; }", &[]);
        check("domain/rule.rs", "use crate::*;", &["src/domain/rule.rs:1: domain names crate::*"]);
    }
}
