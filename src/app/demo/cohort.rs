//! Who is in the demo, and what they have done. All of them are invented.

use super::{Person, Step};
use crate::domain::{
    event::{Ground, Verdict},
    guide::{
        Aspect::{
            Alerting, Api, Authentication, AutomatedTests, Container, Database, HandwrittenSql, Logging,
            Metrics, Migration, Pipeline, Tracing,
        },
        EvidenceKind::{CiRun, Link, QueryPlan, Repository, WriteUp},
    },
};

const PLAN: &str = "Index Scan using loans_due_idx on loans  (cost=0.29..8.31 rows=1 width=52)\n  \
                    Index Cond: (due_on < CURRENT_DATE)";
const QUERY: &str = "The overdue report reads loans by due date through the index, joins members by primary key, and \
                     sorts the few rows that are left in memory. Without the index it read the whole table first.";
const INDEX: &str = "https://git.example.com/notes/index-on-due-date";
const SYSTEM: &str = "Loans are sharded by library, since no query crosses libraries. Reminders go through a queue, so \
                      that a slow mail server delays reminders and nothing else; a reminder carries an id and may be \
                      sent twice without harm. When a shard is down its libraries read from the replica.";
const FLAKY: Step = Step::Incident {
    title: "Every tenth request timed out",
    cause: "The connection pool was smaller than the number of workers, so some waited for ever",
    fix: "A pool of the right size, and a time limit on waiting for it",
};
const QUERY_STEP: Step = Step::Evidence { criterion: "sql.query-execution", kind: WriteUp, content: QUERY };
const INDEX_STEP: Step = Step::Evidence { criterion: "sql.indexes", kind: Link, content: INDEX };
const PLAN_STEP: Step = Step::Evidence { criterion: "sql.query-plans", kind: QueryPlan, content: PLAN };

pub(super) const COHORT: [Person; 12] = [
    Person {
        name: "Amara Okafor",
        external_id: "amara",
        stack: Some("nodejs"),
        days: 300,
        story: &[
            Step::Goal { title: "First back-end job", level: "junior", in_days: 60 },
            Step::Complete("async-js-game"),
            Step::Evidence {
                criterion: "language.async",
                kind: Repository,
                content: "https://git.example.com/amara/ferry",
            },
            Step::Project {
                name: "ferry",
                framework: Some("Fastify"),
                aspects: &[Api, Authentication, Database, HandwrittenSql, Migration],
            },
            QUERY_STEP,
            INDEX_STEP,
            PLAN_STEP,
            Step::Review(Verdict::Accepted),
            Step::Complete("cicd-automation"),
            Step::Project {
                name: "harbor",
                framework: Some("Express"),
                aspects: &[Api, Container, Pipeline, AutomatedTests],
            },
            Step::Deploy,
            Step::Complete("capstone-project"),
            Step::Project {
                name: "lighthouse",
                framework: Some("Fastify"),
                aspects: &[Api, Database, Logging, Metrics, Alerting, Tracing],
            },
            Step::Deploy,
            FLAKY,
            Step::Project { name: "buoy", framework: Some("Fastify"), aspects: &[Api, Container] },
            Step::Deploy,
            Step::Evidence { criterion: "projects.system-design", kind: WriteUp, content: SYSTEM },
            Step::Deploy,
        ],
    },
    Person {
        name: "Bruno Silva",
        external_id: "bruno",
        stack: Some("python"),
        days: 210,
        story: &[
            Step::Goal { title: "Back end for data products", level: "junior", in_days: 20 },
            Step::Project {
                name: "forecast",
                framework: Some("FastAPI"),
                aspects: &[Api, Database, HandwrittenSql, Migration],
            },
            QUERY_STEP,
            INDEX_STEP,
            PLAN_STEP,
            Step::Review(Verdict::Accepted),
            Step::Complete("cicd-automation"),
            Step::Percent("capstone-project", 60),
        ],
    },
    Person {
        name: "Chen Wei",
        external_id: "chen",
        stack: Some("go"),
        days: 160,
        story: &[
            Step::Project {
                name: "relay",
                framework: None,
                aspects: &[Api, Container, Pipeline, AutomatedTests],
            },
            Step::Deploy,
            Step::Evidence {
                criterion: "projects.unfamiliar-code",
                kind: Link,
                content: "https://git.example.com/upstream/pull/42",
            },
            Step::Review(Verdict::Accepted),
            QUERY_STEP,
        ],
    },
    Person {
        name: "Dana Levi",
        external_id: "dana",
        stack: Some("dotnet"),
        days: 120,
        story: &[
            Step::Goal { title: "A post at a bank", level: "junior", in_days: 200 },
            Step::Start("dotnet-backend"),
            Step::Percent("dotnet-backend", 80),
            Step::Complete("dotnet-backend"),
            Step::Project {
                name: "ledger-api",
                framework: Some("ASP.NET Core"),
                aspects: &[Api, Authentication, Database],
            },
        ],
    },
    Person {
        name: "Elif Yılmaz",
        external_id: "elif",
        stack: Some("java"),
        days: 400,
        story: &[
            Step::Waive {
                criterion: "sql.query-execution",
                ground: Ground::EquivalentOutside,
                reason: "Four years as a database administrator",
            },
            Step::Waive {
                criterion: "sql.indexes",
                ground: Ground::EquivalentOutside,
                reason: "Four years as a database administrator",
            },
            PLAN_STEP,
            Step::Project {
                name: "claims",
                framework: Some("Spring Boot"),
                aspects: &[Api, Authentication, Database, HandwrittenSql, Migration],
            },
            Step::Deploy,
            Step::Project { name: "tariffs", framework: Some("Spring Boot"), aspects: &[Api, Container] },
        ],
    },
    Person {
        name: "Farid Haidari",
        external_id: "farid",
        stack: Some("nodejs"),
        days: 45,
        story: &[
            Step::Start("async-js-game"),
            Step::Start("cicd-automation"),
            Step::Percent("async-js-game", 35),
        ],
    },
    Person {
        name: "Grace Mwangi",
        external_id: "grace",
        stack: Some("python"),
        days: 90,
        story: &[
            Step::Goal { title: "Leave the spreadsheet behind", level: "junior", in_days: -5 },
            Step::Project { name: "harvest", framework: Some("Django"), aspects: &[Api, Database] },
            Step::Evidence {
                criterion: "sql.query-execution",
                kind: WriteUp,
                content: "It is fast because it has an index.",
            },
            Step::Review(Verdict::Rejected),
        ],
    },
    Person {
        name: "Hugo Lindqvist",
        external_id: "hugo",
        stack: Some("rust"),
        days: 250,
        story: &[
            Step::Project { name: "meter", framework: None, aspects: &[Api, Logging, Metrics, Alerting] },
            Step::Deploy,
            FLAKY,
            Step::Project { name: "gauge", framework: None, aspects: &[Database, HandwrittenSql, Migration] },
            Step::Deploy,
            PLAN_STEP,
        ],
    },
    Person { name: "Ines Duarte", external_id: "ines", stack: None, days: 3, story: &[] },
    Person {
        name: "Jamal Brooks",
        external_id: "jamal",
        stack: Some("java"),
        days: 75,
        story: &[Step::Complete("capstone-project"), Step::Start("cicd-automation")],
    },
    Person {
        name: "Kaori Tanaka",
        external_id: "kaori",
        stack: Some("nodejs"),
        days: 180,
        story: &[
            Step::Complete("async-js-game"),
            Step::Project {
                name: "kiosk",
                framework: Some("Express"),
                aspects: &[Api, Authentication, Container, Pipeline],
            },
            Step::Evidence {
                criterion: "language.async",
                kind: Link,
                content: "https://git.example.com/kaori/kiosk/async",
            },
            Step::Deploy,
            Step::Evidence {
                criterion: "deployment.automated-tests",
                kind: CiRun,
                content: "https://ci.example.com/kaori/kiosk/runs/118",
            },
            Step::Review(Verdict::Accepted),
        ],
    },
    Person {
        name: "Liam O'Connor",
        external_id: "liam",
        stack: Some("dotnet"),
        days: 20,
        story: &[
            Step::Goal { title: "Move from support to development", level: "junior", in_days: 340 },
            Step::Start("dotnet-backend"),
            Step::Percent("dotnet-backend", 15),
        ],
    },
];
