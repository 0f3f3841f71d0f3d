//! A phase in a process of its own.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::Failure;
use crate::costs::Costs;
use crate::phases::{Job, PHASES};

/// What the first argument of such a process is.
pub(crate) const PHASE: &str = "--phase";

/// Runs a phase in a new process and returns what it measured.
pub(crate) fn run(phase: &str, job: &Job) -> Result<Costs, Failure> {
    let output = Command::new(std::env::current_exe()?)
        .args([PHASE, phase, &job.documents.to_string()])
        .arg(&job.folder)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("phase {phase} of {} ended: {}", job.documents, output.status).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Runs a phase in this process and prints what it measured.
pub(crate) fn serve(arguments: &[String]) -> Result<(), Failure> {
    let [phase, documents, folder] = arguments else {
        return Err(format!("{PHASE} wants a phase, a size and a folder").into());
    };
    let (_, run) = PHASES.iter().find(|(name, _)| name == phase).ok_or("unknown phase")?;
    let mut costs = run(&Job { documents: documents.parse()?, folder: PathBuf::from(folder) })?;
    // JSON has no word for what is no number: what the system does not tell is left out.
    costs.retain(|_, cost| cost.is_finite());
    println!("{}", serde_json::to_string(&costs)?);
    Ok(())
}
