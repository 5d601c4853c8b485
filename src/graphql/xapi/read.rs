//! Reads one statement, and refuses whatever it says that would be lost.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::words::{CERTIFICATE, IDS, PROGRESS, VERSION, Verb, course_of};
use crate::{
    app::{LearnerRef, Who},
    domain::{
        command::Command,
        id::Version,
        learner::{Digest, digest},
        time::Timestamp,
    },
    graphql::{error::code, id::learner_of},
};

const UNSUPPORTED_STATEMENT: &str = "UNSUPPORTED_STATEMENT";

const STATEMENT: [&str; 11] = [
    "id",
    "actor",
    "verb",
    "object",
    "result",
    "context",
    "timestamp",
    "stored",
    "authority",
    "version",
    "attachments",
];
const RESULT: [&str; 6] = ["score", "success", "completion", "response", "duration", "extensions"];
const CONTEXT: [&str; 11] = [
    "registration",
    "instructor",
    "team",
    "contextActivities",
    "contextAgents",
    "contextGroups",
    "revision",
    "platform",
    "language",
    "statement",
    "extensions",
];
/// How an agent may be named, of which one is to be there.
const NAMES: [&str; 4] = ["mbox", "mbox_sha1sum", "openid", "account"];

type Object = Map<String, Value>;

/// What a statement says.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) id: Option<Uuid>,
    pub(super) who: Who,
    pub(super) command: Command,
    pub(super) occurred_at: Option<Timestamp>,
    /// Stands for what else it says.
    pub(super) rest: Digest,
    pub(super) version: Option<Version>,
}

/// What is wrong with a statement, and where.
#[derive(Debug)]
pub(super) struct Flaw {
    pub(super) code: &'static str,
    pub(super) property: &'static str,
    pub(super) message: &'static str,
}

impl Flaw {
    /// It is no statement.
    pub(super) fn bad(property: &'static str, message: &'static str) -> Self {
        Self { code: code::BAD_REQUEST, property, message }
    }

    /// It is one, but not one that is taken here.
    fn unsupported(property: &'static str, message: &'static str) -> Self {
        Self { code: UNSUPPORTED_STATEMENT, property, message }
    }
}

/// Reads a statement.
pub(super) fn statement(value: &Value) -> Result<Said, Flaw> {
    if has_null(value) {
        return Err(Flaw::bad("", "nothing but extensions may have null in it"));
    }
    let statement = object(Some(value), "", &STATEMENT)?;
    let verb = verb(statement)?;
    if statement.contains_key("attachments") {
        return Err(Flaw::unsupported("attachments", "attachments are not kept, so none are taken"));
    }
    check_version(statement)?;
    let result = optional(statement, "result", &RESULT)?;
    let context = optional(statement, "context", &CONTEXT)?;
    check_result(verb, result)?;
    let said = |it: &str| statement.get(it).map(canonical).unwrap_or_default();
    Ok(Said {
        id: id(statement)?,
        who: who(statement)?,
        command: command(verb, course(statement)?, extensions(result, "result.extensions")?)?,
        occurred_at: timestamp(statement)?,
        rest: digest(&[verb.name(), &said("result"), &said("context")]),
        version: version(extensions(context, "context.extensions")?),
    })
}

fn id(statement: &Object) -> Result<Option<Uuid>, Flaw> {
    const HYPHENATED: usize = 36;
    let Some(id) = statement.get("id") else { return Ok(None) };
    let id = id.as_str().filter(|it| it.len() == HYPHENATED).and_then(|it| Uuid::try_parse(it).ok());
    id.map(Some).ok_or(Flaw::bad("id", "must be a UUID such as 0d5b3a68-2f5e-4b8c-9d3e-6a1f0c7b2e94"))
}

fn who(statement: &Object) -> Result<Who, Flaw> {
    const ONE_BY_ONE: &str = "groups are not taken: send a statement for each learner";
    let actor = object(statement.get("actor"), "actor", &[])?;
    match actor.get("objectType").map(Value::as_str) {
        None | Some(Some("Agent")) if !actor.contains_key("member") => {}
        Some(Some("Group")) => return Err(Flaw::unsupported("actor", ONE_BY_ONE)),
        _ => return Err(Flaw::bad("actor.objectType", "must be Agent")),
    }
    if NAMES.iter().filter(|it| actor.contains_key(**it)).count() != 1 {
        return Err(Flaw::bad("actor", "must be named by one of `account` and `mbox`"));
    }
    if actor.keys().any(|it| !NAMES.contains(&it.as_str()) && it != "objectType" && it != "name") {
        return Err(Flaw::bad("actor", "has a property that an agent does not have"));
    }
    if let Some(mbox) = actor.get("mbox") {
        let email = mbox.as_str().and_then(|it| it.strip_prefix("mailto:"));
        let email = email.ok_or(Flaw::bad("actor.mbox", "must be mailto: and an e-mail address"))?;
        return Ok(Who::Email(email.to_owned()));
    }
    let Some(account) = actor.get("account") else {
        return Err(Flaw::unsupported("actor", "learners are found by `account` or `mbox`"));
    };
    let account = object(Some(account), "actor.account", &["homePage", "name"])?;
    let text = |it: &str| account.get(it).and_then(Value::as_str);
    let (Some(home), Some(name)) = (text("homePage"), text("name")) else {
        return Err(Flaw::bad("actor.account", "must have a `homePage` and a `name`"));
    };
    let by =
        if home == IDS { LearnerRef::Id(learner_of(name)) } else { LearnerRef::ExternalId(name.to_owned()) };
    Ok(Who::Learner(by))
}

fn verb(statement: &Object) -> Result<Verb, Flaw> {
    let verb = object(statement.get("verb"), "verb", &["id", "display"])?;
    let id = verb.get("id").and_then(Value::as_str).ok_or(Flaw::bad("verb.id", "must be an IRI"))?;
    let message = "the verbs that are taken are completed, progressed, passed and experienced of \
                   http://adlnet.gov/expapi/verbs/";
    Verb::parse(id).ok_or(Flaw::unsupported("verb.id", message))
}

fn course(statement: &Object) -> Result<String, Flaw> {
    const COURSES: &str =
        "must be a course: urn:milepost:course:SLUG, or an address that ends in /courses/SLUG";
    let activity = object(statement.get("object"), "object", &[])?;
    match activity.get("objectType").map(Value::as_str) {
        None | Some(Some("Activity")) => {}
        Some(Some("SubStatement" | "StatementRef" | "Agent" | "Group")) => {
            return Err(Flaw::unsupported("object", "statements that are taken are about activities"));
        }
        Some(_) => return Err(Flaw::bad("object.objectType", "must be Activity")),
    }
    let activity = object(Some(&statement["object"]), "object", &["objectType", "id", "definition"])?;
    let id = activity.get("id").and_then(Value::as_str).ok_or(Flaw::bad("object.id", "must be an IRI"))?;
    course_of(id).ok_or(Flaw::unsupported("object.id", COURSES))
}

/// The result must say what the verb says: the verb is what is kept.
fn check_result(verb: Verb, result: Option<&Object>) -> Result<(), Flaw> {
    let Some(result) = result else { return Ok(()) };
    for name in ["completion", "success"] {
        match result.get(name) {
            None => {}
            Some(Value::Bool(it)) if *it == verb.completes() => {}
            Some(Value::Bool(_)) => {
                let message = "`completion` and `success` must be true with completed and passed, else false";
                return Err(Flaw::unsupported("result", message));
            }
            Some(_) => return Err(Flaw::bad("result", "`completion` and `success` must be true or false")),
        }
    }
    Ok(())
}

fn command(verb: Verb, course: String, extensions: Option<&Object>) -> Result<Command, Flaw> {
    let extension = |it: &str| extensions.and_then(|all| all.get(it));
    Ok(match verb {
        Verb::Experienced => Command::StartCourse { course },
        Verb::Progressed => {
            let percent = extension(PROGRESS).and_then(Value::as_f64).filter(|it| it.fract() == 0.0);
            let percent = (0..=100).find(|it| Some(f64::from(*it)) == percent);
            let message = "progressed needs https://w3id.org/xapi/cmi5/result/extensions/progress, an integer \
                           from 0 to 100";
            let percent = percent.ok_or(Flaw::unsupported("result.extensions", message))?;
            Command::RecordCourseProgress { course, percent }
        }
        Verb::Completed | Verb::Passed => {
            let url = extension(CERTIFICATE).map(|it| it.as_str().map(str::to_owned));
            let message = "urn:milepost:extension:certificate-url must be an address";
            let certificate_url = match url {
                Some(None) => return Err(Flaw::bad("result.extensions", message)),
                Some(url) => url,
                None => None,
            };
            Command::CompleteCourse { course, certificate_url }
        }
    })
}

fn timestamp(statement: &Object) -> Result<Option<Timestamp>, Flaw> {
    let Some(timestamp) = statement.get("timestamp") else { return Ok(None) };
    // An offset that is unknown is none.
    let text = timestamp.as_str().filter(|it| !it.ends_with("-00:00"));
    let message = "must be an instant with its offset, such as 2026-03-01T10:00:00Z";
    text.and_then(Timestamp::parse).map(Some).ok_or(Flaw::bad("timestamp", message))
}

fn check_version(statement: &Object) -> Result<(), Flaw> {
    let Some(version) = statement.get("version") else { return Ok(()) };
    let is_known =
        |it: &str| ["1.0", "2.0"].contains(&it) || it.starts_with("1.0.") || it.starts_with("2.0.");
    match version.as_str() {
        Some(it) if is_known(it) => Ok(()),
        _ => Err(Flaw::bad("version", "must be 1.0 or 2.0, or one of their patches")),
    }
}

/// What is no version cannot be ours.
fn version(extensions: Option<&Object>) -> Option<Version> {
    extensions?.get(VERSION)?.as_u64()?.try_into().ok()
}

fn extensions<'a>(of: Option<&'a Object>, path: &'static str) -> Result<Option<&'a Object>, Flaw> {
    of.and_then(|it| it.get("extensions")).map(|it| object(Some(it), path, &[])).transpose()
}

fn optional<'a>(
    statement: &'a Object,
    name: &'static str,
    members: &[&str],
) -> Result<Option<&'a Object>, Flaw> {
    statement.get(name).map(|it| object(Some(it), name, members)).transpose()
}

/// An object that has none but these members; none are given: whichever it likes.
fn object<'a>(value: Option<&'a Value>, path: &'static str, members: &[&str]) -> Result<&'a Object, Flaw> {
    let object = value.ok_or(Flaw::bad(path, "must be there"))?;
    let object = object.as_object().ok_or(Flaw::bad(path, "must be a JSON object"))?;
    if !members.is_empty() && object.keys().any(|it| !members.contains(&it.as_str())) {
        return Err(Flaw::bad(path, "has a property that statements do not have there"));
    }
    Ok(object)
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(members) => members.iter().any(|(name, it)| name != "extensions" && has_null(it)),
        _ => false,
    }
}

/// The same text for the same content, in whichever order its members come.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> =
                members.iter().map(|(name, it)| format!("{name:?}:{}", canonical(it))).collect();
            members.sort();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        plain => plain.to_string(),
    }
}
