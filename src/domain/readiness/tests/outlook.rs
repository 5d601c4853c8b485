//! Next steps, forecast and suppositions.

use expect_test::expect;

use super::{GUIDE, REVIEWED, forecast, line, next_steps, on_track};
use crate::domain::{
    guide::{
        Aspect::{Api, HandwrittenSql},
        EvidenceKind::{CiRun, Image, WriteUp},
        Guide,
    },
    learner::Learner,
    readiness::{CriterionStatus, Forecast, Supposition, assess, suppose, takes_evidence},
    story::{Story, day, slug},
};

fn steps(guide: &Guide, story: &Story, at: i64) -> String {
    let show = |it: &crate::domain::readiness::NextStep| {
        let course = it.course.as_ref().map(|it| format!(" <{it}>")).unwrap_or_default();
        format!("{}{course} {:?} meets {:?}\n", it.title, it.criteria, it.would_meet)
    };
    next_steps(guide, &story.learner(), day(at)).iter().map(show).collect()
}

/// A learner of Go for whom all is waived.
fn all_waived(stack: &str) -> Story {
    let slugs: Vec<_> = GUIDE.criteria().map(|it| it.slug.to_string()).collect();
    slugs.iter().fold(Story::of(stack), |it, slug| it.waived(1, slug))
}

#[test]
fn first_a_stack() {
    expect![[r#"
        One stack chosen ["language.primary-stack"] meets []
        A real project in that stack; A framework put to use ["language.real-project", "language.framework"] meets []
        A container image; A pipeline that delivers; Tests that run by themselves, with the help of “Mastering Backend Deployment with CI/CD Automation” <cicd-automation> ["deployment.container", "deployment.pipeline", "deployment.automated-tests"] meets []
        SQL written by hand; A schema that changes by migrations ["sql.handwritten", "sql.schema-migrations"] meets []
        How a query executes ["sql.query-execution"] meets []
        What an index does, and what it does not ["sql.indexes"] meets []
        A query plan, read ["sql.query-plans"] meets []
        A project deployed ["deployment.deployed"] meets []
        Three real projects; API, authentication and database, with the help of “Back-end Application Development Capstone Project” <capstone-project> ["projects.three-real", "projects.coverage"] meets []
        Real projects, deployed ["projects.all-deployed"] meets []
        Production issues, debugged ["projects.incident"] meets []
        Something that runs now ["projects.live"] meets []
    "#]].assert_eq(&steps(&GUIDE, &Story::without_stack(), 1));
}

#[test]
fn courses_for_their_stacks_alone() {
    for stack in ["nodejs", "python", "java", "dotnet", "go", "rust"] {
        let shown = steps(&GUIDE, &Story::of(stack), 1);
        assert_eq!(shown.contains("<async-js-game>"), stack == "nodejs", "{stack}");
        assert_eq!(shown.contains("<dotnet-backend>"), stack == "dotnet", "{stack}");
    }
    expect![[r#"
        A real project in that stack; A framework put to use; A schema that changes by migrations; A project deployed, with the help of “Back-End Development with .NET” <dotnet-backend> ["language.real-project", "language.framework", "sql.schema-migrations", "deployment.deployed"] meets ["language"]
        A container image; A pipeline that delivers; Tests that run by themselves, with the help of “Mastering Backend Deployment with CI/CD Automation” <cicd-automation> ["deployment.container", "deployment.pipeline", "deployment.automated-tests"] meets []
        How a query executes ["sql.query-execution"] meets []
        What an index does, and what it does not ["sql.indexes"] meets []
        A query plan, read ["sql.query-plans"] meets []
        SQL written by hand ["sql.handwritten"] meets []
        Three real projects; API, authentication and database, with the help of “Back-end Application Development Capstone Project” <capstone-project> ["projects.three-real", "projects.coverage"] meets []
        Real projects, deployed ["projects.all-deployed"] meets []
        Production issues, debugged ["projects.incident"] meets []
        Something that runs now ["projects.live"] meets []
    "#]].assert_eq(&steps(&GUIDE, &Story::of("dotnet"), 1));
}

#[test]
fn what_completes_a_milestone_comes_first() {
    let story = Story::of("go")
        .evidence(1, 1, "deployment.container", Image, 0)
        .evidence(1, 2, "deployment.pipeline", CiRun, 0)
        .evidence(1, 3, "deployment.automated-tests", CiRun, 0)
        .completed(2, "capstone-project");
    expect![[r#"
        A real project in that stack ["language.real-project"] meets ["language"]
        A project deployed ["deployment.deployed"] meets ["deployment"]
        SQL written by hand; A schema that changes by migrations ["sql.handwritten", "sql.schema-migrations"] meets []
        How a query executes ["sql.query-execution"] meets []
        What an index does, and what it does not ["sql.indexes"] meets []
        A query plan, read ["sql.query-plans"] meets []
        Three real projects ["projects.three-real"] meets []
        Real projects, deployed ["projects.all-deployed"] meets []
        Production issues, debugged ["projects.incident"] meets []
        Something that runs now ["projects.live"] meets []
        API, authentication and database ["projects.coverage"] meets []
    "#]].assert_eq(&steps(&GUIDE, &story, 3));
}

#[test]
fn a_lapse_is_checked_again() {
    let story = all_waived("go");
    assert_eq!(steps(&GUIDE, &story, 3), "", "nothing is left for who is ready");
    let slugs: Vec<_> = GUIDE.criteria().map(|it| it.slug.to_string()).collect();
    let but_live = slugs.iter().filter(|it| *it != "projects.live");
    let story = but_live.fold(Story::of("go"), |it, slug| it.waived(1, slug));
    let story = story.project(2, 1, "go", &[]).checked(3, 1, true);
    expect![[r#"
        Check again: Something that runs now ["projects.live"] meets ["projects"]
    "#]]
    .assert_eq(&steps(&GUIDE, &story, 60));
    let step = next_steps(&GUIDE, &story.learner(), day(60)).remove(0);
    expect!["Keep at least one project running, and record a fresh check of its address every month. Record a successful check of where “P1” is deployed, at most 30 days old."].assert_eq(&step.because);
}

#[test]
fn a_step_says_why() {
    let story = Story::of("go").project_with(2, 1, Some("go"), None, None, &[Api]);
    let steps = next_steps(&GUIDE, &story.learner(), day(3));
    let shown: Vec<_> = steps.iter().map(|it| (&it.title, &it.because, &it.citation.section)).collect();
    expect![[r#"
        [
            (
                "A real project in that stack",
                "Build something real in your stack that offers an API, and put its code into a repository that others can read. Add a repository to “P1”.",
                "Bottom Line",
            ),
            (
                "A container image; A pipeline that delivers; Tests that run by themselves, with the help of “Mastering Backend Deployment with CI/CD Automation”",
                "Write a Dockerfile for one of your projects and run the project from its image. Add a repository and a container image to “P1”, or link to an image. Set up a pipeline that builds and deploys a project whenever you push to it. Add a repository and a CI/CD pipeline to “P1”, or link to a CI run. Write tests for a project and let the pipeline run them on every change. Add a repository and automated tests to “P1”, or link to a CI run. Take the course after “A real project in that stack”. Completing the course claims these; they still have to be shown.",
                "Top Courses for Back End Development",
            ),
            (
                "SQL written by hand; A schema that changes by migrations",
                "Write the SQL of one project by hand instead of leaving it to an ORM, or link to such SQL of yours. Add a repository and handwritten SQL to “P1”, or hand in a link that shows it. Design the schema of a project yourself and change it by migrations that are kept with the code, or link to migrations of yours. Add a repository and schema migrations to “P1”, or hand in a link that shows it.",
                "FAQ",
            ),
            (
                "How a query executes",
                "Take one query from a project of yours and explain in writing what the database does, step by step, to answer it. Hand in a write-up for “How a query executes”.",
                "FAQ",
            ),
            (
                "What an index does, and what it does not",
                "Add an index, then show one query that it speeds up and one that it cannot help, and say why. Hand in a write-up or a link for “What an index does, and what it does not”.",
                "FAQ",
            ),
            (
                "A query plan, read",
                "Run EXPLAIN on a query of yours in PostgreSQL, MySQL or SQLite and hand in its output as it is. Hand in a query plan.",
                "FAQ",
            ),
            (
                "A project deployed",
                "Deploy one of your projects to any host that can be reached from outside, and record a check of its address. Record a successful check of where “P1” is deployed.",
                "Bottom Line",
            ),
            (
                "Three real projects; API, authentication and database, with the help of “Back-end Application Development Capstone Project”",
                "Build until you have three real projects, each with its repository. Add a repository to “P1”, and add 2 projects with a repository. See to it that your projects, taken together, offer an API, let people sign in, and keep data in a database. Cover an API, authentication and a database in projects with a repository. Completing the course claims these; they still have to be shown.",
                "Top Courses for Back End Development",
            ),
            (
                "Real projects, deployed",
                "Deploy your projects to where others can reach them, and record a check of each address. Add a repository to “P1”, and record a successful check of where it is deployed; add 2 projects with a repository, and record a successful check of where each is deployed.",
                "FAQ",
            ),
            (
                "Production issues, debugged",
                "When something breaks in a deployed project, write down what happened, what the cause was and how you fixed it. Report an incident of “P1” with its cause and fix.",
                "FAQ",
            ),
            (
                "Something that runs now",
                "Keep at least one project running, and record a fresh check of its address every month. Record a successful check of where “P1” is deployed, at most 30 days old.",
                "Top Courses for Back End Development",
            ),
        ]
    "#]].assert_debug_eq(&shown);
}

#[test]
fn a_course_helps_with_what_still_has_to_be_shown() {
    let story = Story::of("nodejs").project_with(
        2,
        1,
        Some("nodejs"),
        Some("Express"),
        Some("https://git.example/p"),
        &[Api],
    );
    let (learner, guide) = (story.learner(), &*GUIDE);
    let step = next_steps(guide, &learner, day(5)).remove(0);
    expect!["Asynchronous JavaScript in a built project, with the help of “API Basics 3: Build a Game (Async JS, Callbacks & Promises)”"].assert_eq(&step.title);
    expect!["Build something with callbacks, Promises and async/await, and link to the code that shows all three. Hand in a repository or a link for “Asynchronous JavaScript in a built project”. Completing the course claims this; it still has to be shown."].assert_eq(&step.because);
    assert_eq!(step.would_meet, [slug("language")]);
    let before = assess(guide, &learner, day(5));
    let met = |learner: &Learner| assess(guide, learner, day(5)).newly_met_since(&before);
    let completed = supposed(guide, &learner, Supposition::CompleteCourse(step.course.expect("a course")));
    assert!(met(&completed).is_empty(), "a course only claims");
    let shown = supposed(guide, &completed, Supposition::SubmitEvidence(step.criteria[0].clone()));
    assert_eq!(met(&shown), step.would_meet);
}

#[test]
fn what_waits_for_a_reviewer_is_a_step_of_its_own() {
    let story = Story::of("go").evidence(2, 1, "sql.query-execution", WriteUp, 5);
    let shown = steps(&REVIEWED, &story, 3);
    assert!(shown.contains("Have it reviewed: "), "{shown}");
}

#[test]
fn each_open_must_is_in_exactly_one_step() {
    for stack in ["nodejs", "dotnet", "rust"] {
        let learner = Story::of(stack).project(2, 1, stack, &[HandwrittenSql]).learner();
        let readiness = assess(&GUIDE, &learner, day(5));
        let mut served: Vec<_> =
            next_steps(&GUIDE, &learner, day(5)).into_iter().flat_map(|it| it.criteria).collect();
        served.sort();
        let open = readiness.musts().filter(|it| !it.is_done());
        let mut open: Vec<_> = open.map(|it| it.criterion.clone()).collect();
        open.sort();
        assert_eq!(served, open, "{stack}");
    }
}

fn told(forecast: &Forecast) -> String {
    let Forecast { guide_earliest, guide_latest, pace_date, basis } = forecast;
    format!("{guide_earliest:?} {guide_latest:?} {pace_date:?} {basis}\n")
}

#[test]
fn no_pace_before_three_are_done() {
    let story = Story::of("go").project(10, 1, "go", &[Api]);
    expect![[r#"
        Some(2026-07-01) Some(2027-01-01) None 2 of 16 MUST criteria are done: a pace takes at least 3.
    "#]]
    .assert_eq(&told(&forecast(&GUIDE, &story.learner(), day(20))));
}

#[test]
fn the_pace_is_the_median_gap() {
    let story = Story::of("go").project(10, 1, "go", &[Api]).checked(14, 1, true);
    // Done on days 0, 10, 14 and, with `projects.live`, 14: gaps of 0, 4 and 10 days, 12 open.
    expect![[r#"
        Some(2026-07-01) Some(2027-01-01) Some(2026-03-10) 4 of 16 MUST criteria are done, with a median of 4 days between them.
    "#]].assert_eq(&told(&forecast(&GUIDE, &story.learner(), day(20))));
    let story = story.goal(60, 1, Some(day(70).day())).goal(15, 2, None).goal_closed(16, 2);
    let even = story.incident(20, 1);
    // Gaps of 0, 4, 6 and 10 days: the mean of 4 and 6; the first goal is that of day 15.
    expect![[r#"
        Some(2026-07-16) Some(2027-01-16) Some(2026-03-17) 5 of 16 MUST criteria are done, with a median of 5 days between them.
    "#]].assert_eq(&told(&forecast(&GUIDE, &even.learner(), day(20))));
}

#[test]
fn what_was_done_at_once_makes_a_pace_that_says_little() {
    let sql = ["sql.indexes", "sql.query-execution", "sql.handwritten"];
    let story = sql.iter().fold(Story::of("go"), |it, slug| it.waived(10, slug));
    expect![[r#"
        Some(2026-07-01) Some(2027-01-01) Some(2026-01-21) 4 of 16 MUST criteria are done, with a median of less than a day between them. Several were done at once, so this pace says little.
    "#]].assert_eq(&told(&forecast(&GUIDE, &story.learner(), day(20))));
}

#[test]
fn who_is_ready_is_told_since_when() {
    expect![[r#"
        Some(2026-07-01) Some(2027-01-01) Some(2026-01-02) Ready since 2026-01-02.
    "#]]
    .assert_eq(&told(&forecast(&GUIDE, &all_waived("go").learner(), day(20))));
}

#[test]
fn on_track_compares_the_pace_with_the_target() {
    let story = Story::of("go").project(10, 1, "go", &[Api]).checked(14, 1, true);
    let on = |story: &Story, n: usize| {
        let learner = story.learner();
        on_track(&GUIDE, &learner, &learner.goals[n], day(20))
    };
    // The pace date is day 68.
    let story = story.goal(15, 1, Some(day(67).day())).goal(15, 2, Some(day(68).day())).goal(15, 3, None);
    assert_eq!([0, 1, 2].map(|it| on(&story, it)), [Some(false), Some(true), None]);
    assert_eq!(on(&story.clone().goal_closed(16, 2), 1), None, "a closed goal is on no track");
    assert_eq!(on(&Story::of("go").goal(1, 1, Some(day(9).day())), 0), None, "no pace yet");
    assert_eq!(on(&all_waived("go").goal(2, 1, Some(day(3).day())), 0), Some(true), "ready, if late");
}

fn supposed(guide: &Guide, learner: &Learner, step: Supposition) -> Learner {
    suppose(guide, learner, &step, day(5))
}

#[test]
fn supposed_evidence_makes_done_what_takes_evidence() {
    for guide in [&*GUIDE, &*REVIEWED] {
        let learner = Story::of("nodejs").learner();
        for criterion in guide.criteria() {
            let supposed = supposed(guide, &learner, Supposition::SubmitEvidence(criterion.slug.clone()));
            let readiness = assess(guide, &supposed, day(5));
            let status = readiness.criterion(criterion.slug.as_str()).map(|it| it.status);
            let takes = takes_evidence(guide, criterion.slug.as_str());
            assert_eq!(status == Some(CriterionStatus::Verified), takes, "{}", criterion.slug);
            assert_eq!(supposed != learner, takes, "{}", criterion.slug);
        }
    }
}

#[test]
fn suppositions_add_up() {
    let mut learner = Story::of("dotnet").learner();
    let mut shown = line(&assess(&GUIDE, &learner, day(5))) + "\n";
    for step in [
        Supposition::CompleteCourse(slug("dotnet-backend")),
        Supposition::SubmitEvidence(slug("sql.indexes")),
        Supposition::Waive(slug("language.primary-stack")),
        Supposition::Waive(slug("language.real-project")),
        Supposition::Waive(slug("language.framework")),
    ] {
        learner = supposed(&GUIDE, &learner, step);
        shown += &(line(&assess(&GUIDE, &learner, day(5))) + "\n");
    }
    expect![[r#"
        1/17 5% | language InProgress 1/3, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        1/17 5% | language InProgress 1/3, sql InProgress 0/5, deployment InProgress 0/4, projects NotStarted 0/5
        2/17 11% | language InProgress 1/3, sql InProgress 1/5, deployment InProgress 0/4, projects NotStarted 0/5
        2/17 11% | language InProgress 1/3, sql InProgress 1/5, deployment InProgress 0/4, projects NotStarted 0/5
        3/17 17% | language InProgress 2/3, sql InProgress 1/5, deployment InProgress 0/4, projects NotStarted 0/5
        4/17 23% | language Met 2026-01-06 3/3, sql InProgress 1/5, deployment InProgress 0/4, projects NotStarted 0/5
    "#]].assert_eq(&shown);
}

#[test]
fn what_the_guide_does_not_know_makes_no_difference() {
    let learner = Story::of("go").learner();
    for step in [Supposition::CompleteCourse, Supposition::SubmitEvidence, Supposition::Waive] {
        assert_eq!(supposed(&GUIDE, &learner, step(slug("unknown"))), learner);
    }
}
