//! `trommel check`: whether every byte is as it was written.

use clap::Args;
use serde_json::json;
use trommel_engine::CheckReport;

use super::{Context, status};
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::{hints, terminal};

/// Check the collection for damage
///
/// Ends with exit code 3 if anything is damaged.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Report as one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(args: CheckArgs, global: &Global) -> Result<Exit, CliError> {
    let context = Context::new(global, Vec::new())?;
    let report =
        trommel_engine::check(&context.folder).map_err(|error| hints::engine(error, &context))?;
    if args.json {
        terminal::print(as_json(&report, &context))?;
    } else {
        terminal::print(in_words(&report))?;
    }
    if report.findings.is_empty() {
        return Ok(Exit::Done);
    }
    terminal::tell(format!("\nhint: {}", context.command("repair")));
    Ok(Exit::Damaged)
}

fn in_words(report: &CheckReport) -> String {
    let mut lines: Vec<String> = report
        .findings
        .iter()
        .map(|finding| {
            let path = finding.path.to_string_lossy();
            trommel_core::escape(&format!("{path}: {}", finding.detail)).into_owned()
        })
        .collect();
    if !report.orphans.is_empty() {
        let count = report.orphans.len();
        lines.push(format!("{count} leftover files, which the next writer removes"));
    }
    if !report.foreign.is_empty() {
        let count = report.foreign.len();
        lines.push(format!("{count} files that are not the collection's, which nobody removes"));
    }
    let CheckReport { generation, files, documents, passages, .. } = report;
    // The last line says it all, for whoever sees only the end.
    lines.push(if report.findings.is_empty() {
        format!(
            "clean: generation {generation}, {documents} documents, {passages} passages, {files} files, {}",
            status::size(report.bytes)
        )
    } else {
        format!("damaged: {} findings in generation {generation}", report.findings.len())
    });
    lines.join("\n")
}

fn as_json(report: &CheckReport, context: &Context) -> serde_json::Value {
    let findings: Vec<_> = report
        .findings
        .iter()
        .map(|finding| json!({ "path": finding.path, "detail": finding.detail }))
        .collect();
    json!({
        "schema": "trommel.check.v1",
        "collection": context.folder,
        "clean": findings.is_empty(),
        "generation": report.generation,
        "files": report.files,
        "bytes": report.bytes,
        "documents": report.documents,
        "passages": report.passages,
        "findings": findings,
        "orphans": report.orphans,
        "foreign": report.foreign,
    })
}
