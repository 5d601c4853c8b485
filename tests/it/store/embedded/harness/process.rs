//! A process that is started to be killed: this test binary once more, with one test of it.

use std::{
    env,
    ffi::OsStr,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Longer than anything that a process is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running process, and what it says. It is killed when it is dropped.
pub struct Process {
    child: Child,
    /// The lines of its output, taken from it at once so that it never waits for us.
    lines: Receiver<String>,
    errors: Option<JoinHandle<String>>,
}

impl Process {
    /// Starts the test of that name, with these variables.
    pub fn start(test: &str, variables: &[(&str, &OsStr)]) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut output, mut errors) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            let mut output = BufReader::new(&mut output);
            let mut line = String::new();
            // A line without an end was not said to the end.
            while output.read_line(&mut line).is_ok() && line.ends_with('\n') {
                let _ = sender.send(line.trim_end().to_owned());
                line.clear();
            }
        });
        let errors = thread::spawn(move || {
            let mut text = String::new();
            let _ = errors.read_to_string(&mut text);
            text
        });
        Self { child, lines, errors: Some(errors) }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its next line; `None`: there is none for so long, or it has ended.
    pub fn next(&self, wait: Duration) -> Option<String> {
        self.lines.recv_timeout(wait).ok()
    }

    /// Waits until it says this, and answers what it said before.
    pub fn wait_for(&mut self, line: &str) -> Vec<String> {
        let mut before = vec![];
        loop {
            match self.next(PATIENCE) {
                Some(next) if next == line => return before,
                Some(next) => before.push(next),
                None => panic!("it never said `{line}`, but {before:?} and {}", self.end()),
            }
        }
    }

    /// Takes the processor from it; answers once none of its threads is inside a system call, so
    /// that nothing that it asked for is still under way.
    pub fn stop(&self) {
        self.signal("-STOP");
        let deadline = Instant::now() + PATIENCE;
        let tasks = format!("/proc/{}/task", self.id());
        let is_stopped = |stat: String| stat.rsplit_once(") ").is_some_and(|it| it.1.starts_with('T'));
        loop {
            let mut stats = fs::read_dir(&tasks).unwrap().map(|it| it.unwrap().path().join("stat"));
            if stats.all(|it| fs::read_to_string(it).is_ok_and(is_stopped)) {
                return;
            }
            assert!(Instant::now() < deadline, "it does not stop");
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn signal(&self, signal: &str) {
        let id = self.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// Kills it with `SIGKILL`, and answers what it said and nobody took. It must not have ended
    /// before, nor panicked; sled does when it meets damage, and the engine catches that.
    pub fn kill(mut self) -> Vec<String> {
        let errors = self.end();
        let mut panics = errors.lines().filter(|it| it.contains("panicked at"));
        assert!(panics.all(|it| it.contains("/sled-0.")), "{errors}");
        assert_eq!(self.child.wait().unwrap().code(), None, "it ended by itself: {errors}");
        self.lines.iter().collect()
    }

    /// Kills it, and answers what it complained of.
    fn end(&mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.errors.take().map_or_else(String::new, |it| it.join().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// Says a line to whoever started this process.
pub fn say(text: &str) {
    std::io::stdout().lock().write_all(format!("{text}\n").as_bytes()).unwrap();
}
