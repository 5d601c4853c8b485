//! The commands for a store that nobody serves, as people run them.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

use crate::binary::{Server, check_failure, milepost};

/// A store that was served and stopped, in a directory of its own.
fn stopped() -> (TempDir, PathBuf) {
    let dir = TempDir::new().unwrap();
    let store = dir.path().join("store");
    assert!(Server::start(&store, &["--demo"]).interrupt());
    (dir, store)
}

fn run(store: &Path, arguments: &[&str]) -> Output {
    milepost().args(arguments).arg("--data-dir").arg(store).output().unwrap()
}

/// What a command says that does what it should.
#[track_caller]
fn says(store: &Path, arguments: &[&str]) -> String {
    let output = run(store, arguments);
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{arguments:?}: {out}{err}");
    // Without a terminal no bar is shown.
    assert_eq!(err, "", "{arguments:?}");
    out
}

fn digest(said: &str) -> String {
    said.lines().find(|it| it.starts_with("digest")).expect("a digest").to_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_store_goes_through_all_of_them() {
    let (dir, store) = stopped();
    let verified = says(&store, &["verify"]);
    assert!(verified.ends_with("the ledger is whole\n"), "{verified}");
    assert!(says(&store, &["repair"]).contains("nothing to repair"));
    let (copy, restored) = (dir.path().join("copy"), dir.path().join("restored"));
    assert_eq!(digest(&says(&store, &["backup", text(&copy)])), digest(&verified));
    says(&restored, &["restore", text(&copy)]);
    assert_eq!(digest(&says(&restored, &["verify"])), digest(&verified));
    let (export, imported) = (dir.path().join("export.jsonl"), dir.path().join("imported"));
    says(&restored, &["export", text(&export)]);
    assert_eq!(says(&restored, &["export"]), fs::read_to_string(&export).unwrap());
    says(&imported, &["import", text(&export)]);
    assert_eq!(digest(&says(&imported, &["verify"])), digest(&verified));
    assert!(says(&imported, &["compact"]).starts_with("blanked   0 records"));
    check_failure(&run(&store, &["backup", text(&copy)]), &["there already"]);
    check_failure(&run(&store, &["restore", text(&copy)]), &["not empty"]);
    check_failure(&run(&store, &["import", text(&export)]), &["not empty"]);
    check_failure(&run(&store, &["export", text(&export)]), &["there already"]);
}

#[test]
fn an_export_that_is_cut_leaves_nothing_behind() {
    let (dir, store) = stopped();
    let (cut, other) = (dir.path().join("cut.jsonl"), dir.path().join("other"));
    let export = says(&store, &["export", "-"]);
    fs::write(&cut, &export[..export.len() / 2]).unwrap();
    check_failure(&run(&other, &["import", text(&cut)]), &["cut or damaged", "nothing was changed"]);
    let left = fs::read_dir(&other).unwrap().map(|it| it.unwrap().file_name()).collect::<Vec<_>>();
    assert_eq!(left, ["LOCK"]);
    fs::write(&cut, export).unwrap();
    says(&other, &["import", text(&cut)]);
}

#[test]
fn what_cannot_be_said_is_a_failure() {
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    let said = milepost().arg("schema").stdout(full()).output().unwrap();
    check_failure(&said, &["the standard output cannot be written"]);
}

#[test]
fn what_comes_in_through_a_pipe_is_imported() {
    let (dir, store) = stopped();
    let other = dir.path().join("other");
    let export = says(&store, &["export", "-"]);
    let mut import = milepost()
        .args(["import", "-", "--data-dir"])
        .arg(&other)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    import.stdin.take().unwrap().write_all(export.as_bytes()).unwrap();
    assert!(import.wait_with_output().unwrap().status.success());
    assert_eq!(says(&other, &["export"]), export);
}

#[tokio::test]
async fn damage_is_named_and_repaired() {
    let (_dir, store) = stopped();
    let ledger = store.join("ledger/00000000000000000001.ledger");
    let mut bytes = fs::read(&ledger).unwrap();
    bytes[100] ^= 1;
    fs::write(&ledger, bytes).unwrap();
    let verified = run(&store, &["verify"]);
    let said = String::from_utf8(verified.stdout).unwrap();
    assert_eq!(verified.status.code(), Some(1));
    assert!(said.contains("record 1 (00000000000000000001.ledger, byte 46)"), "{said}");
    let served = milepost().args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(&store).output().unwrap();
    check_failure(&served, &["damaged at record 1", "milepost verify", "milepost repair"]);
    check_failure(&run(&store, &["backup", "nowhere"]), &["damaged", "milepost verify"]);
    let said = says(&store, &["repair"]);
    assert!(said.contains("gone for good: record 1\n") && said.contains("ledger.damaged-1"), "{said}");
    says(&store, &["verify"]);
    let server = Server::start(&store, &[]);
    assert_eq!(server.ask("{ learners { totalCount } }").await["learners"]["totalCount"], 12);
}

#[tokio::test]
async fn a_store_that_is_served_is_left_alone_and_backed_up_by_its_server() {
    let (dir, store) = stopped();
    let backups = dir.path().join("elsewhere");
    let server = Server::start(&store, &["--backup-dir", text(&backups)]);
    let copy = dir.path().join("copy");
    for arguments in [&["verify"][..], &["repair"], &["backup", text(&copy)], &["compact"], &["export"]] {
        check_failure(&run(&store, arguments), &["in use by process"]);
    }
    assert!(!copy.exists());
    let query =
        r#"mutation { createBackup(input: { name: "now" }) { backup { digest } userErrors { code } } }"#;
    let made = server.ask(query).await["createBackup"].clone();
    assert!(server.interrupt());
    says(&copy, &["restore", text(&backups.join("now"))]);
    let expected = format!("digest    {}", made["backup"]["digest"].as_str().unwrap());
    assert_eq!(digest(&says(&copy, &["verify"])), expected);
}

#[test]
fn where_there_is_no_store_none_is_made() {
    let dir = TempDir::new().unwrap();
    let store = dir.path().join("store");
    for arguments in [&["verify"][..], &["repair"], &["backup", "copy"], &["compact"], &["export"]] {
        let output = run(&store, arguments);
        check_failure(&output, &["there is no store in"]);
        assert_eq!(output.status.code(), Some(1));
    }
    check_failure(&run(&store, &["restore", "nowhere"]), &["there is no backup in nowhere"]);
    check_failure(&run(&store, &["import", "nowhere"]), &["nowhere"]);
    assert!(!store.exists());
}

const ROWS: &str = "\
kind,learner,name,course,percent,occurredAt
learner,ada,Ada,,,
completion,ada,,cicd-automation,,2024-01-01
progress,ada,,capstone-project,400,
";

const VERDICT: &str = "line 4: REFUSED OUT_OF_RANGE: percent must be between 0 and 100\n";

#[test]
fn rows_of_progress_are_taken_in() {
    let dir = TempDir::new().unwrap();
    let (store, file) = (dir.path().join("store"), dir.path().join("rows.csv"));
    fs::write(&file, ROWS).unwrap();
    let import = |more: &[&str]| {
        let output = run(&store, &[&["import", text(&file)], more].concat());
        assert_eq!(output.status.code(), Some(1), "rows were refused");
        String::from_utf8(output.stdout).unwrap()
    };
    let counts = |it: [u32; 4], end: &str| {
        let [applied, already, repeated, refused] = it;
        format!(
            "applied   {applied}\nalready   {already}\nrepeated  {repeated}\nrefused   {refused}\n{end}\n"
        )
    };
    let (dry, done) = ("nothing was written", "all was gone through");
    assert_eq!(import(&["--dry-run"]), format!("{VERDICT}{}", counts([2, 0, 0, 1], dry)));
    assert!(!store.exists());
    let said = import(&["--verdicts"]);
    let (batch, rest) = said.split_once('\n').expect("a batch first");
    assert_eq!(rest, format!("line 2: APPLIED\nline 3: APPLIED\n{VERDICT}{}", counts([2, 0, 0, 1], done)));
    let exported = says(&store, &["export"]);
    assert!(exported.contains(batch.trim_start_matches("batch").trim()), "{batch}");
    let again = import(&[]);
    assert_eq!(again.split_once('\n').unwrap().1, format!("{VERDICT}{}", counts([0, 0, 2, 1], done)));
    assert_eq!(import(&["--dry-run"]), format!("{VERDICT}{}", counts([0, 0, 2, 1], dry)));
    assert_eq!(says(&store, &["export"]), exported);
    fs::write(&file, "\u{feff}{\"kind\": \"start\", \"learner\": \"ada\", \"course\": \"async-js-game\"}\n")
        .unwrap();
    let said = says(&store, &["import", text(&file)]);
    assert!(said.contains("applied   1\n"), "{said}");
    check_failure(
        &run(&store, &["import", "--dry-run", text(&exported_to(&dir, &exported))]),
        &["--dry-run"],
    );
    fs::write(&file, format!("\u{feff}{exported}")).unwrap();
    check_failure(&run(&store, &["import", text(&file)]), &["something was put before it"]);
    fs::write(&file, "shoe\n43\n").unwrap();
    check_failure(&run(&store, &["import", text(&file)]), &["the first row must name the columns"]);
}

/// Of many learners, each of whom is met again and again far behind.
#[test]
fn a_hundred_thousand_rows_are_taken_in_once() {
    let dir = TempDir::new().unwrap();
    let (store, file) = (dir.path().join("store"), dir.path().join("rows.csv"));
    let learners = (0..20_000).map(|it| format!("learner,l{it},Learner {it},,\n"));
    let courses = ["cicd-automation", "dotnet-backend", "capstone-project", "async-js-game"];
    let completions = courses.iter().flat_map(|course| {
        (0..20_000).map(move |it| format!("completion,l{it},,{course},2026-01-{:02}\n", it % 28 + 1))
    });
    let rows: String = learners.chain(completions).collect();
    fs::write(&file, format!("kind,learner,name,course,occurredAt\n{rows}")).unwrap();
    let first = says(&store, &["import", text(&file)]);
    let counts = "applied   100000\nalready   0\nrepeated  0\nrefused   0\n";
    assert!(first.contains(counts), "{first}");
    let verified = says(&store, &["verify"]);
    let again = says(&store, &["import", text(&file)]);
    let counts = "applied   0\nalready   0\nrepeated  100000\nrefused   0\n";
    assert!(again.contains(counts), "{again}");
    assert_eq!(says(&store, &["verify"]), verified);
}

/// On a terminal, which `script` of util-linux pretends to be.
#[test]
fn an_import_shows_how_far_it_is() {
    let has_script = Command::new("script").arg("--version").output().is_ok_and(|it| it.status.success());
    if !has_script {
        eprintln!("skipped: `script` of util-linux is missing");
        return;
    }
    let dir = TempDir::new().unwrap();
    let (store, file) = (dir.path().join("store"), dir.path().join("rows.csv"));
    let rows: String = (0..10_000).map(|it| format!("learner,l{it},Learner {it}\n")).collect();
    fs::write(&file, format!("kind,learner,name\n{rows}")).unwrap();
    let length = fs::metadata(&file).unwrap().len();
    let import = format!(
        "{} import --data-dir {} {}",
        milepost().get_program().to_str().unwrap(),
        store.display(),
        file.display()
    );
    let output = Command::new("script").args(["-qec", &import, "/dev/null"]).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && shown.contains("applied   10000"), "{shown}");
    let end = format!("/{length}");
    let places = shown.split_whitespace().filter_map(|it| it.split_once(&end)?.0.parse::<u64>().ok());
    let places: Vec<_> = places.collect();
    assert!(places.is_sorted() && places.iter().any(|it| (1..length).contains(it)), "{shown}");
}

fn exported_to(dir: &TempDir, export: &str) -> PathBuf {
    let file = dir.path().join("export.jsonl");
    fs::write(&file, export).unwrap();
    file
}

/// What can be asked about everybody, but for what depends on the present instant.
const QUESTIONS: [&str; 3] = [
    "{ learners(first: 100, orderBy: { field: NAME }) { totalCount nodes { id externalId name email version createdAt
        updatedAt stack { slug } goals { id title status setAt } courseProgress { course { slug } status percent
        completedAt } } } }",
    "{ learners(first: 20, orderBy: { field: PROGRESS, direction: DESC }) { nodes { id projects { id name aspects
        deployments { url checkedAt ok } incidents { title } } evidence { id kind url status reviewer note }
        readiness { ready progress { done total } milestones { status metAt } } } } }",
    "{ learners(first: 10, filter: { milestoneOpen: \"sql\" }) { totalCount nodes { events(last: 30) { totalCount
        nodes { id version kind summary occurredAt recordedAt actor reason voided milestonesReached { slug } } } } } }",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_exported_and_imported_answers_the_same() {
    let (dir, store) = stopped();
    let (export, imported) = (dir.path().join("export.jsonl"), dir.path().join("imported"));
    says(&store, &["export", text(&export)]);
    let server = Server::start(&store, &[]);
    let mut answers = vec![];
    for question in QUESTIONS {
        answers.push(server.ask(question).await);
    }
    assert!(server.interrupt());
    assert!(answers[0]["learners"]["totalCount"].as_u64() > Some(5), "{:#}", answers[0]);
    // Nothing but the file is left.
    fs::remove_dir_all(&store).unwrap();
    says(&imported, &["import", text(&export)]);
    let server = Server::start(&imported, &[]);
    for (question, answer) in QUESTIONS.into_iter().zip(answers) {
        assert_eq!(server.ask(question).await, answer);
    }
}
