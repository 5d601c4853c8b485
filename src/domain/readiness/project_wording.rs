//! What there is of projects, in words.

use super::{
    evaluate::Case,
    project::{Condition, conditions},
    words::{aspect_name, condition_name, listed, names, quoted},
};
use crate::domain::{guide::ProjectRule, learner::Project};

impl Case<'_> {
    /// What there is, for a rule on projects.
    pub(super) fn project_facts(&self, rule: &ProjectRule) -> String {
        let count = rule.count.under(&self.guide.policy) as usize;
        let holding = self.holding(rule);
        if 1 < count {
            return self.count_facts(rule, count, &holding);
        }
        match self.most_telling(rule, &holding) {
            Some(project) => self.told_project(rule, project),
            None => self.lapsed_project(rule).unwrap_or_else(|| {
                ["There is no ", &self.described("project", &conditions(rule)), " yet."].concat()
            }),
        }
    }

    /// The projects that fulfil the rule's conditions now; first come, first.
    pub(super) fn holding(&self, rule: &ProjectRule) -> Vec<&Project> {
        let conditions = conditions(rule);
        let since = |it| self.project_spans(it, &conditions).held_since(self.now);
        let mut holding: Vec<_> =
            self.learner.projects.iter().filter_map(|it| Some((since(it)?, it.id, it))).collect();
        holding.sort_by_key(|it| (it.0, it.1));
        holding.into_iter().map(|it| it.2).collect()
    }

    /// `3 of 3 projects with a repository: “A”, “B” and “C”.`
    fn count_facts(&self, rule: &ProjectRule, count: usize, holding: &[&Project]) -> String {
        let names = names(&holding[..count.min(holding.len())]);
        let names = if names.is_empty() { names } else { [": ", &names].concat() };
        let n = holding.len().min(count);
        format!("{n} of {count} {}{names}.", self.described("projects", &conditions(rule)))
    }

    /// Where an answer must be fresh, the project that answered last; else the first with everything
    /// that is worth a word, else the first.
    fn most_telling<'p>(&self, rule: &ProjectRule, holding: &[&'p Project]) -> Option<&'p Project> {
        if rule.live_within_days.is_some() {
            return holding.iter().max_by_key(|it| (it.last_ok_at, it.id)).copied();
        }
        let has_bonus = |it: &&&Project| rule.bonus.iter().all(|aspect| it.aspects.contains_key(aspect));
        holding.iter().find(has_bonus).or(holding.first()).copied()
    }

    fn told_project(&self, rule: &ProjectRule, project: &Project) -> String {
        let bonus = rule.bonus.iter().filter(|it| project.aspects.contains_key(it));
        let bonus: Vec<_> = bonus.map(|it| aspect_name(*it)).collect();
        let bonus = match bonus.is_empty() {
            true => String::new(),
            false => [" It also has ", &listed(&bonus, "and"), "."].concat(),
        };
        let last = project.last_ok_at.filter(|_| rule.live_within_days.is_some());
        let last = last.map(|it| format!(" It last answered on {}.", it.day())).unwrap_or_default();
        [&quoted(&project.name), " ", &self.predicate(rule), ".", &last, &bonus].concat()
    }

    /// The project that answered last, where that is too long ago.
    fn lapsed_project(&self, rule: &ProjectRule) -> Option<String> {
        rule.live_within_days?;
        let conditions = conditions(rule);
        let lapsed =
            |it: &&Project| self.lacks(it, &conditions).iter().all(|it| matches!(it, Condition::Live(_)));
        let answered = self.learner.projects.iter().filter(lapsed);
        let (at, _, project) =
            answered.filter_map(|it| Some((it.last_ok_at?, it.id, it))).max_by_key(|it| (it.0, it.1))?;
        Some(format!("{} last answered on {}, which is too long ago.", quoted(&project.name), at.day()))
    }

    /// Such as "is in Go and has a repository and an API".
    fn predicate(&self, rule: &ProjectRule) -> String {
        let named = conditions(rule).into_iter().filter(|it| *it != Condition::InStack);
        let named: Vec<_> = named.map(condition_name).collect();
        match (rule.in_stack, named.is_empty()) {
            (true, true) => ["is in ", self.stack_name()].concat(),
            (true, false) => ["is in ", self.stack_name(), " and has ", &listed(&named, "and")].concat(),
            (false, true) => "is a project".into(),
            (false, false) => ["has ", &listed(&named, "and")].concat(),
        }
    }

    /// Such as "project in Go with a repository and an API".
    pub(super) fn described(&self, noun: &str, conditions: &[Condition]) -> String {
        let with = conditions.iter().filter(|it| **it != Condition::InStack);
        let with: Vec<_> = with.map(|it| condition_name(*it)).collect();
        let is_in_stack = conditions.contains(&Condition::InStack);
        let [before_stack, stack] = if is_in_stack { [" in ", self.stack_name()] } else { [""; 2] };
        let before_list = if with.is_empty() { "" } else { " with " };
        [noun, before_stack, stack, before_list, &listed(&with, "and")].concat()
    }
}
