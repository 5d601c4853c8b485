//! Clients that write: each has learners of its own and one commit under way.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use crate::{clock::Clock, contender::Contender, measure::Latencies, person::Person, random::Random};

/// How many clients register the learners before anything is measured.
const N_REGISTRARS: usize = 256;

/// The learners of one contender.
pub(crate) struct Crowd {
    people: Vec<Person>,
    clock: Arc<Clock>,
    /// How often they were set to work, so that no two times are the same.
    n_rounds: u64,
}

/// What became of some time of writing.
pub(crate) struct Written {
    pub(crate) n_commits: usize,
    pub(crate) took: Duration,
    pub(crate) latencies: Latencies,
}

impl Written {
    pub(crate) fn per_second(&self) -> f64 {
        self.n_commits as f64 / self.took.as_secs_f64()
    }
}

/// When a client stops.
#[derive(Clone, Copy)]
pub(crate) enum Until {
    /// At the first instant after so much time.
    Passed(Duration),
    /// When each of their learners has got so many commits.
    Each(usize),
}

impl Crowd {
    /// Registers learners, each with a state of about 1 KB.
    pub(crate) async fn register(contender: &Arc<impl Contender>, n_learners: usize) -> Self {
        let clock = Arc::new(Clock::new());
        let mut clients = JoinSet::new();
        for client in 0..N_REGISTRARS {
            let (contender, clock) = (contender.clone(), clock.clone());
            clients.spawn(async move {
                let mut people = vec![];
                for number in (client..n_learners).step_by(N_REGISTRARS) {
                    let number = number as u64;
                    let mut person = Person::new(number);
                    contender.commit(person.comes_with_a_past(number, &clock)).await;
                    people.push(person);
                }
                people
            });
        }
        let people = clients.join_all().await.into_iter().flatten().collect();
        Self { people, clock, n_rounds: 0 }
    }

    /// Lets clients write.
    pub(crate) async fn write(
        &mut self,
        contender: &Arc<impl Contender>,
        n_clients: usize,
        until: Until,
    ) -> Written {
        let mut clients = JoinSet::new();
        let start = Instant::now();
        for (place, people) in deal(std::mem::take(&mut self.people), n_clients).into_iter().enumerate() {
            self.n_rounds += 1;
            let random = Random::new(self.n_rounds << 16 | place as u64);
            let client =
                Client { people, random, clock: self.clock.clone(), latencies: Latencies::default() };
            clients.spawn(client.run(contender.clone(), until));
        }
        let clients = clients.join_all().await;
        let took = start.elapsed();
        let mut latencies = Latencies::default();
        for client in clients {
            latencies.extend(client.latencies);
            self.people.extend(client.people);
        }
        Written { n_commits: latencies.len(), took, latencies }
    }

    /// The learners.
    pub(crate) fn people(&self) -> &[Person] {
        &self.people
    }
}

/// Deals people out to clients.
fn deal(people: Vec<Person>, n_clients: usize) -> Vec<Vec<Person>> {
    let mut hands: Vec<_> = (0..n_clients).map(|_| vec![]).collect();
    for (place, person) in people.into_iter().enumerate() {
        hands[place % n_clients].push(person);
    }
    hands
}

struct Client {
    people: Vec<Person>,
    random: Random,
    clock: Arc<Clock>,
    latencies: Latencies,
}

impl Client {
    async fn run(mut self, contender: Arc<impl Contender>, until: Until) -> Self {
        match until {
            Until::Passed(time) => {
                let end = Instant::now() + time;
                while Instant::now() < end {
                    let place = self.random.below(self.people.len());
                    self.write(&*contender, place).await;
                }
            }
            Until::Each(times) => {
                let n_people = self.people.len();
                for place in (0..times).flat_map(|_| 0..n_people) {
                    self.write(&*contender, place).await;
                }
            }
        }
        self
    }

    async fn write(&mut self, contender: &impl Contender, place: usize) {
        let commit = self.people[place].studies(&mut self.random, &self.clock);
        let start = Instant::now();
        contender.commit(commit).await;
        self.latencies.push(start.elapsed());
    }
}
