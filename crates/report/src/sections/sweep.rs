//! What other settings would give.

use trommel_eval::{SweepReport, Trial, three};

use crate::block::{Block, Holds, Kind, Phrase, Section, Table};
use crate::number::{count, counted, tenths};

/// How many settings are shown.
const SHOWN: usize = 10;

/// Returns the sentence and the table of the best settings.
pub(super) fn section(sweep: &SweepReport) -> Section {
    let mut blocks = vec![Block::Paragraph(sentence(sweep))];
    if !sweep.tried.is_empty() {
        blocks.push(Block::Table(table(sweep)));
    }
    Section { id: "sweep", title: "Other settings", blocks }
}

fn sentence(sweep: &SweepReport) -> Phrase {
    let tried = counted(sweep.tried.len(), "setting", "settings");
    let on = format!("on {}", counted(sweep.chosen_on, "query", "queries"));
    // The first trial is the present setting: if it is chosen, nothing else is better.
    let Some(chosen) = sweep.tried.get(sweep.chosen).filter(|_| sweep.chosen > 0) else {
        let best = if sweep.tried.is_empty() {
            "No setting was tried.".to_owned()
        } else {
            format!("The present setting is the best of {tried} {on}.")
        };
        return Phrase::ours(best);
    };
    let tested = format!(
        "; on the other half, {}, it gives {} {}: ",
        counted(sweep.tested_on, "query", "queries"),
        sweep.metric,
        three(chosen.tested_on)
    );
    Phrase::ours(format!("The best of {tried} {on} is "))
        .and(Kind::Code, &chosen.flags)
        .and(Kind::Ours, tested)
        .and(Kind::Strong, &sweep.gain.words)
        .and(Kind::Ours, " over the present setting.")
}

fn table(sweep: &SweepReport) -> Table {
    let mut order: Vec<(usize, &Trial)> = sweep.tried.iter().enumerate().collect();
    // Of equal ones the first that was tried is the simpler, and the one that is chosen.
    order.sort_by(|a, b| b.1.chosen_on.total_cmp(&a.1.chosen_on));
    let is_shown = |place: usize, n: usize| n < SHOWN || place == 0 || place == sweep.chosen;
    let row = |(n, (place, trial)): (usize, (usize, &Trial))| {
        let is = match (place == sweep.chosen, place == 0) {
            (true, true) => "chosen, present",
            (true, false) => "chosen",
            (false, true) => "present",
            (false, false) => "",
        };
        let kind = if place == sweep.chosen { Kind::Strong } else { Kind::Ours };
        let number = |shown: String| Phrase::default().and(kind, shown);
        is_shown(place, n).then(|| {
            vec![
                Phrase::ours(count(n + 1)),
                number(three(trial.chosen_on)),
                number(three(trial.tested_on)),
                number(tenths(trial.passages_read)),
                Phrase::default().and(kind, is),
                Phrase::default().and(Kind::Code, &trial.flags),
            ]
        })
    };
    let choosing = format!("choosing {}", count(sweep.chosen_on));
    let testing = format!("testing {}", count(sweep.tested_on));
    let columns = [
        ("place", Holds::Numbers),
        (choosing.as_str(), Holds::Numbers),
        (testing.as_str(), Holds::Numbers),
        ("passages read", Holds::Numbers),
        ("setting", Holds::Words),
        ("flags", Holds::Whole),
    ];
    let rows = order.into_iter().enumerate().filter_map(row).collect();
    let caption = format!("{} of the best settings on each half of the queries", sweep.metric);
    Table::new(Phrase::ours(caption), &columns).with(None, rows)
}
