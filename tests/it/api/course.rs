//! Courses: started, progressed, completed, reopened.

use serde_json::{Value, json};

use crate::world::{World, errors};

#[tokio::test]
async fn completing_a_course_claims_its_criteria_and_no_more() {
    let world = World::new();
    let learner = world.learner("Ada", Some("nodejs")).await;
    let selection = "courseProgress { status percent } learner { readiness { progress { done total }
        milestone(slug: \"deployment\") { status criteria { criterion { slug } status } } } }";
    let input = json!({ "learner": { "id": learner }, "course": "cicd-automation" });
    let payload = world.call("completeCourse", selection, input.clone()).await;
    assert_eq!(payload["courseProgress"], json!({ "status": "COMPLETED", "percent": 100 }));
    assert_eq!(payload["event"]["kind"], "COURSE_COMPLETED");
    let deployment = &payload["learner"]["readiness"]["milestone"];
    assert_eq!(deployment["status"], "IN_PROGRESS");
    assert_eq!(payload["learner"]["readiness"]["progress"], json!({ "done": 1, "total": 18 }));

    let again = world.call("completeCourse", selection, input).await;
    assert_eq!(again["changed"], false);
    assert_eq!(again["event"], json!(null));
    assert_eq!(again["learner"]["version"], 2);
}

#[tokio::test]
async fn unknown_learners_and_courses_are_user_errors() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let unknown = json!({ "learner": { "id": "nobody" }, "course": "cicd-automation" });
    assert_eq!(errors(&world.call("completeCourse", "", unknown).await), ["NOT_FOUND learner"]);
    let unknown = json!({ "learner": { "id": learner }, "course": "juggling" });
    assert_eq!(errors(&world.call("completeCourse", "", unknown).await), ["NOT_FOUND course"]);
}

async fn call(world: &World, mutation: &str, learner: &str, rest: Value) -> Value {
    let mut input = json!({ "learner": { "id": learner }, "course": "cicd-automation" });
    input.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    let selection = "courseProgress { status percent startedAt completedAt certificateUrl }";
    world.call(mutation, selection, input).await
}

#[tokio::test]
async fn a_hundred_percent_do_not_complete_and_completing_hides_the_percent() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let progress = call(&world, "recordCourseProgress", &learner, json!({ "percent": 100 })).await;
    assert_eq!(progress["courseProgress"]["status"], "IN_PROGRESS");
    call(&world, "recordCourseProgress", &learner, json!({ "percent": 40 })).await;
    let completed = call(&world, "completeCourse", &learner, json!({})).await;
    assert_eq!(completed["courseProgress"]["percent"], 100);
    let back = call(&world, "recordCourseProgress", &learner, json!({ "percent": 50 })).await;
    assert_eq!(errors(&back), ["NOT_APPLICABLE percent"]);
    let same = call(&world, "recordCourseProgress", &learner, json!({ "percent": 100 })).await;
    assert_eq!(same["changed"], false);
    let reopened = call(&world, "reopenCourse", &learner, json!({})).await["courseProgress"].clone();
    assert_eq!((&reopened["status"], &reopened["percent"]), (&json!("IN_PROGRESS"), &json!(40)));
}

#[tokio::test]
async fn a_course_that_was_never_completed_cannot_be_reopened() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let refused = call(&world, "reopenCourse", &learner, json!({})).await;
    assert_eq!(errors(&refused), ["NOT_APPLICABLE course"]);
    call(&world, "startCourse", &learner, json!({})).await;
    assert_eq!(call(&world, "reopenCourse", &learner, json!({})).await["changed"], false);
}

#[tokio::test]
async fn another_certificate_is_news_and_the_first_completion_keeps_its_day() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let first = call(&world, "completeCourse", &learner, json!({})).await["courseProgress"].clone();
    world.wait(1);
    let certificate = json!({ "certificateUrl": "https://example.com/certificate" });
    let second = call(&world, "completeCourse", &learner, certificate.clone()).await;
    assert_eq!(second["changed"], true);
    assert_eq!(second["courseProgress"]["certificateUrl"], certificate["certificateUrl"]);
    assert_eq!(second["courseProgress"]["completedAt"], first["completedAt"]);
    assert_eq!(call(&world, "completeCourse", &learner, json!({})).await["changed"], false);
    let courses = "courseProgress(status: COMPLETED) { course { slug } } none: courseProgress(status: NOT_STARTED) { percent }";
    let expected = json!({ "courseProgress": [{ "course": { "slug": "cicd-automation" } }], "none": [] });
    assert_eq!(world.of(&learner, courses).await, expected);
}
