//! What happened to a learner's courses, as statements.

use std::{io, sync::Arc};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};

use super::words::{CERTIFICATE, COURSE_TYPE, EXTERNAL_IDS, IDS, PROGRESS, VERBS, VERSION, Verb, course_iri};
use crate::{
    app::{App, told},
    domain::{command::Command, event::Event, guide::Guide, learner::Learner},
    graphql::{
        export::{Pieces, Unexported, cut, whose},
        id::id_of,
    },
};

/// The courses of the learner whom the parameters of a URL name: each event about them that was not undone, as one
/// statement, in a JSON list with a line for each. Without the closing bracket it is not whole. Posting them again
/// changes nothing. That a course was taken up again is not among them, for lack of a verb.
///
/// # Errors
///
/// When they name nobody, or the store fails.
pub async fn export_statements(app: &Arc<App>, parameters: &str) -> Result<Pieces, Unexported> {
    let learner = whose(app, parameters).await?;
    let (guide, events) = (app.guide.clone(), app.clone().events_until(learner.id, learner.version));
    let mut is_first = true;
    let statements = events.map_ok(move |events| {
        let mut text = String::new();
        for statement in events.iter().filter_map(|it| statement(&guide, &learner, it)) {
            text.push_str(if is_first { "\n" } else { ",\n" });
            text.push_str(&statement.to_string());
            is_first = false;
        }
        text.into_bytes()
    });
    let bracket = |it: &'static str| stream::once(async move { Ok::<_, io::Error>(it.as_bytes().to_vec()) });
    Ok(bracket("[").chain(statements.map_err(cut)).chain(bracket("\n]\n")).boxed())
}

/// What an event says in a statement; `None`: it was undone, or it is not about a course.
fn statement(guide: &Guide, learner: &Learner, event: &Event) -> Option<Value> {
    let command = told(&event.change).filter(|_| !learner.voided.contains(&event.version))?;
    let (verb, course, result) = match command {
        Command::StartCourse { course } => (Verb::Experienced, course, Value::Null),
        Command::RecordCourseProgress { course, percent } => {
            (Verb::Progressed, course, json!({ "extensions": { PROGRESS: percent } }))
        }
        Command::CompleteCourse { course, certificate_url: None } => {
            (Verb::Completed, course, json!({ "completion": true }))
        }
        Command::CompleteCourse { course, certificate_url } => {
            let extensions = json!({ CERTIFICATE: certificate_url });
            (Verb::Completed, course, json!({ "completion": true, "extensions": extensions }))
        }
        _ => return None,
    };
    let mut statement = json!({
        "id": event.id,
        "actor": actor(learner),
        "verb": { "id": format!("{VERBS}{}", verb.name()), "display": { "en": verb.name() } },
        "object": object(guide, &course),
        "context": { "extensions": { VERSION: event.version } },
        "timestamp": event.occurred_at,
        "stored": event.recorded_at,
        "version": "1.0.3",
    });
    if !result.is_null() {
        statement["result"] = result;
    }
    Some(statement)
}

fn actor(learner: &Learner) -> Value {
    let account = match &learner.external_id {
        Some(external_id) => json!({ "homePage": EXTERNAL_IDS, "name": external_id }),
        None => json!({ "homePage": IDS, "name": id_of(learner.id) }),
    };
    json!({ "objectType": "Agent", "account": account })
}

fn object(guide: &Guide, course: &str) -> Value {
    let mut definition = json!({ "type": COURSE_TYPE });
    if let Some(course) = guide.course(course) {
        definition["name"] = json!({ "en": course.title });
    }
    json!({ "objectType": "Activity", "id": course_iri(course), "definition": definition })
}
