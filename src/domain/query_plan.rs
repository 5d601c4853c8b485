//! Tells the output of `EXPLAIN` from other text: PostgreSQL, MySQL and SQLite.
//!
//! People paste what their client printed, so that the frames of tables and the marks of line ends
//! are around the plan.

mod mysql;
mod postgresql;
mod sqlite;

use serde_json::Value;

/// The scan and search nodes that this text names as the plan of a query; none: it is no plan.
pub fn access_nodes(text: &str) -> Vec<String> {
    match serde_json::from_str::<Value>(text) {
        Ok(json) if json.is_object() || json.is_array() => json_nodes(&json),
        _ => text_nodes(text),
    }
}

/// PostgreSQL's `FORMAT JSON` has `Node Type`, MySQL's `FORMAT=JSON` has `access_type`.
fn json_nodes(json: &Value) -> Vec<String> {
    match json {
        Value::Array(items) => items.iter().flat_map(json_nodes).collect(),
        Value::Object(fields) => {
            let node = fields.get("Node Type").and_then(Value::as_str).filter(|it| postgresql::is_scan(it));
            let access = fields.get("access_type").and_then(Value::as_str).filter(|it| mysql::is_access(it));
            let own = node.or(access).map(str::to_owned);
            own.into_iter().chain(fields.values().flat_map(json_nodes)).collect()
        }
        _ => vec![],
    }
}

/// `mysql -e` writes the ends of lines as `\\n`.
fn text_nodes(text: &str) -> Vec<String> {
    let text = text.replace("\\n", "\n");
    let lines: Vec<_> = text.lines().map(unframed).collect();
    let has_json = text.contains('{');
    let by_line =
        lines.iter().filter_map(|it| json_line_node(it).filter(|_| has_json).or_else(|| line_node(it)));
    by_line.map(str::to_owned).chain(mysql::table_nodes(&lines)).collect()
}

/// The line without what a client has put around it.
fn unframed(line: &str) -> &str {
    let is_frame = |it: char| it.is_whitespace() || matches!(it, '|' | '│' | '+' | '↵');
    let line = line.trim_matches(is_frame);
    line.strip_prefix("EXPLAIN: ").unwrap_or(line)
}

/// `"Node Type": "Seq Scan",` where JSON that a client has framed does not parse as a whole.
fn json_line_node(line: &str) -> Option<&str> {
    let (key, value) = line.trim_end_matches(',').split_once(':')?;
    let value = value.trim_start().strip_prefix('"')?.strip_suffix('"')?;
    let is_node = match key.trim_end() {
        "\"Node Type\"" => postgresql::is_scan(value),
        "\"access_type\"" => mysql::is_access(value),
        _ => false,
    };
    is_node.then_some(value)
}

fn line_node(line: &str) -> Option<&str> {
    // pgAdmin puts each line into quotation marks.
    postgresql::node(line.trim_matches('"').trim())
        .or_else(|| mysql::tree_node(line))
        .or_else(|| sqlite::node(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, nodes: &[&str]) {
        assert_eq!(access_nodes(text), nodes, "{text}");
    }

    #[test]
    fn postgresql() {
        check(
            "                              QUERY PLAN\n-----------\n Nested Loop  (cost=0.57..16.62 rows=1 width=8)\n   \
             ->  Index Scan using users_pkey on users u  (cost=0.29..8.30 rows=1 width=4)\n         Index Cond: (id = 42)\n   \
             ->  Parallel Seq Scan on orders  (cost=0.28..8.30 rows=1 width=4) (actual time=0.010..0.011 rows=1 loops=1)\n(4 rows)",
            &["Index Scan", "Parallel Seq Scan"],
        );
        check("Seq Scan on users\n  Filter: (age > 3)", &["Seq Scan"]);
        check("Function Scan on generate_series  (cost=0.00..10.00 rows=1000 width=4)", &["Function Scan"]);
        check(r#"[{"Plan": {"Node Type": "Sort", "Plans": [{"Node Type": "Seq Scan"}]}}]"#, &["Seq Scan"]);
        check("Seq Scan on users (actual rows=3 loops=1)\nPlanning Time: 0.1 ms", &["Seq Scan"]);
        check("  ->  Index Scan using i on orders o (never executed)", &["Index Scan"]);
        check("\"Seq Scan on users  (cost=0.00..1.03 rows=3 width=4)\"", &["Seq Scan"]);
        check("Foreign Scan  (cost=100.00..200.00 rows=1 width=4)", &["Foreign Scan"]);
        check("│ Seq Scan on users  (cost=0.00..1.03 rows=3 width=4) │", &["Seq Scan"]);
        check("- Plan: \n    Node Type: \"Bitmap Heap Scan\"\n", &["Bitmap Heap Scan"]);
    }

    #[test]
    fn postgresql_json_as_psql_frames_it() {
        check(
            r#"            QUERY PLAN             
-----------------------------------
 [                                +
   {                              +
     "Plan": {                    +
       "Node Type": "Seq Scan",   +
       "Relation Name": "users"   +
     }                            +
   }                              +
 ]
(1 row)
"#,
            &["Seq Scan"],
        );
        check("- Plan:                 +\n    Node Type: \"Seq Scan\" +\n", &["Seq Scan"]);
    }

    #[test]
    fn mysql() {
        check(
            "| id | select_type | table | partitions | type | possible_keys |\n|  1 | SIMPLE | t | NULL | ALL | NULL |",
            &["ALL"],
        );
        check("*** 1. row ***\n           id: 1\n  select_type: SIMPLE\n         type: ref\n", &["ref"]);
        check(
            "-> Filter: (t.a > 1)  (cost=0.35 rows=1)\n    -> Table scan on t  (cost=0.35 rows=1)",
            &["Table scan"],
        );
        check(r#"{"query_block": {"table": {"table_name": "t", "access_type": "range"}}}"#, &["range"]);
    }

    #[test]
    fn mysql_as_its_client_frames_it() {
        check("*** 1. row ***\nEXPLAIN: -> Table scan on t  (cost=0.35 rows=1)\n", &["Table scan"]);
        check(
            "| -> Covering index skip scan on t using i over 1 < b  (cost=1 rows=1)\n |",
            &["Covering index skip scan"],
        );
        check(
            r"EXPLAIN\n-> Filter: (t.a = 1)  (cost=1 rows=1)\n    -> Table scan on t  (cost=1 rows=1)\n",
            &["Table scan"],
        );
        let json = r#"{
  "query_block": {
    "table": {
      "access_type": "ALL",
      "rows_examined_per_scan": 1
    }
  }
}"#;
        check(
            &format!("+---------+\n| EXPLAIN |\n+---------+\n| {json} |\n+---------+\n1 row in set"),
            &["ALL"],
        );
        check(&format!("*** 1. row ***\nEXPLAIN: {json}\n1 row in set"), &["ALL"]);
        check(&format!("EXPLAIN\n{}\n", json.replace('\n', "\\n")), &["ALL"]);
    }

    #[test]
    fn mysql_json_of_the_second_version() {
        check(r#"{"query_plan": {"operation": "Table scan on t", "access_type": "table"}}"#, &["table"]);
        check(
            r#"{"query_plan": {"access_type": "filter", "inputs": [{"access_type": "index"}]}}"#,
            &["index"],
        );
    }

    #[test]
    fn sqlite() {
        check(
            "QUERY PLAN\n|--SCAN users\n`--SEARCH orders USING INDEX orders_user (user_id=?)",
            &["SCAN", "SEARCH"],
        );
        check("3|0|0|SEARCH TABLE t USING INTEGER PRIMARY KEY (rowid=?)", &["SEARCH"]);
        check("id\tparent\tnotused\tdetail\n2\t0\t0\tSCAN users", &["SCAN"]);
        check(
            "id  parent  notused  detail\n--  ------  -------  ------\n2   0       0        SCAN users",
            &["SCAN"],
        );
        check("│ 2  │ 0      │ 0       │ SCAN users │", &["SCAN"]);
        check("| 2  | 0      | 0       | SEARCH users USING INDEX i (name=?) |", &["SEARCH"]);
        check("2,0,0,\"SCAN users\"", &["SCAN"]);
        check(
            "QUERY PLAN\n|--SCAN a\n`--SEARCH b USING AUTOMATIC COVERING INDEX (id=?) LEFT-JOIN",
            &["SCAN", "SEARCH"],
        );
        check("SCAN b LEFT-JOIN", &["SCAN"]);
        check("SCAN t AS x USING COVERING INDEX i", &["SCAN"]);
    }

    #[test]
    fn prose_and_other_output_is_no_plan() {
        for text in [
            "I looked at the plan and saw a Seq Scan on users, so I added an index.",
            "Seq Scan on users is slow.",
            "Index Scan is better",
            "SCAN the table for me please",
            "SEARCH engine",
            "Seq Scan on users is what I saw first (cost=12.00..34.00)",
            "Seq Scan on users (which was slow)",
            "Seq Scan on everything!",
            "Index Scan (never again)",
            "1. SCAN users",
            "2 SCAN the table",
            "EXPLAIN: it does a table scan on t",
            "I saw \"Node Type\": \"Seq Scan\" in {it}",
            "\"Node Type\": \"Seq Scan\"",
            "{\n\"access_type\": \"none of your business\",\n",
            "First I ran it\\nthen I saw a Seq Scan on users\\n",
            "SELECT * FROM users",
            "Result  (cost=0.00..0.01 rows=1 width=4)",
            "{\"a\": 1}",
            "[]",
            "type: ALL",
            "",
        ] {
            check(text, &[]);
        }
    }
}
