//! What is missing of projects, in words: what to do, and with which of them.

use super::{
    evaluate::Case,
    project::{Condition, conditions},
    words::{condition_name, counted, listed, names},
};
use crate::domain::{guide::ProjectRule, learner::Project};

impl Case<'_> {
    /// What it takes to have enough projects: something done to those that are nearest to it, and
    /// further projects.
    pub(super) fn missing_projects(&self, rule: &ProjectRule) -> String {
        if rule.in_stack && self.learner.stack.is_none() {
            return self.missing_stack(rule);
        }
        let count = rule.count.under(&self.guide.policy) as usize;
        let n_missing = count.saturating_sub(self.holding(rule).len()).max(1);
        let nearest = self.nearest(rule, n_missing);
        let groups = nearest.chunk_by(|one, other| one.1 == other.1);
        let further = self.further(rule, n_missing - nearest.len());
        let to_do: Vec<_> = groups.map(|it| self.lacking(it)).chain([further]).collect();
        let is_long = to_do.iter().any(|it| 1 < it.len());
        let to_do = to_do.iter().filter(|it| !it.is_empty()).map(|it| it.join(", and "));
        to_do.collect::<Vec<_>>().join(if is_long { "; " } else { ", and " })
    }

    /// What it takes where no project can be in the stack yet.
    fn missing_stack(&self, rule: &ProjectRule) -> String {
        let rule = ProjectRule { in_stack: false, ..rule.clone() };
        let conditions = conditions(&rule);
        let fits = |it: &Project| it.stack.is_some() && self.lacks(it, &conditions).is_empty();
        if self.learner.projects.iter().any(fits) {
            return "choose one stack".into();
        }
        ["choose one stack, and add a ", &self.described("project", &conditions), " in it"].concat()
    }

    /// The projects that lack least, with what they lack. A project of another stack is none: it
    /// is what it is.
    fn nearest(&self, rule: &ProjectRule, n: usize) -> Vec<(&Project, Vec<Condition>)> {
        let conditions = conditions(rule);
        let fits = |it: &&Project| {
            !rule.in_stack || it.stack.as_ref().is_none_or(|it| Some(&it.value) == self.learner.stack_slug())
        };
        let projects = self.learner.projects.iter().filter(fits);
        let mut nearest: Vec<_> = projects.map(|it| (it, self.lacks(it, &conditions))).collect();
        nearest.retain(|it| !it.1.is_empty());
        nearest.sort_by_key(|it| (it.1.len(), it.0.added_at, it.0.id));
        nearest.truncate(n);
        nearest
    }

    /// What to do with projects that all lack the same.
    fn lacking(&self, group: &[(&Project, Vec<Condition>)]) -> Vec<String> {
        let projects: Vec<_> = group.iter().map(|it| it.0).collect();
        let whom = match projects.as_slice() {
            [only] => Whom { first: names(&[only]), then: "it" },
            _ => Whom { first: ["each of ", &names(&projects)].concat(), then: "each" },
        };
        group.first().map(|it| self.what_to_do(&it.1, whom)).unwrap_or_default()
    }

    /// What to do beside the projects that there are.
    fn further(&self, rule: &ProjectRule, n: usize) -> Vec<String> {
        let is_late =
            |it: &Condition| matches!(it, Condition::Deployed | Condition::Live(_) | Condition::Incident);
        let (late, early): (Vec<_>, Vec<_>) = conditions(rule).into_iter().partition(is_late);
        let (add, whom) = match n {
            0 => return vec![],
            1 => (["add a ", &self.described("project", &early)].concat(), "it"),
            _ => (format!("add {n} {}", self.described("projects", &early)), "each"),
        };
        let to_do = self.what_to_do(&late, Whom { first: whom.into(), then: whom });
        [add].into_iter().chain(to_do).collect()
    }

    /// What to do so that nothing of this is lacking, in the order in which people do it.
    fn what_to_do(&self, lack: &[Condition], mut whom: Whom) -> Vec<String> {
        let mut to_do = vec![];
        if lack.contains(&Condition::InStack) {
            to_do.push(["set the stack of ", &whom.next(), " to ", self.stack_name()].concat());
        }
        if lack.contains(&Condition::Framework) {
            to_do.push(["name the framework of ", &whom.next()].concat());
        }
        let is_part = |it: &&Condition| matches!(it, Condition::Repository | Condition::Aspect(_));
        let parts: Vec<_> = lack.iter().filter(is_part).map(|it| condition_name(*it)).collect();
        if !parts.is_empty() {
            to_do.push(["add ", &listed(&parts, "and"), " to ", &whom.next()].concat());
        }
        let is_check = |it: &&Condition| matches!(it, Condition::Deployed | Condition::Live(_));
        if let Some(check) = lack.iter().rfind(is_check) {
            let age = match check {
                Condition::Live(days) => format!(", at most {} old", counted(*days as usize, "day")),
                _ => String::new(),
            };
            to_do.push(["record a successful check of where ", &whom.next(), " is deployed", &age].concat());
        }
        if lack.contains(&Condition::Incident) {
            to_do.push(["report an incident of ", &whom.next(), " with its cause and fix"].concat());
        }
        to_do
    }
}

/// What projects are called where something is said of them: the first time, and after that.
struct Whom {
    first: String,
    then: &'static str,
}

impl Whom {
    fn next(&mut self) -> String {
        std::mem::replace(&mut self.first, self.then.into())
    }
}
