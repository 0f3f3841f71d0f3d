//! Where relevant documents are lost on their way into the hits.

use trommel_eval::{Ceiling, LossCount, LossReport, three};

use crate::block::{Bar, Block, Chart, Figure, Holds, Kind, Phrase, Section, Table};
use crate::number::{count, counted, percent};

/// Returns the sentence, the tables and the charts.
pub(super) fn section(losses: &LossReport) -> Section {
    let mut blocks = vec![Block::Paragraph(sentence(losses))];
    if !losses.gates.is_empty() {
        blocks.push(Block::Table(gates(losses)));
        blocks.push(Block::Figure(gates_figure(losses)));
    }
    if !losses.ceilings.is_empty() {
        blocks.push(Block::Table(ceilings(&losses.ceilings)));
        blocks.push(Block::Figure(ceilings_figure(&losses.ceilings)));
    }
    Section { id: "losses", title: "Where answers are lost", blocks }
}

fn sentence(losses: &LossReport) -> Phrase {
    let LossReport { k, relevant, found, .. } = *losses;
    let of = counted(relevant, "relevant document", "relevant documents");
    let verb = if found == 1 { "is" } else { "are" };
    let rest = relevant.saturating_sub(found);
    let rest = match rest {
        0 => "none was lost".to_owned(),
        _ => format!("{} ({}) were lost", count(rest), percent(rest, relevant)),
    };
    Phrase::ours(format!("Of {of} "))
        .and(Kind::Strong, count(found))
        .and(Kind::Ours, format!(" {verb} among the first {k} hits; {rest}."))
}

fn gates(losses: &LossReport) -> Table {
    let columns = [
        ("gate", Holds::Words),
        ("lost", Holds::Numbers),
        ("share", Holds::Numbers),
        ("meaning", Holds::Whole),
    ];
    let row = |gate: &LossCount| {
        vec![
            Phrase::theirs(&gate.gate),
            Phrase::default().and(Kind::Strong, count(gate.lost)),
            Phrase::ours(percent(gate.lost, losses.relevant)),
            Phrase::theirs(&gate.meaning),
        ]
    };
    let caption = Phrase::ours("Relevant documents lost, in the order of the gates");
    Table::new(caption, &columns).with(None, losses.gates.iter().map(row).collect())
}

fn gates_figure(losses: &LossReport) -> Figure {
    let bar = |gate: &LossCount| Bar {
        name: gate.gate.clone(),
        value: gate.lost as f64,
        interval: None,
        shown: count(gate.lost),
    };
    let bars: Vec<Bar> = losses.gates.iter().map(bar).collect();
    let each: Vec<String> = bars.iter().map(|bar| format!("{} {}", bar.name, bar.shown)).collect();
    Figure {
        label: format!("Bars of relevant documents lost: {}.", each.join(", ")),
        caption: Phrase::ours("Relevant documents lost at each gate."),
        chart: Chart::Bars { bars, axis: None },
    }
}

fn ceilings(ceilings: &[Ceiling]) -> Table {
    let columns = [("looked at", Holds::Words), ("recall ceiling", Holds::Numbers)];
    let row = |ceiling: &Ceiling| {
        vec![Phrase::theirs(&ceiling.gate), Phrase::ours(three(ceiling.recall))]
    };
    let caption = Phrase::ours("The recall that each gate leaves possible");
    Table::new(caption, &columns).with(None, ceilings.iter().map(row).collect())
}

fn ceilings_figure(ceilings: &[Ceiling]) -> Figure {
    let bar = |ceiling: &Ceiling| Bar {
        name: ceiling.gate.clone(),
        value: ceiling.recall,
        interval: None,
        shown: three(ceiling.recall),
    };
    let bars: Vec<Bar> = ceilings.iter().map(bar).collect();
    let each: Vec<String> = bars.iter().map(|bar| format!("{} {}", bar.name, bar.shown)).collect();
    Figure {
        label: format!("Bars of the recall ceilings: {}.", each.join(", ")),
        caption: Phrase::ours("The recall that each gate leaves possible."),
        chart: Chart::Bars { bars, axis: Some("recall".to_owned()) },
    }
}
