//! A client: it reads, writes and says calls again, by chance, and notes when it asked and when it
//! was answered. What was not answered may have happened or not; it is said again later.

use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    os::unix::net::UnixStream,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU32, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    super::Chance,
    N_LEARNERS,
    model::{Done, Operation},
    protocol::{Answer, Call, Question, digest_of},
};

/// What all clients know.
pub struct Common {
    pub socket: PathBuf,
    pub began: Instant,
    /// So many operations are still to do.
    pub left: AtomicI64,
    n_calls: AtomicU32,
    /// The last version of each learner that anybody heard of.
    versions: Vec<AtomicU32>,
}

impl Common {
    pub fn new(socket: PathBuf, n_operations: usize) -> Self {
        let versions = (0..N_LEARNERS).map(|_| AtomicU32::new(0)).collect();
        let (left, n_calls) = (AtomicI64::new(n_operations as i64), AtomicU32::new(0));
        Self { socket, began: Instant::now(), left, n_calls, versions }
    }
}

pub struct Client {
    pub number: u32,
    common: Arc<Common>,
    chance: Chance,
    connection: Option<BufReader<UnixStream>>,
    /// Calls without an answer.
    unknown: Vec<Call>,
    /// Calls with one.
    known: Vec<Call>,
    /// What it did, with the learner.
    log: Vec<(u32, Operation)>,
}

impl Client {
    pub fn new(number: u32, common: Arc<Common>, chance: Chance) -> Self {
        Self { number, common, chance, connection: None, unknown: vec![], known: vec![], log: vec![] }
    }

    /// Does what is still to do, until every call has an answer; tells what it did.
    pub fn run(mut self) -> Vec<(u32, Operation)> {
        while 0 < self.common.left.fetch_sub(1, SeqCst) {
            match self.chance.below(20) {
                0..8 => self.read_one(),
                8 if !self.known.is_empty() => {
                    let at = self.chance.below(self.known.len() as u64) as usize;
                    self.write(self.known[at]);
                }
                9..14 if !self.unknown.is_empty() => {
                    let call = self.unknown.swap_remove(0);
                    self.write(call);
                }
                _ => self.write_one(),
            }
        }
        for _ in 0..1_000 {
            let Some(call) = self.unknown.pop() else { break };
            self.write(call);
        }
        assert_eq!(self.unknown, [], "without an answer although nobody was killed any more");
        self.log
    }

    /// Reads every learner once; tells what it did.
    pub fn read_all(mut self) -> Vec<(u32, Operation)> {
        (0..N_LEARNERS).for_each(|it| self.read(it));
        self.log
    }

    /// Some learners are asked for much more often than others.
    fn some_learner(&mut self) -> u32 {
        let end = 1 + self.chance.below(u64::from(N_LEARNERS));
        self.chance.below(end) as u32
    }

    fn read_one(&mut self) {
        let learner = self.some_learner();
        self.read(learner);
    }

    fn read(&mut self, learner: u32) {
        let (called, answer) = self.ask(&Question::Read(learner));
        // A read without an answer says nothing.
        match answer {
            Some(Answer::State { version, digest }) => {
                self.heard_of(learner, version);
                self.note(learner, called, Done::Read { version, digest });
            }
            Some(answer) => panic!("{answer:?} to a read"),
            None => {}
        }
    }

    fn write_one(&mut self) {
        let learner = self.some_learner();
        let last = self.common.versions[learner as usize].load(SeqCst);
        let base = if self.chance.once_in(8) { last.saturating_sub(1) } else { last };
        let number = 1 + self.common.n_calls.fetch_add(1, SeqCst);
        self.write(Call { learner, base, number });
    }

    fn write(&mut self, call: Call) {
        let (called, answer) = self.ask(&Question::Write(call));
        match answer {
            Some(Answer::Done) => self.heard_of(call.learner, call.base + 1),
            Some(Answer::Conflict { current }) => self.heard_of(call.learner, current),
            Some(Answer::Repeated { .. }) => {}
            Some(answer) => panic!("{answer:?} to a write"),
            None => self.unknown.push(call),
        }
        if answer.is_some() {
            self.known.push(call);
        }
        let digest = digest_of(&call.state());
        self.note(call.learner, called, Done::Write { call: call.number, base: call.base, digest, answer });
    }

    fn heard_of(&self, learner: u32, version: u32) {
        self.common.versions[learner as usize].fetch_max(version, SeqCst);
    }

    fn note(&mut self, learner: u32, called: i64, done: Done) {
        let is_unknown = matches!(done, Done::Write { answer: None, .. });
        // What has no answer may happen at any later time.
        let return_time = if is_unknown { i64::MAX } else { self.now() };
        let client_id = Some(self.number);
        self.log.push((
            learner,
            Operation { client_id, call_time: called, return_time, op: done, metadata: None },
        ));
    }

    fn now(&self) -> i64 {
        self.common.began.elapsed().as_nanos() as i64
    }

    /// Asks once, as soon as there is somebody to ask; when, and what came back, if anything did.
    fn ask(&mut self, question: &Question) -> (i64, Option<Answer>) {
        let mut connection = self.connection.take().unwrap_or_else(|| self.connect());
        let called = self.now();
        let answer = ask(&mut connection, question).ok();
        self.connection = answer.map(|_| connection);
        (called, answer)
    }

    fn connect(&self) -> BufReader<UnixStream> {
        for _ in 0..30_000 {
            if let Ok(stream) = UnixStream::connect(&self.common.socket) {
                return BufReader::new(stream);
            }
            thread::sleep(Duration::from_millis(2));
        }
        panic!("nobody listens");
    }
}

fn ask(connection: &mut BufReader<UnixStream>, question: &Question) -> io::Result<Answer> {
    let question = serde_json::to_string(question)? + "\n";
    connection.get_mut().write_all(question.as_bytes())?;
    let mut answer = String::new();
    connection.read_line(&mut answer)?;
    Ok(serde_json::from_str(&answer)?)
}
