//! Clients who call a store at random and write down what they are told.

use futures_util::{
    future::{join_all, maybe_done},
    poll,
};
use milepost::{
    domain::event::Change,
    store::{Commit, CommitError, Store},
};

use super::{
    book::{Book, Deed},
    campaign::Random,
    recorder::Recorder,
};
use crate::given::{Person, With, completed, evidence, receipt, registered, renamed};

/// So many learners are there at a time.
const N_PEOPLE: usize = 6;

/// Clients of one store.
pub struct Clients {
    pub book: Book,
    people: Vec<Person>,
    /// The number of the next new learner.
    next: u128,
    n_calls: usize,
    /// The last call with a key that succeeded.
    repeatable: Option<Commit>,
}

impl Clients {
    /// Those who know what stands in a book, in which nothing is in doubt.
    pub fn of(book: Book) -> Self {
        let mut people = vec![];
        for (id, account) in &book.accounts {
            let known = &account.possible()[0].seen;
            if known.erased_at.is_none() {
                let mut person = Person::new(id.0.as_u128());
                person.events = known.events.clone();
                person.then([]);
                people.push(person);
            }
        }
        let next = 1 + book.accounts.keys().map(|it| it.0.as_u128()).max().unwrap_or(0);
        let keys = book.accounts.values().flat_map(|it| it.keys());
        let n_calls =
            keys.filter_map(|it| it.strip_prefix("key-")?.split('-').next()?.parse().ok()).max().unwrap_or(0);
        let mut clients = Self { book, people, next, n_calls, repeatable: None };
        while clients.people.len() < N_PEOPLE {
            clients.newcomer();
        }
        clients
    }

    fn newcomer(&mut self) {
        self.people.push(Person::new(self.next));
        self.next += 1;
    }

    /// Some calls, of which all but the first become durable together when a recorder holds that one
    /// back. Answers whether all of them succeeded; an error is a wrong answer.
    pub async fn round(
        &mut self,
        store: &dyn Store,
        recorder: Option<&Recorder>,
        random: &mut Random,
    ) -> Result<bool, String> {
        let now = || recorder.map_or(0, Recorder::now);
        let first = self.deed(random);
        self.book.begin(&first, now());
        recorder.inspect(|it| it.close_gate());
        let mut leading = Box::pin(maybe_done(call(store, first.clone())));
        if poll!(&mut leading).is_pending() {
            recorder.inspect(|it| it.wait_at_gate());
        }
        let n_more = if random.one_in(2) { 0 } else { random.below(6) };
        let more: Vec<_> = (0..n_more).map(|_| self.deed(random)).collect();
        more.iter().for_each(|it| self.book.begin(it, now()));
        let mut following = Box::pin(maybe_done(join_all(more.iter().map(|it| call(store, it.clone())))));
        let _queued = poll!(&mut following);
        recorder.inspect(|it| it.open_gate());
        (&mut leading).await;
        let mut answers = vec![leading.as_mut().take_output().expect("it is done")];
        self.book.answer(&first, now(), &answers[0])?;
        (&mut following).await;
        for (deed, answer) in more.iter().zip(following.as_mut().take_output().expect("they are done")) {
            self.book.answer(deed, now(), &answer)?;
            answers.push(answer);
        }
        Ok(answers.iter().all(Result::is_ok))
    }

    /// One call; answers whether it succeeded.
    pub async fn one(&mut self, store: &dyn Store, random: &mut Random) -> Result<bool, String> {
        let deed = self.deed(random);
        self.book.begin(&deed, 0);
        let answer = call(store, deed.clone()).await;
        self.book.answer(&deed, 0, &answer)?;
        if let (Deed::Commit(commit), Ok(())) = (deed, &answer)
            && !commit.receipts.is_empty()
        {
            self.repeatable = Some(*commit);
        }
        Ok(answer.is_ok())
    }

    /// Somebody new comes, which must succeed.
    pub async fn newcomer_registers(&mut self, store: &dyn Store) -> Result<(), String> {
        let mut person = Person::new(self.next);
        self.next += 1;
        let deed = Deed::Commit(Box::new(person.registers("Newcomer")));
        self.book.begin(&deed, 0);
        let answer = call(store, deed.clone()).await;
        self.book.answer(&deed, 0, &answer)?;
        answer.map_err(|it| format!("nobody can register: {it}"))
    }

    /// The last call with a key once more, which must have no effect.
    pub async fn repeat(&self, store: &dyn Store) -> Result<(), String> {
        let Some(commit) = &self.repeatable else { return Ok(()) };
        match store.commit(commit.clone()).await {
            Err(CommitError::Repeated(it)) if Some(&*it) == commit.receipts.first() => Ok(()),
            Err(CommitError::Erased | CommitError::ReadOnly(_) | CommitError::Fault(_)) => Ok(()),
            answer => Err(format!("a repeated call was answered {answer:?}")),
        }
    }

    /// What somebody asks for next, as if it had been done.
    fn deed(&mut self, random: &mut Random) -> Deed {
        self.n_calls += 1;
        let place = random.below(self.people.len());
        if self.people[place].version() != 0 && random.one_in(20) {
            let erasure = self.people.remove(place).is_erased();
            self.newcomer();
            return Deed::Erase(erasure);
        }
        let (key, number) = (format!("key-{}", self.n_calls), self.n_calls as u128);
        let person = &mut self.people[place];
        person.is_in_batch([None, Some(1), Some(2)][random.below(3)]);
        let change = change(person, number, random);
        let mut commit = match random.below(12) {
            0 if person.version() != 0 => person.receives(receipt(&key, 1)),
            1 => person.then([change].into_iter().chain((0..random.below(40) as u128).map(evidence))),
            _ => person.then([change]),
        };
        for call in 0..random.below(12).saturating_sub(8) {
            commit = commit.with(receipt(&format!("{key}-{call}"), 2));
        }
        Deed::Commit(Box::new(commit))
    }
}

fn change(person: &Person, number: u128, random: &mut Random) -> Change {
    let id = person.id.0.as_u128();
    if person.version() == 0 {
        return registered("Somebody", Some(&format!("id-{id}")), Some(&format!("{id}@example.com")));
    }
    match random.below(6) {
        0 => renamed(&format!("Name {number} {}", "x".repeat(random.below(700)))),
        1 => completed(["language", "sql", "git"][random.below(3)]),
        2 => Change::EventUndone { undone: 1 + random.below(person.version() as usize) as u32 },
        3 => Change::EventRedone { redone: 1 + random.below(person.version() as usize) as u32 },
        4 => person.clone().is_known_as(Some(&format!("id-{id}-{number}"))).events[0].change.clone(),
        _ => evidence(number),
    }
}

async fn call(store: &dyn Store, deed: Deed) -> Result<(), CommitError> {
    match deed {
        Deed::Commit(commit) => store.commit(*commit).await,
        Deed::Erase(erasure) => store.erase(erasure).await,
    }
}
