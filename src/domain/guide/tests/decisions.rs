//! The table of stack advice, row by row.

use super::{super::*, texts};

/// The stacks of each matching row, with how many warnings it has and the statements it rests on.
#[track_caller]
fn advised(situations: &[Situation], expected: &[(&[&str], usize, &[&str])]) {
    let guide = backend_2026();
    let rows = guide.stack_advice(situations);
    let found: Vec<_> =
        rows.iter().map(|it| (texts(&it.stacks), it.warnings.len(), it.citation.rows.clone())).collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(stacks, warnings, rows)| {
            (stacks.to_vec(), *warnings, rows.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn from_zero_to_the_fastest_job() {
    advised(&[Situation::FromZeroFastestJob], &[(&["nodejs", "python"], 0, &["G56"])]);
}

#[test]
fn knows_one_and_wants_more_pay() {
    advised(&[Situation::KnowsOneWantsPay], &[(&["go", "java"], 0, &["G57"])]);
}

#[test]
fn enterprise_stability() {
    advised(&[Situation::EnterpriseStability], &[(&["dotnet"], 0, &["G67"])]);
}

#[test]
fn startup_flexibility() {
    advised(&[Situation::StartupFlexibility], &[(&["nodejs", "python"], 0, &["G67"])]);
}

#[test]
fn work_with_data() {
    advised(&[Situation::DataWork], &[(&["python"], 0, &["G14"])]);
}

#[test]
fn a_web_developer_who_stays_in_javascript() {
    advised(&[Situation::StaysInJavascript], &[(&["nodejs"], 0, &["G11"])]);
}

#[test]
fn infrastructure_with_two_warnings() {
    advised(&[Situation::Infrastructure], &[(&["go"], 2, &["G20", "G22"])]);
}

#[test]
fn raw_performance_with_the_same_warnings() {
    advised(&[Situation::RawPerformance], &[(&["rust"], 2, &["G21", "G22"])]);
    let guide = backend_2026();
    let rows = guide.stack_advice(&[Situation::Infrastructure, Situation::RawPerformance]);
    assert_eq!(rows[0].warnings, rows[1].warnings);
}

#[test]
fn every_matching_row_is_an_answer() {
    let asked = [Situation::StartupFlexibility, Situation::DataWork, Situation::FromZeroFastestJob];
    let both: &[&str] = &["nodejs", "python"];
    advised(&asked, &[(both, 0, &["G56"]), (both, 0, &["G67"]), (&["python"], 0, &["G14"])]);
    advised(&[], &[]);
}
