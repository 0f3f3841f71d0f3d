//! Files of a hub repository over HTTPS.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use ureq::{Agent, Body, http::Response};

use super::wheel::store;
use crate::installed::read_tokenizer;
use crate::safetensors_file::read_header;
use crate::{HubRepository, ModelsError, Progress, Spec, StoredFile};

/// A hub that is out of reach is to be known as such soon.
const CONNECT: Duration = Duration::from_secs(3);
/// How long a connected hub may say nothing.
const SILENCE: Duration = Duration::from_secs(30);

/// Downloads a repository's files into a folder, each checked and on the disk when this returns;
/// returns what to say of their origin, with the commit if the hub names it.
pub(crate) fn download(
    hub: &str,
    spec: &Spec,
    repository: &HubRepository,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<(String, Vec<StoredFile>), ModelsError> {
    let agent = agent(hub);
    let revision = commit(&agent, hub, repository)?;
    let origin = format!("hub {}@{revision}", repository.repository);
    let mut files = Vec::new();
    for file in &repository.files {
        let url = format!("{hub}/{}/resolve/{revision}/{}", repository.repository, file.path);
        let mut answer = get(&agent, &url)?;
        let total = answer.body().content_length().or(file.size);
        let label = format!("{} {}", spec.id, file.name);
        let advance = |done: u64| progress.advance(&label, done, total);
        let body = answer.body_mut().as_reader();
        // `store` takes a read that fails for a damaged archive; here it is the connection.
        let stored =
            store(body, file, &origin, folder, &advance, progress).map_err(
                |error| match error {
                    ModelsError::Corrupt { detail, .. } => {
                        ModelsError::Hub { url: url.clone(), detail }
                    }
                    error => error,
                },
            )?;
        if stored.unpinned {
            // With no hash to check by, at least a login page must not become the model.
            look_into(&folder.join(&stored.name))
                .map_err(|error| ModelsError::Hub { url, detail: error.to_string() })?;
        }
        files.push(stored);
    }
    Ok((origin, files))
}

fn agent(hub: &str) -> Agent {
    let mut config = Agent::config_builder()
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(SILENCE))
        .timeout_per_read(Some(SILENCE));
    // A hub on this machine is not behind the proxy that the environment may name.
    if hub.contains("://127.0.0.1") || hub.contains("://localhost") {
        config = config.proxy(None);
    }
    config.build().into()
}

fn get(agent: &Agent, url: &str) -> Result<Response<Body>, ModelsError> {
    agent.get(url).call().map_err(|error| failed(url, &error))
}

fn failed(url: &str, error: &ureq::Error) -> ModelsError {
    ModelsError::Hub { url: url.to_owned(), detail: error.to_string() }
}

/// Returns the commit that a branch stands at, so that all files are of one; the branch itself if
/// the hub does not say.
fn commit(agent: &Agent, hub: &str, of: &HubRepository) -> Result<String, ModelsError> {
    let is_commit = |text: &str| text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if is_commit(&of.revision) {
        return Ok(of.revision.clone());
    }
    let url = format!("{hub}/api/models/{}/revision/{}", of.repository, of.revision);
    let answer = match agent.get(&url).call() {
        Ok(mut answer) => answer.body_mut().read_to_string().map_err(|e| failed(&url, &e))?,
        Err(ureq::Error::StatusCode(_)) => return Ok(of.revision.clone()),
        Err(error) => return Err(failed(&url, &error)),
    };
    let named = serde_json::from_str::<Value>(&answer).ok();
    let sha = named.as_ref().and_then(|answer| answer.get("sha")).and_then(Value::as_str);
    // The answer becomes a part of addresses, so it has to look like a commit.
    Ok(sha.filter(|sha| is_commit(sha)).unwrap_or(&of.revision).to_owned())
}

fn look_into(path: &Path) -> Result<(), ModelsError> {
    match path.file_name().and_then(|name| name.to_str()) {
        Some("tokenizer.json") => read_tokenizer(path).map(drop),
        Some("model.safetensors") => read_header(path).map(drop),
        Some("config.json") => {
            let text = std::fs::read(path).map_err(ModelsError::io(path))?;
            let config = serde_json::from_slice::<Value>(&text);
            config.map(drop).map_err(|error| ModelsError::corrupt(path, error))
        }
        _ => Ok(()),
    }
}
