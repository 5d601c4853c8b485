//! PostgreSQL: each node of a plan is a line or a `Node Type`.

/// `->  Index Scan using i on t  (cost=0.29..8.30 rows=1 width=4)`, with or without the costs, or a
/// node of `FORMAT YAML`.
pub(super) fn node(line: &str) -> Option<&str> {
    if let Some(kind) = line.strip_prefix("Node Type: ").map(|it| it.trim_matches('"')) {
        return is_scan(kind).then_some(kind);
    }
    let line = line.strip_prefix("->").unwrap_or(line).trim_start();
    let costs = ["(cost=", "(actual ", "(never executed)"].iter().filter_map(|it| line.find(it)).min();
    let node = line[..costs.unwrap_or(line.len())].trim_end();
    let (kind, target) = node.split_once(" on ").unwrap_or((node, ""));
    let kind = kind.split_once(" using ").map_or(kind, |(kind, _)| kind);
    let is_named = if target.is_empty() { costs.is_some() } else { is_target(target) };
    (is_scan(kind) && is_named).then_some(kind)
}

/// A table, perhaps with its alias. What has more words is a sentence.
fn is_target(target: &str) -> bool {
    let is_short = target.contains('"') || target.split_whitespace().count() <= 2;
    is_short && !target.ends_with(['.', ',', '!', '?', ':', ';'])
}

/// Whether a node reads rows, not merely works on those of others.
pub(super) fn is_scan(kind: &str) -> bool {
    const KINDS: [&str; 17] = [
        "Seq Scan",
        "Sample Scan",
        "Index Scan",
        "Index Scan Backward",
        "Index Only Scan",
        "Index Only Scan Backward",
        "Bitmap Index Scan",
        "Bitmap Heap Scan",
        "Tid Scan",
        "Tid Range Scan",
        "Subquery Scan",
        "Function Scan",
        "Values Scan",
        "CTE Scan",
        "WorkTable Scan",
        "Foreign Scan",
        "Custom Scan",
    ];
    let kind = kind.strip_prefix("Parallel ").or_else(|| kind.strip_prefix("Async ")).unwrap_or(kind);
    KINDS.contains(&kind)
}
