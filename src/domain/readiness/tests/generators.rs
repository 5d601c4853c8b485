//! What properties are tested with: guides, states, and histories in several orders.

use proptest::{collection, prelude::*};
use uuid::Uuid;

use super::{with_validity, *};
use crate::domain::{
    arbitrary::{self, instant, numbered},
    event::{Change, Event, Patch, Verdict},
    guide::{Count, EvidencePolicy},
    id::LearnerId,
    learner::fold,
    story::{evidence_id, project_id},
};

static GUIDES: LazyLock<[Guide; 4]> = LazyLock::new(|| {
    let reviewed = |mut guide: Guide| {
        guide.policy.evidence = EvidencePolicy::Reviewed;
        guide
    };
    let mut switched = with_validity(backend_2026(), 20);
    switched.policy.deploy_each = false;
    switched.policy.debug_each = true;
    [backend_2026(), reviewed(backend_2026()), switched, reviewed(strict(with_validity(backend_2026(), 60)))]
});

/// Alternatives become demands, and two projects must be live.
fn strict(mut guide: Guide) -> Guide {
    for criterion in guide.milestones.iter_mut().flat_map(|it| &mut it.criteria) {
        match &mut criterion.done_when {
            Rule::Any(rules) => criterion.done_when = Rule::All(std::mem::take(rules)),
            Rule::Projects(rule) if rule.live_within_days.is_some() => rule.count = Count::Fixed(2),
            _ => {}
        }
    }
    guide
}

pub(super) fn guide() -> impl Strategy<Value = &'static Guide> {
    (0..GUIDES.len()).prop_map(|it| &GUIDES[it])
}

pub(super) fn state(events: &[Event]) -> Learner {
    fold(LearnerId(Uuid::nil()), events)
}

pub(super) fn learner() -> impl Strategy<Value = Learner> {
    arbitrary::events(60).prop_map(|it| state(&it))
}

/// Something that speaks for the learner: evidence, accepted or not; an ok check; an aspect; a
/// completed course.
pub(super) fn more() -> impl Strategy<Value = Vec<Change>> {
    let accepted =
        Change::EvidenceReviewed { evidence: evidence_id(99), verdict: Verdict::Accepted, note: None };
    let evidence = (arbitrary::evidence_submitted(99), any::<bool>()).prop_map(move |(it, is_accepted)| {
        [it].into_iter().chain(is_accepted.then(|| accepted.clone())).collect()
    });
    let check = (0_u128..4).prop_flat_map(arbitrary::deployment_checked).prop_map(|it| match it {
        Change::DeploymentChecked { project, url, checked_at, .. } => {
            vec![Change::DeploymentChecked { project, url, ok: true, checked_at }]
        }
        other => vec![other],
    });
    let aspect = (0_u128..4, arbitrary::aspect()).prop_map(|(n, aspect)| {
        vec![Change::ProjectUpdated {
            project: project_id(n),
            name: None,
            stack: Patch::Keep,
            framework: Patch::Keep,
            repository_url: Patch::Keep,
            aspects: Some(vec![aspect]),
        }]
    });
    let course = arbitrary::course()
        .prop_map(|course| vec![Change::CourseCompleted { course, certificate_url: None }]);
    prop_oneof![evidence, check, aspect, course]
}

/// An aspect is added to those that the project has.
pub(super) fn with_old_aspects(change: Change, learner: &Learner) -> Change {
    let Change::ProjectUpdated { project, name, stack, framework, repository_url, aspects } = change else {
        return change;
    };
    let old = learner.project(project).into_iter().flat_map(|it| it.aspects.keys().copied());
    let aspects = aspects.map(|it| it.into_iter().chain(old).collect());
    Change::ProjectUpdated { project, name, stack, framework, repository_url, aspects }
}

pub(super) fn step() -> impl Strategy<Value = Supposition> {
    prop_oneof![
        arbitrary::course().prop_map(Supposition::CompleteCourse),
        arbitrary::criterion().prop_map(Supposition::SubmitEvidence),
        arbitrary::criterion().prop_map(Supposition::Waive),
    ]
}

/// Changes that depend on each other, in order, and changes that depend on the first of these alone.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    ordered: Vec<(Timestamp, Change)>,
    loose: Vec<(Timestamp, Change)>,
}

pub(super) fn chains() -> impl Strategy<Value = Vec<Chain>> {
    let project = |n| {
        let ordered =
            (at(arbitrary::project_added(n)), collection::vec(at(arbitrary::project_updated(n)), 0..3));
        let loose = prop_oneof![9 => arbitrary::deployment_checked(n), 1 => Just(arbitrary::incident(n))];
        (ordered, collection::vec(at(loose), 0..16)).prop_map(chain)
    };
    let evidence = |n| {
        let reviews = collection::vec(at(arbitrary::evidence_reviewed(n)), 0..2);
        (at(arbitrary::evidence_submitted(n)), reviews).prop_map(|ordered| chain((ordered, vec![])))
    };
    let course = |slug: &str| {
        let changes = collection::vec(at(arbitrary::course_change(crate::domain::story::slug(slug))), 0..3);
        changes.prop_map(|ordered| Chain { ordered, loose: vec![] })
    };
    let projects = [0, 1, 2, 3].map(project);
    let evidence = [0, 1, 2, 3, 4, 5].map(evidence);
    let courses = ["cicd-automation", "capstone-project", "dotnet-backend"].map(course);
    let first = (arbitrary::registered(), instant());
    (first, projects, evidence, courses, waivers()).prop_map(
        |(first, projects, evidence, courses, waivers)| {
            let registered = Chain { ordered: vec![(first.1, first.0)], loose: vec![] };
            [registered].into_iter().chain(projects).chain(evidence).chain(courses).chain([waivers]).collect()
        },
    )
}

fn waivers() -> impl Strategy<Value = Chain> {
    collection::vec(at(arbitrary::waived()), 0..3).prop_map(|ordered| Chain { ordered, loose: vec![] })
}

fn at(change: impl Strategy<Value = Change>) -> impl Strategy<Value = (Timestamp, Change)> {
    (instant(), change)
}

type Ordered = ((Timestamp, Change), Vec<(Timestamp, Change)>);

fn chain(((first, then), loose): (Ordered, Vec<(Timestamp, Change)>)) -> Chain {
    Chain { ordered: [first].into_iter().chain(then).collect(), loose }
}

pub(super) fn keys() -> impl Strategy<Value = Vec<u32>> {
    collection::vec(any::<u32>(), 200)
}

/// The registration, then the rest by keys, so that each chain keeps its order.
pub(super) fn interleaved(chains: &[Chain], keys: &[u32]) -> Vec<Event> {
    let mut keys = keys.iter().copied().cycle();
    let mut keyed = vec![];
    for (n, chain) in chains.iter().enumerate() {
        let mut key = 0;
        let mut first = 0;
        for (m, change) in chain.ordered.iter().enumerate() {
            let step = u64::from(keys.next().unwrap_or_default());
            key += if n == 0 { 0 } else { 1 + step };
            if m == 0 {
                first = key;
            }
            keyed.push((key, change.clone()));
        }
        keyed.extend(
            chain.loose.iter().map(|it| (first + 1 + u64::from(keys.next().unwrap_or_default()), it.clone())),
        );
    }
    keyed.sort_by_key(|it| it.0);
    numbered(keyed.into_iter().map(|it| it.1))
}
