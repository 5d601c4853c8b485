//! Where a hasty rendering of the guide goes wrong, one test each.

use super::{super::*, texts};

fn modifier<'a>(guide: &'a Guide, slug: &str) -> &'a PayModifier {
    guide.pay_modifiers.iter().find(|it| it.slug == *slug).expect("a pay modifier")
}

#[test]
fn trap_1_bases_differ_so_band_and_modifiers_stand_side_by_side() {
    let guide = backend_2026();
    let pay = guide.pay("senior", &["san-francisco-new-york", "finance-fintech"]).expect("known names");
    assert_eq!((pay.level.base.low, pay.level.base.high), (140_000, Some(175_000)));
    assert_eq!(pay.level.region.as_deref(), Some("United States"));
    let bases: Vec<_> = pay.modifiers.iter().map(|it| it.modifier.relative_to.as_str()).collect();
    assert_eq!(bases, ["the national median", "the average of the tech sector"]);
    assert!(guide.pay("senior", &["moon"]).is_none());
}

#[test]
fn trap_2_the_junior_band_holds_metro_and_remote_already() {
    let guide = backend_2026();
    for place in ["san-francisco-new-york", "austin-seattle-denver", "fully-remote"] {
        let counted = |level| guide.pay(level, &[place]).expect("known names").modifiers[0].already_in_band;
        assert_eq!((counted("junior"), counted("mid")), (true, false), "{place}");
    }
    let remote = modifier(&guide, "fully-remote");
    assert_eq!((remote.direction, remote.relative_to.as_str()), (Direction::Average, "the national median"));
}

#[test]
fn trap_3_years_overlap() {
    let guide = backend_2026();
    let at = |years| guide.levels_at(years).iter().map(|it| it.slug.as_str()).collect::<Vec<_>>();
    assert_eq!(at(0), ["junior"]);
    assert_eq!(at(2), ["junior", "mid"]);
    assert_eq!(at(3), ["mid"]);
    assert_eq!(at(5), ["mid", "senior"]);
    assert_eq!(at(40), ["senior"]);
    let staff = guide.level("staff").expect("a level");
    assert_eq!((staff.years_from, staff.years_to), (None, None));
}

#[test]
fn trap_4_gaps_between_bands_belong_to_no_level() {
    let guide = backend_2026();
    let paying = |base| guide.levels_paying(base).iter().map(|it| it.slug.as_str()).collect::<Vec<_>>();
    for gap in [69_999, 95_001, 97_500, 99_999, 135_001, 139_999, 175_001, 189_999, 240_001] {
        assert_eq!(paying(gap), [""; 0], "{gap}");
    }
    for (base, level) in [(70_000, "junior"), (100_000, "mid"), (175_000, "senior"), (240_000, "staff")] {
        assert_eq!(paying(base), [level], "{base}");
    }
}

#[test]
fn trap_5_three_statements_give_a_direction_and_no_number() {
    let guide = backend_2026();
    for (row, slug, direction) in [
        ("G16", "python-roles", Direction::Higher),
        ("G32", "healthcare-it", Direction::Lower),
        ("G33", "early-startup-cash", Direction::Lower),
        ("G33", "early-startup-equity", Direction::Higher),
    ] {
        let it = modifier(&guide, slug);
        assert_eq!((it.direction, it.low_percent, it.high_percent), (direction, None, None), "{slug}");
        assert_eq!(it.citation.rows, [row]);
    }
}

#[test]
fn trap_6_the_spread_between_stacks_has_no_direction() {
    let guide = backend_2026();
    let mid = guide.level("mid").expect("a level");
    let spread = mid.stack_spread.as_ref().expect("a spread");
    assert_eq!((spread.low, spread.high, spread.currency.as_str()), (20_000, None, "USD"));
    assert!(guide.pay_modifiers.iter().all(|it| !it.citation.rows.contains(&"G25".to_owned())));
    assert!(guide.levels.iter().all(|it| it.slug == *"mid" || it.stack_spread.is_none()));
}

#[test]
fn trap_7_the_scale_of_ratings_is_unstated() {
    let guide = backend_2026();
    let ratings: Vec<_> = guide.courses.iter().map(|it| (it.slug.as_str(), it.rating)).collect();
    let expected = [
        ("cicd-automation", 9.6),
        ("dotnet-backend", 8.7),
        ("capstone-project", 8.7),
        ("async-js-game", 8.7),
    ];
    assert_eq!(ratings, expected);
    assert!(guide.courses.iter().all(|it| it.rating_scale.is_none()));
}

#[test]
fn trap_8_whether_each_project_must_be_deployed_and_debugged_is_a_switch() {
    let mut guide = backend_2026();
    let asked =
        |guide: &Guide, criterion: &str| match &guide.criterion(criterion).expect("a criterion").done_when {
            Rule::Projects(rule) => rule.count.under(&guide.policy),
            other => panic!("not a rule on projects: {other:?}"),
        };
    let both = |guide: &Guide| (asked(guide, "projects.all-deployed"), asked(guide, "projects.incident"));
    assert_eq!(both(&guide), (3, 1));
    guide.policy.deploy_each = false;
    assert_eq!(both(&guide), (1, 1));
    guide.policy.debug_each = true;
    assert_eq!(both(&guide), (1, 3));
}

#[test]
fn trap_9_no_framework_is_asked_where_the_guide_names_none() {
    let guide = backend_2026();
    let framework = guide.criterion("language.framework").expect("a criterion");
    for stack in &guide.stacks {
        assert_eq!(framework.applies.to(Some(&stack.slug)), !stack.frameworks.is_empty(), "{}", stack.slug);
    }
    assert!(framework.applies.to(None));
    let named: Vec<_> =
        guide.stacks.iter().flat_map(|it| &it.frameworks).map(|it| it.name.as_str()).collect();
    assert_eq!(named, ["Express", "Fastify", "Django", "FastAPI", "Flask", "Spring Boot", "ASP.NET Core"]);
}

#[test]
fn trap_10_two_courses_are_for_one_stack_only() {
    let guide = backend_2026();
    let suited = |course: &str| {
        let course = guide.course(course).expect("a course");
        guide
            .stacks
            .iter()
            .map(|it| it.slug.as_str())
            .filter(|it| course.suits(Some(&super::slug(it))))
            .count()
    };
    assert_eq!(texts(&guide.course("async-js-game").expect("a course").stacks), ["nodejs"]);
    assert_eq!(texts(&guide.course("dotnet-backend").expect("a course").stacks), ["dotnet"]);
    let counts = ["cicd-automation", "dotnet-backend", "capstone-project", "async-js-game"].map(suited);
    assert_eq!(counts, [6, 1, 6, 1]);
}

#[test]
fn trap_11_sql_is_demanded_and_no_course_teaches_it() {
    let guide = backend_2026();
    let claims: Vec<_> = guide.courses.iter().flat_map(|it| texts(&it.claims)).collect();
    let sql = guide.milestone("sql").expect("a milestone");
    let claimed: Vec<_> = sql.criteria.iter().filter(|it| claims.contains(&it.slug.as_str())).collect();
    // A course on .NET touches databases; nothing in it stands for the three skills of SQL.
    assert_eq!(claimed.iter().map(|it| it.slug.as_str()).collect::<Vec<_>>(), ["sql.schema-migrations"]);
    for criterion in &sql.criteria {
        assert!(!criterion.done_when.evidence_kinds().is_empty(), "{} needs no course", criterion.slug);
        assert!(matches!(criterion.applies, Applies::Everywhere), "{} is for everybody", criterion.slug);
    }
}

#[test]
fn trap_12_figures_show_their_age() {
    let guide = backend_2026();
    assert_eq!(guide.as_of.year(), 2026);
    for (day, months) in [((2026, 1, 1), 0), ((2026, 1, 31), 0), ((2027, 3, 1), 14), ((2025, 12, 31), -1)] {
        let (year, month, date) = day;
        assert_eq!(guide.months_old(jiff::civil::date(year, month, date)), months, "{day:?}");
    }
}
