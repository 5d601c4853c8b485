//! What is wrong with a file or a row is told by line, code and column.

use serde_json::json;

use super::{FILE, counts, import, refused};
use crate::world::{World, errors};

#[tokio::test]
async fn bad_rows_are_refused_by_code_and_column_and_others_are_applied() {
    let world = World::new();
    import(&world, FILE, json!({})).await;
    let long = "x".repeat(201);
    let bad = [
        (r#"{"kind": "party", "learner": "ada"}"#, "INVALID_INPUT kind"),
        (r#"{"learner": "ada"}"#, "INVALID_INPUT kind"),
        (r#"{"kind": "start", "course": "capstone-project"}"#, "INVALID_INPUT learner"),
        (r#"{"kind": "start", "learner": "nobody", "course": "capstone-project"}"#, "NOT_FOUND learner"),
        (r#"{"kind": "start", "learner": "ada", "course": "none"}"#, "NOT_FOUND course"),
        (r#"{"kind": "start", "learner": "ada"}"#, "INVALID_INPUT course"),
        (
            r#"{"kind": "start", "learner": "ada", "course": "capstone-project", "percent": 3}"#,
            "INVALID_INPUT percent",
        ),
        (
            r#"{"kind": "progress", "learner": "ada", "course": "capstone-project", "percent": 101}"#,
            "OUT_OF_RANGE percent",
        ),
        (
            r#"{"kind": "progress", "learner": "ada", "course": "capstone-project", "percent": "x"}"#,
            "INVALID_INPUT percent",
        ),
        (
            r#"{"kind": "progress", "learner": "ada", "course": "capstone-project", "percent": 1.5}"#,
            "INVALID_INPUT percent",
        ),
        (
            r#"{"kind": "start", "learner": "ada", "course": "capstone-project", "occurredAt": "yesterday"}"#,
            "INVALID_INPUT occurredAt",
        ),
        (
            r#"{"kind": "completion", "learner": "ada", "course": "capstone-project", "occurredAt": "2999-01-01"}"#,
            "IN_THE_FUTURE occurredAt",
        ),
        (
            r#"{"kind": "completion", "learner": "ada", "course": "capstone-project", "certificateUrl": "ftp:"}"#,
            "INVALID_INPUT certificateUrl",
        ),
        (
            r#"{"kind": "project", "learner": "ada", "name": "x", "aspects": "SHINY"}"#,
            "INVALID_INPUT aspects",
        ),
        (
            r#"{"kind": "evidence", "learner": "ada", "criterion": "sql.indexes", "evidenceKind": "RUMOUR"}"#,
            "INVALID_INPUT evidenceKind",
        ),
        (
            r#"{"kind": "evidence", "learner": "ada", "criterion": "sql.indexes", "evidenceKind": "CI_RUN", "url": "https://example.com"}"#,
            "INVALID_INPUT evidenceKind",
        ),
        (
            r#"{"kind": "learner", "learner": "carol", "name": "Carol", "email": "ada@example.com"}"#,
            "ALREADY_TAKEN email",
        ),
        (r#"{"kind": "learner", "learner": "carol"}"#, "INVALID_INPUT name"),
        (r#"{"kind": "start", "shoe": 43}"#, "INVALID_INPUT -"),
        (r#"{"kind": "start", "learner": true}"#, "INVALID_INPUT learner"),
        (r#"{"kind": "start", "learner": "ada", "learner": "bob"}"#, "INVALID_INPUT learner"),
        (r#"{"kind": "learner", "learner": "dora", "name": 7}"#, "INVALID_INPUT name"),
        (
            r#"{"kind": "completion", "learner": "ada", "course": "capstone-project", "occurredAt": "2025-12-15T09:00"}"#,
            "INVALID_INPUT occurredAt",
        ),
        (
            r#"{"kind": "completion", "learner": "ada", "course": "capstone-project", "occurredAt": "2025-12-15T09:00:00"}"#,
            "INVALID_INPUT occurredAt",
        ),
        (
            r#"{"kind": "completion", "learner": "ada", "course": "capstone-project", "occurredAt": "20251215"}"#,
            "INVALID_INPUT occurredAt",
        ),
        ("{", "INVALID_INPUT -"),
        ("[]", "INVALID_INPUT -"),
    ];
    let mut content: String = bad.iter().map(|it| format!("{}\n", it.0)).collect();
    content += &json!({ "kind": "project", "learner": "ada", "name": long }).to_string();
    content += "\n{\"kind\": \"completion\", \"learner\": \"bob\", \"course\": \"capstone-project\"}\n";
    let payload = import(&world, &content, json!({})).await;
    let mut expected: Vec<_> =
        bad.iter().enumerate().map(|(at, it)| format!("{} {}", at + 1, it.1)).collect();
    expected.push(format!("{} TOO_LONG name", bad.len() + 1));
    assert_eq!(refused(&payload), expected);
    assert_eq!(counts(&payload), [1, 0, 0, expected.len() as u64]);
}

#[tokio::test]
async fn a_file_that_is_none_is_refused_whole() {
    let world = World::new();
    let many = "kind,learner\n".to_owned() + &"start,ada\n".repeat(1_001);
    let bad = [
        ("", "INVALID_INPUT -"),
        ("learner,name\nada,Ada\n", "INVALID_INPUT kind"),
        ("kind,kind\n", "INVALID_INPUT kind"),
        ("kind,shoe\n", "INVALID_INPUT -"),
        ("kind;learner;name\nlearner;ada;Ada\n", "INVALID_INPUT -"),
        (many.as_str(), "LIMIT_REACHED -"),
    ];
    for (content, error) in bad {
        let payload = import(&world, content, json!({})).await;
        assert_eq!(errors(&payload), [error], "{:?}", content.get(..20));
        assert_eq!(payload["rows"], json!([]));
    }
    assert_eq!(world.get("{ learners { totalCount } }").await["learners"]["totalCount"], 0);
}

#[tokio::test]
async fn what_is_wrong_with_a_row_says_nothing_about_the_next() {
    let world = World::new();
    let long = "x".repeat(200_000);
    let rows = [
        ("learner,a,Ann,", ""),
        ("start", "INVALID_INPUT -"),
        (&*format!("learner,b,{long},"), "TOO_LONG -"),
        (&*format!("learner,c,\"{long}\","), "TOO_LONG -"),
        (&*format!("learner,k,{long},"), "TOO_LONG -"),
        ("learner,e,\"Ev\"e,", "INVALID_INPUT -"),
        ("learner,e, \"Eve\",", "INVALID_INPUT -"),
        (&*format!("learner,e,\"{}\",", "x\ncompletion,a,,\n".repeat(8_000)), "TOO_LONG -"),
        ("learner,f,5\" disk,", "INVALID_INPUT -"),
        ("learner,g,\"Gus, \"\"the\"\" cat\",\"two\nlines\"", ""),
        ("learner,h,Hal,", ""),
    ];
    for end in ["\n", "\r\n", "\n\n"] {
        let (mut content, mut expected, mut line) =
            ("\u{feff}kind,learner,name,reason".to_owned() + end, vec![], 1);
        for (row, error) in rows {
            line += end.matches('\n').count();
            expected.extend((!error.is_empty()).then(|| format!("{line} {error}")));
            content += &format!("{row}{end}");
            line += row.matches('\n').count();
        }
        let payload = import(&world, &content, json!({ "dryRun": true })).await;
        assert_eq!(refused(&payload), expected, "{end:?}");
        assert_eq!(counts(&payload), [3, 0, 0, 8], "{end:?}");
    }
    let lines = format!(
        "{}\n{}\n",
        json!({ "kind": long }),
        json!({ "kind": "learner", "learner": "i", "name": "Ira" })
    );
    let payload = import(&world, &lines, json!({})).await;
    assert_eq!((refused(&payload), counts(&payload)), (vec!["1 TOO_LONG -".to_owned()], [1, 0, 0, 1]));
}

/// What stands behind may be a part of a cell, and is not taken for rows.
#[tokio::test]
async fn where_nobody_can_tell_what_is_a_row_the_file_ends() {
    let world = World::new();
    let long = "x".repeat(200_000);
    let within = "completion,bob,,cicd-automation\n";
    for (row, error) in [
        (format!("learner,a,\"Ann\n{within}"), "3 INVALID_INPUT -"),
        (format!("learner,a,\"{long}\n{within}end\",\n"), "3 TOO_LONG -"),
        (format!("learner,a,\"he said \"hi\" and\n{within}end\",\n"), "3 INVALID_INPUT -"),
        (format!("learner,a,\"he said \"hi, you\" and\n{within}end\",\n"), "3 INVALID_INPUT -"),
        (format!("learner,a, \"Ann\n{within}end\",\n"), "3 INVALID_INPUT -"),
        (format!("learner,a,\"one\ntwo\"three,\n{within}"), "3 INVALID_INPUT -"),
    ] {
        let content = format!("kind,learner,name,course\nlearner,bob,Bob,\n{row}{within}");
        let payload = import(&world, &content, json!({ "dryRun": true })).await;
        assert_eq!((refused(&payload), counts(&payload)), (vec![error.to_owned()], [1, 0, 0, 1]), "{error}");
        let told = payload["rows"][1]["message"].as_str().unwrap();
        assert!(told.contains("nothing behind"), "{told}");
    }
}
