//! `docs/reproduce.md`, out of the claims.

use std::fmt::Write;

use super::{Claims, Collection, Figures};

const HEAD: &str = "\
# Reproducing the figures

Made from `tests/reproduce/figures.json`; do not edit. One command runs every command of this page
and fails where a figure is another:

    TROMMEL_BEIR_DIR=DIR cargo test --release --test reproduce -- --ignored --test-threads 1

It takes some two hours on two cores, nearly all of it for encoding the corpora once in each precision;
the name of a collection behind it (`… --test-threads 1 scifact`) runs that alone. With
`REPRODUCE=write` before it, it writes what it measured here and into the file.

Every figure of the README's table and of the first stage under [Precision](measurements.md#precision)
is here. Not run again are the tables by which the defaults were chosen, on scifact's *train* queries and
the sample: they are records of that choice; and those of `--budget`, which depend on the machine.

## Collections

Documents are what `corpus.jsonl` holds in BEIR's layout; the hash is of that file, byte for byte. A
corpus that was converted by other hands has another hash and may have slightly other figures.
";

/// Returns the whole page.
pub(super) fn page(claims: &Claims) -> String {
    let mut page = HEAD.to_owned();
    page += "\n| | documents | origin | sha256 of corpus.jsonl |\n|---|---|---|---|\n";
    for collection in &claims.collections {
        page += &row(collection);
    }
    for collection in &claims.collections {
        write!(page, "\n## {}\n", collection.name).unwrap();
        let own = |figures: &&Figures| figures.collection == collection.name;
        for figures in claims.figures.iter().filter(own) {
            page += &section(collection, figures);
        }
    }
    page
}

fn row(collection: &Collection) -> String {
    let Collection { name, origin, changes, documents, sha256 } = collection;
    let origin = if changes.is_empty() { origin.clone() } else { format!("{origin}; {changes}") };
    let documents = documents.map(|documents| documents.to_string()).unwrap_or_default();
    let sha256 = sha256.as_ref().map(|hash| format!("`{hash}`")).unwrap_or_default();
    format!("| {name} | {documents} | {origin} | {sha256} |\n")
}

fn section(collection: &Collection, figures: &Figures) -> String {
    let mut section = format!("\n{}", figures.title);
    if let Some(within) = figures.within {
        write!(section, ", within {within}").unwrap();
    }
    section += ":\n\n";
    let source = match collection.sha256 {
        Some(_) => format!("eval \"$TROMMEL_BEIR_DIR/{}\"", collection.name),
        None => {
            section += "    trommel -c C index data/sample/corpus\n";
            "-c C eval --queries data/sample/queries.jsonl --qrels data/sample/qrels/test.tsv"
                .into()
        }
    };
    writeln!(section, "    trommel {source} {}\n", figures.flags.join(" ")).unwrap();
    let names = figures.flags.iter().skip_while(|flag| *flag != "--metrics").nth(1);
    let metrics: Vec<&str> = names.map(|names| names.split(',').collect()).unwrap_or_default();
    section += "| |";
    for metric in &metrics {
        write!(section, " {metric} |").unwrap();
    }
    writeln!(section, "\n|---|{}", "---|".repeat(metrics.len())).unwrap();
    for stage in &figures.stages {
        write!(section, "| `{}` |", stage.stage).unwrap();
        for metric in &metrics {
            write!(section, " {} |", four(stage.metrics[*metric])).unwrap();
        }
        section.push('\n');
    }
    section
}

/// Rounds to four decimals.
pub(super) fn rounded(mean: f64) -> f64 {
    (mean * 1e4).round() / 1e4
}

/// Writes four decimals, without the 0 before them.
pub(super) fn four(mean: f64) -> String {
    let text = format!("{mean:.4}");
    text.strip_prefix('0').map_or(text.clone(), str::to_owned)
}
