//! Fetching from a hub of the test's own, on a port of this machine.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use super::*;
use crate::HubRepository;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// An answer with its status; `cut` says one byte more than it sends.
#[derive(Clone)]
struct Answer {
    status: u16,
    body: Vec<u8>,
    cut: bool,
}

fn ok(body: impl Into<Vec<u8>>) -> Answer {
    Answer { status: 200, body: body.into(), cut: false }
}

/// Serves answers by path on a port of this machine, as long as the process lives.
fn serve(answers: HashMap<String, Answer>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answers = Arc::new(answers);
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let request = lines.next().unwrap().unwrap();
            lines.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
            let path = request.split(' ').nth(1).unwrap();
            let missing = Answer { status: 404, body: Vec::new(), cut: false };
            let Answer { status, body, cut } = answers.get(path).cloned().unwrap_or(missing);
            let length = body.len() + usize::from(cut);
            let head = format!(
                "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            );
            let _ = stream.write_all(head.as_bytes());
            let _ = stream.write_all(&body);
        }
    });
    address
}

fn options(hub: String) -> FetchOptions {
    FetchOptions { pip: Vec::new(), hub: Some(hub) }
}

fn repository(names: &[&str]) -> Spec {
    let file = |name: &&str| SourceFile {
        path: (*name).into(),
        name: (*name).into(),
        sha256: None,
        size: None,
    };
    let hub = HubRepository {
        repository: "ORG/NAME".into(),
        revision: "main".into(),
        files: names.iter().map(file).collect(),
    };
    spec("h", vec![Source::Hub(hub)])
}

fn address(name: &str) -> String {
    format!("/ORG/NAME/resolve/{COMMIT}/{name}")
}

fn commit() -> (String, Answer) {
    ("/api/models/ORG/NAME/revision/main".into(), ok(format!(r#"{{"sha":"{COMMIT}"}}"#)))
}

#[test]
fn an_unpinned_file_is_said_to_be_so_recorded_and_checked_ever_after() {
    let world = World::new();
    let answers = HashMap::from([commit(), (address("config.json"), ok("{}"))]);
    let spec = repository(&["config.json"]);
    let report = world
        .store
        .fetch_specs(std::slice::from_ref(&spec), &options(serve(answers)), &Silent)
        .unwrap();
    let model = &report.fetched[0];
    assert_eq!(model.source, format!("hub ORG/NAME@{COMMIT}"));
    let unpinned: Vec<_> = model.unpinned().map(|file| file.sha256.as_str()).collect();
    // sha256sum of the two bytes {}
    assert_eq!(unpinned, ["44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"]);
    let config = world.store.folder("h").join("config.json");
    world.store.whole(&spec).unwrap();
    fs::write(&config, "[]").unwrap();
    let error = world.store.whole(&spec).unwrap_err();
    assert!(matches!(&error, ModelsError::Damaged { path, .. } if *path == config), "{error}");
}

#[test]
fn a_hub_that_does_not_name_its_commit_is_read_at_the_branch() {
    let world = World::new();
    let path = "/ORG/NAME/resolve/main/config.json".to_owned();
    let hub = serve(HashMap::from([(path, ok("{}"))]));
    let report = world.store.fetch_specs(&[repository(&["config.json"])], &options(hub), &Silent);
    assert_eq!(report.unwrap().fetched[0].source, "hub ORG/NAME@main");
}

#[test]
fn a_login_page_a_half_file_a_missing_file_and_a_dead_hub_leave_nothing() {
    let world = World::new();
    let names = ["config.json", "model.safetensors"];
    let fails = |hub: String| {
        let error =
            world.store.fetch_specs(&[repository(&names)], &options(hub), &Silent).unwrap_err();
        world.assert_untouched();
        match error {
            ModelsError::Hub { url, detail } => (url, detail),
            other => panic!("{other}"),
        }
    };
    let serve_weights = |weights: Answer| {
        serve(HashMap::from([
            commit(),
            (address("config.json"), ok("{}")),
            (address("model.safetensors"), weights),
        ]))
    };
    let header = br#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend_from_slice(header);
    file.extend_from_slice(&[0; 4]);

    let page = "<!doctype html><title>log in</title> to this network, please, here";
    let (url, detail) = fails(serve_weights(ok(page)));
    assert!(url.ends_with("/model.safetensors") && detail.contains("cannot be read"), "{detail}");
    let half = Answer { cut: true, ..ok(file.clone()) };
    assert!(fails(serve_weights(half)).0.ends_with("/model.safetensors"));
    let gone = Answer { status: 503, body: Vec::new(), cut: false };
    assert!(fails(serve_weights(gone)).1.contains("503"));
    let (url, _) = fails("http://127.0.0.1:1".into());
    assert_eq!(url, "http://127.0.0.1:1/api/models/ORG/NAME/revision/main");

    let hub = options(serve_weights(ok(file)));
    assert_eq!(
        world.store.fetch_specs(&[repository(&names)], &hub, &Silent).unwrap().fetched.len(),
        1
    );
}

#[test]
fn the_hub_is_asked_when_pip_is_not_there_and_its_file_must_be_the_wheels() {
    let world = World::new();
    let mut both = world.spec("a");
    let hub = |files| {
        Source::Hub(HubRepository { repository: "ORG/NAME".into(), revision: COMMIT.into(), files })
    };
    both.sources.push(hub(vec![world.file("a")]));
    let other = serve(HashMap::from([(address("a/model.onnx"), ok("X"))]));
    let error = world.store.fetch_specs(&[both.clone()], &options(other), &Silent).unwrap_err();
    let ModelsError::AllSourcesFailed { failures, .. } = error else { panic!("{error}") };
    assert!(matches!(*failures[0].error, ModelsError::NoPip { .. }));
    assert!(matches!(*failures[1].error, ModelsError::WrongHash { .. }));
    world.assert_untouched();

    let same = serve(HashMap::from([(address("a/model.onnx"), ok("A"))]));
    let report = world.store.fetch_specs(&[both], &options(same), &Silent).unwrap();
    assert_eq!(report.fetched[0].source, format!("hub ORG/NAME@{COMMIT}"));
}
