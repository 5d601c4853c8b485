//! What every mutation answers with.

use std::{borrow::Cow, sync::Arc};

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, Enum, InterfaceType, ObjectType, OutputType, Positioned,
    ServerResult, SimpleObject, Value,
    indexmap::IndexMap,
    parser::types::Field,
    registry::{MetaField, MetaType, MetaTypeId, Registry},
    resolver_utils::enum_value,
};
use uuid::Uuid;

use super::{batch, course, evidence, goal, import, learner, maintenance, project, undo, webhook};
use crate::{
    app::{Erased, Written},
    domain::{
        guide,
        id::Version,
        refusal::{Refusal, RefusalCode},
    },
    graphql::cost::About,
    graphql::object::{Event, Learner, Milestone, milestones},
};

/// The common part of all payloads.
#[derive(SimpleObject, Default)]
pub(super) struct Done {
    /// The learner afterwards; null: nothing was done. Where another version was expected: the learner as they are.
    pub(super) learner: Option<Learner>,
    /// The event that this call, or the first call with the same key, wrote; null: nothing had to
    /// change.
    event: Option<Event>,
    /// Whether this call, or the first call with the same key, changed something. False: it was
    /// already so, nothing was written.
    changed: bool,
    /// Whether the answer is that of an earlier call with the same idempotency key.
    replayed: bool,
    /// The milestones that this reached.
    #[graphql(directive = About::apply(4))]
    milestones_reached: Vec<Milestone>,
    /// The milestones that this lost.
    #[graphql(directive = About::apply(4))]
    milestones_lost: Vec<Milestone>,
    /// What the caller got wrong; empty: nothing. When there is something, nothing was done.
    #[graphql(directive = About::apply(1))]
    user_errors: Vec<UserError>,
    /// The goal, project or piece of evidence that it was about.
    #[graphql(skip)]
    subject: Option<Uuid>,
    /// The versions of the events that were undone or redone.
    #[graphql(skip)]
    pub(super) corrected: Vec<Version>,
}

impl Done {
    pub(super) fn written(guide: &Arc<guide::Guide>, written: Written) -> Self {
        let corrected = written.events.iter().filter_map(|it| it.change.corrected()).collect();
        let event = written.events.into_iter().next();
        let event = event.map(|it| Event::new(it, Some(written.learner.clone())));
        Self {
            corrected,
            learner: Some(Learner(written.learner)),
            event,
            changed: written.changed,
            replayed: written.replayed.is_some(),
            milestones_reached: milestones(guide, &written.milestones.reached),
            milestones_lost: milestones(guide, &written.milestones.lost),
            user_errors: vec![],
            subject: written.subject,
        }
    }

    pub(super) fn erased(erased: Erased) -> Self {
        Self { changed: erased.changed, replayed: erased.replayed, ..Self::default() }
    }

    /// Something was done that is about no learner.
    pub(super) fn maintained(changed: bool, replayed: bool) -> Self {
        Self { changed, replayed, ..Self::default() }
    }

    pub(super) fn refused(refusal: Refusal) -> Self {
        let learner = refusal.current().cloned().map(Learner);
        Self { learner, user_errors: vec![UserError::new(refusal)], ..Self::default() }
    }

    /// Whether nothing was wrong.
    pub(super) fn is_done(&self) -> bool {
        self.user_errors.is_empty()
    }

    /// The thing that the call was about, where there is one.
    pub(super) fn subject<T>(&self, find: impl FnOnce(&Learner, Uuid) -> Option<T>) -> Option<T> {
        find(self.learner.as_ref()?, self.subject?)
    }
}

/// Something that the caller got wrong.
#[derive(SimpleObject)]
pub(in crate::graphql) struct UserError {
    /// What programs branch on.
    code: UserErrorCode,
    /// What people read: what is wrong and what would be right.
    message: String,
    /// The path of the argument at fault, such as `["input", "percent"]`; null: the call as a whole.
    field: Option<Vec<String>>,
    /// The version that the learner is at, where another one was expected; null: it was not about that.
    current_version: Option<Version>,
    /// The events that depend on the one that was to be undone, or on which the one that was to be redone depends.
    /// At most 100 of them, oldest first; empty: it was not about that.
    #[graphql(directive = About::apply(10))]
    events: Vec<Event>,
}

impl UserError {
    pub(super) fn new(refusal: Refusal) -> Self {
        let events = refusal.events().map_or(vec![], |(learner, events)| {
            events.iter().map(|it| Event::new(it.clone(), Some(learner.clone()))).collect()
        });
        Self {
            code: refusal.code.into(),
            current_version: refusal.current().map(|it| it.version),
            events,
            message: refusal.message,
            field: refusal.field.map(|it| vec!["input".to_owned(), it.to_owned()]),
        }
    }
}

/// The stable code of a refusal, as in `userErrors`.
pub fn code_of(code: RefusalCode) -> String {
    enum_value(UserErrorCode::from(code)).to_string()
}

/// The stable codes of user errors.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "RefusalCode")]
pub(in crate::graphql) enum UserErrorCode {
    /// There is no such learner, course, criterion, goal, project, evidence, event or webhook.
    NotFound,
    /// The value does not have the form that it should.
    InvalidInput,
    /// The text is longer than allowed.
    TooLong,
    /// The number, day or instant is outside its range.
    OutOfRange,
    /// The instant lies more than 24 hours ahead.
    InTheFuture,
    /// Another learner has this external id or e-mail address, or another backup this name.
    AlreadyTaken,
    /// Others wrote to the learner: at the same time, where trying again helps, or since the version that was
    /// expected.
    Conflict,
    /// The idempotency key was used with other input.
    IdempotencyKeyReused,
    /// The caller may not do this.
    NotAllowed,
    /// It makes no sense in the state that things are in.
    NotApplicable,
    /// As many as allowed are there already.
    LimitReached,
    /// The server takes no writes at the moment; reading still works.
    ReadOnly,
}

/// What all payloads of mutations have in common. It is never answered itself; it lets a client
/// read all payloads with one fragment.
pub(in crate::graphql) enum MutationPayload {}

impl InterfaceType for MutationPayload {}

impl ContainerType for MutationPayload {
    async fn resolve_field(&self, _ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        match *self {}
    }
}

impl OutputType for MutationPayload {
    fn type_name() -> Cow<'static, str> {
        "MutationPayload".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Interface, |registry| MetaType::Interface {
            name: Self::type_name().into_owned(),
            description: Some(DESCRIPTION.into()),
            fields: common_fields(registry),
            possible_types: payloads(registry).into_iter().collect(),
            extends: false,
            keys: None,
            visible: None,
            inaccessible: false,
            tags: vec![],
            rust_typename: Some(std::any::type_name::<Self>()),
            directive_invocations: vec![],
            requires_scopes: vec![],
        })
    }

    async fn resolve(
        &self,
        _ctx: &ContextSelectionSet<'_>,
        _field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        match *self {}
    }
}

const DESCRIPTION: &str =
    "What all payloads of mutations have in common, so that a client can read them with one fragment.";

/// `Done` is no type of the API: registering it for its fields must leave no trace.
fn common_fields(registry: &mut Registry) -> IndexMap<String, MetaField> {
    let common = registry.create_fake_output_type::<Done>();
    registry.types.remove(&*Done::type_name());
    match common {
        MetaType::Object { fields, .. } => fields,
        _ => IndexMap::default(),
    }
}

/// Declares that every payload implements the interface, and names them.
fn payloads(registry: &mut Registry) -> Vec<String> {
    [
        implements::<learner::RegisterLearnerPayload>,
        implements::<learner::UpdateLearnerPayload>,
        implements::<learner::EraseLearnerPayload>,
        implements::<goal::SetGoalPayload>,
        implements::<goal::UpdateGoalPayload>,
        implements::<goal::CloseGoalPayload>,
        implements::<course::StartCoursePayload>,
        implements::<course::RecordCourseProgressPayload>,
        implements::<course::CompleteCoursePayload>,
        implements::<course::ReopenCoursePayload>,
        implements::<project::AddProjectPayload>,
        implements::<project::UpdateProjectPayload>,
        implements::<project::RemoveProjectPayload>,
        implements::<project::RecordDeploymentPayload>,
        implements::<project::ReportIncidentPayload>,
        implements::<evidence::SubmitEvidencePayload>,
        implements::<evidence::ReviewEvidencePayload>,
        implements::<evidence::RetractEvidencePayload>,
        implements::<evidence::WaiveCriterionPayload>,
        implements::<undo::UndoEventPayload>,
        implements::<undo::RedoEventPayload>,
        implements::<batch::UndoBatchPayload>,
        implements::<batch::RedoBatchPayload>,
        implements::<import::ImportProgressPayload>,
        implements::<maintenance::CreateBackupPayload>,
        implements::<maintenance::CompactStorePayload>,
        implements::<webhook::RegisterWebhookPayload>,
        implements::<webhook::UpdateWebhookPayload>,
        implements::<webhook::RemoveWebhookPayload>,
        implements::<webhook::RotateWebhookSecretPayload>,
        implements::<webhook::TestWebhookPayload>,
        implements::<webhook::ReplayWebhookPayload>,
        implements::<webhook::RetryDeliveriesPayload>,
        implements::<webhook::DropParkedEventsPayload>,
    ]
    .map(|it| it(registry))
    .into()
}

fn implements<T: ObjectType>(registry: &mut Registry) -> String {
    T::create_type_info(registry);
    registry.add_implements(&T::type_name(), &MutationPayload::type_name());
    T::type_name().into_owned()
}
