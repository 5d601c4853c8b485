//! MySQL: a tree of nodes, or a table with a row for each table that is read.

/// `-> Index lookup on t using i (a=1)  (cost=0.35 rows=1)` of `FORMAT=TREE`.
pub(super) fn tree_node(line: &str) -> Option<&str> {
    const KINDS: [&str; 16] = [
        "Table scan on ",
        "Index scan on ",
        "Covering index scan on ",
        "Index range scan on ",
        "Covering index range scan on ",
        "Index skip scan on ",
        "Covering index skip scan on ",
        "Index skip scan for grouping on ",
        "Covering index skip scan for grouping on ",
        "Index lookup on ",
        "Covering index lookup on ",
        "Single-row index lookup on ",
        "Single-row covering index lookup on ",
        "Multi-range index lookup on ",
        "Full-text index search on ",
        "Rows fetched before execution",
    ];
    let node = line.strip_prefix("-> ")?;
    KINDS.iter().find(|it| node.starts_with(**it)).map(|it| it.trim_end().trim_end_matches(" on"))
}

/// The table, horizontal or with `\G`, has a column `type` beside `select_type`.
pub(super) fn table_nodes(lines: &[&str]) -> Vec<String> {
    if !lines.iter().any(|it| it.contains("select_type")) {
        return vec![];
    }
    let mut rows = lines.iter().map(|it| cells(it)).skip_while(|it| !it.contains(&"select_type"));
    let column = rows.next().and_then(|it| it.iter().position(|it| *it == "type"));
    let horizontal = rows.filter_map(|it| it.get(column?).copied());
    let vertical = lines.iter().filter_map(|it| it.trim().strip_prefix("type: "));
    horizontal.chain(vertical).filter(|it| is_access(it)).map(str::to_owned).collect()
}

fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split(['|', '\t']).map(str::trim).collect()
}

/// Whether a table is read in that way; `FORMAT=JSON` has ways of its own in its second version.
pub(super) fn is_access(kind: &str) -> bool {
    const KINDS: [&str; 14] = [
        "system",
        "const",
        "eq_ref",
        "ref",
        "fulltext",
        "ref_or_null",
        "index_merge",
        "unique_subquery",
        "index_subquery",
        "range",
        "index",
        "ALL",
        "table",
        "rows_fetched_before_execution",
    ];
    KINDS.contains(&kind)
}
