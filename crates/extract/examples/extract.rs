//! Writes what files say, one JSON object each.
//!
//! ```text
//! cargo run --release -p trommel-extract --example extract -- FILE…
//! ```

use std::error::Error;
use std::io::Write as _;
use std::{env, fs, io};

use serde_json::json;
use trommel_extract::{Limits, extractor_of};

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    for path in env::args().skip(1) {
        let bytes = fs::read(&path)?;
        let name = path.rsplit('/').next().unwrap_or_default();
        let Some(extractor) = extractor_of(&bytes[..bytes.len().min(8 << 10)], name) else {
            writeln!(out, "{}", json!({ "file": path, "error": "no extractor" }))?;
            continue;
        };
        match extractor.extract(&bytes, name, &Limits::default()) {
            Ok(mut said) => {
                let attachments: Vec<_> = std::mem::take(&mut said.attachments)
                    .into_iter()
                    .map(|it| json!({ "name": it.name, "bytes": it.bytes.len() }))
                    .collect();
                let object = json!({ "file": path, "format": extractor.name(), "extracted": said, "attachments": attachments });
                writeln!(out, "{object}")?;
            }
            Err(error) => writeln!(
                out,
                "{}",
                json!({ "file": path, "format": extractor.name(), "error": error.to_string() })
            )?,
        }
    }
    Ok(())
}
