//! Bars for long work on standard error: on a terminal. Elsewhere indexing says a line now and then.

use std::io::{self, IsTerminal};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use trommel_engine::Event;
use trommel_models::Progress;

use crate::signals::Cancel;
use crate::terminal;

const COUNTED: &str = "{msg} {wide_bar} {human_pos}/{human_len}  {per_sec}  {eta} left";
const UNCOUNTED: &str = "{spinner} {msg} {human_pos}  {per_sec}  {elapsed}";
const BYTES: &str = "{msg} {wide_bar} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left";
const SOME_BYTES: &str = "{spinner} {msg} {bytes}  {bytes_per_sec}  {elapsed}";

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Returns a bar that counts to `total`.
pub(crate) fn counter(what: &'static str, total: usize) -> ProgressBar {
    ProgressBar::new(total as u64).with_style(style(COUNTED)).with_message(what)
}

/// Returns a bar that counts what nobody has counted before.
pub(crate) fn spinner(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::no_length().with_style(style(UNCOUNTED)).with_message(what);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Returns a sign that something goes on, until it is dropped; none where nobody sees it.
pub(crate) fn waiting(what: &'static str) -> Option<Waiting> {
    io::stderr().is_terminal().then(|| {
        let bar = ProgressBar::new_spinner().with_message(what);
        bar.enable_steady_tick(Duration::from_millis(200));
        Waiting(bar)
    })
}

/// A sign that something goes on.
pub(crate) struct Waiting(ProgressBar);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// How often a run says how far it is where there is no bar.
const SAID_EVERY: Duration = Duration::from_secs(10);

/// After how long a run knows its speed.
const KNOWN_AFTER: Duration = Duration::from_secs(4);
/// Of how many passages.
const ENOUGH: usize = 32;
/// What is worth announcing.
const LONG: Duration = Duration::from_secs(20);

/// The bar of an indexing run: bytes of the sources, of as many as there are once that is known.
pub(crate) struct IndexBar {
    bar: ProgressBar,
    began: Instant,
    /// When it was last said how far the run is; nothing on a terminal, which shows it.
    said: Option<Instant>,
    documents: usize,
    passages: usize,
    skipped: usize,
    /// Passages whose vectors were predicted since that was last said.
    predicted: usize,
    /// Whether passages are counted, and no bytes any more.
    encoding: bool,
    /// Whether it was said how long the run will take.
    announced: bool,
}

impl IndexBar {
    /// Shows a bar.
    pub(crate) fn begin() -> Self {
        let bar = ProgressBar::no_length().with_style(style(SOME_BYTES)).with_message("reading");
        bar.enable_steady_tick(Duration::from_millis(200));
        let began = Instant::now();
        let said = (!io::stderr().is_terminal()).then_some(began);
        Self {
            bar,
            began,
            said,
            documents: 0,
            passages: 0,
            skipped: 0,
            predicted: 0,
            encoding: false,
            announced: false,
        }
    }

    /// Returns the bar, to tell it the total.
    pub(crate) fn bar(&self) -> ProgressBar {
        self.bar.clone()
    }

    /// Moves with the run.
    pub(crate) fn event(&mut self, event: Event) {
        match event {
            Event::Read { bytes, .. } => {
                self.bar.inc(bytes);
                self.documents += 1;
            }
            Event::Skipped { bytes } => {
                self.bar.inc(bytes);
                self.skipped += 1;
            }
            Event::Encoded { passages } => {
                self.passages += passages;
                if self.encoding {
                    self.bar.inc(passages as u64);
                }
            }
            Event::Lexical { passages } => self.deepen(passages),
            Event::Predicted { passages } => self.predicted += passages,
            Event::Committed { .. } if self.predicted > 0 => {
                terminal::note(format!(
                    "after {} the vectors of {} passages are predicted",
                    in_words(self.began.elapsed()),
                    std::mem::take(&mut self.predicted)
                ));
            }
            Event::ReadAll | Event::Committed { .. } => {}
        }
        self.announce();
        let skipped =
            if self.skipped > 0 { format!(", {} skipped", self.skipped) } else { String::new() };
        let far = format!("{} documents, {} passages{skipped}", self.documents, self.passages);
        if self.said.is_some_and(|said| said.elapsed() >= SAID_EVERY) {
            self.said = Some(Instant::now());
            terminal::tell(format!("after {} s: {far}", self.began.elapsed().as_secs()));
        }
        self.bar.set_message(far);
    }

    /// Says from when on the documents can be searched, and counts passages from now on.
    fn deepen(&mut self, passages: u64) {
        if passages == 0 {
            return;
        }
        terminal::note(format!(
            "after {} all {} documents can be searched by their words; vectors of {passages} passages come \
             next, and what is done by then is kept if you stop it",
            in_words(self.began.elapsed()),
            self.documents
        ));
        self.announced = true;
        self.bar.reset();
        self.bar.set_length(passages);
        self.bar.set_style(style(COUNTED));
        self.encoding = true;
    }

    /// Says once how much there is to do, as soon as the beginning shows how long that takes.
    fn announce(&mut self) {
        let (Some(total), far) = (self.bar.length(), self.bar.position()) else { return };
        let spent = self.began.elapsed();
        if self.announced || spent < KNOWN_AFTER || far == 0 || self.passages < ENOUGH {
            return;
        }
        self.announced = true;
        let whole = total as f64 / far as f64;
        let left = spent.mul_f64((whole - 1.0).max(0.0));
        if left >= LONG {
            let passages = rounded(self.passages as f64 * whole);
            terminal::note(format!(
                "about {passages} passages to encode, about {} more; what is done by then is kept if you \
                 stop it",
                in_words(left)
            ));
        }
    }

    /// Takes the bar off the screen.
    pub(crate) fn end(self) {
        self.bar.finish_and_clear();
    }
}

/// Returns a number with its first two digits, for what is estimated.
fn rounded(number: f64) -> u64 {
    let unit = 10f64.powf((number.max(1.0).log10().floor() - 1.0).max(0.0));
    ((number / unit).round() * unit) as u64
}

/// Returns a time as people say it.
fn in_words(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..90 => format!("{seconds} seconds"),
        seconds @ 90..5400 => format!("{} minutes", (seconds + 30) / 60),
        seconds => format!("{:.1} hours", seconds as f64 / 3600.0),
    }
}

/// Tells a bar how many bytes there are.
pub(crate) fn set_total(bar: &ProgressBar, total: u64) {
    bar.set_length(total);
    bar.set_style(style(BYTES));
}

/// The bar of a fetch, and the way to stop it.
pub(crate) struct FetchBar {
    bar: ProgressBar,
    label: Mutex<String>,
    cancel: Cancel,
}

impl FetchBar {
    /// Shows a bar.
    pub(crate) fn begin(cancel: Cancel) -> Self {
        let bar = ProgressBar::no_length().with_style(style(SOME_BYTES));
        Self { bar, label: Mutex::default(), cancel }
    }

    /// Takes the bar off the screen.
    pub(crate) fn end(self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for FetchBar {
    fn advance(&self, label: &str, done: u64, total: Option<u64>) {
        // Another file begins: its bytes count from 0 again.
        if let Ok(mut shown) = self.label.lock()
            && *shown != label
        {
            label.clone_into(&mut shown);
            self.bar.reset();
            self.bar.set_message(label.to_owned());
        }
        match total {
            Some(total) if self.bar.length() != Some(total) => {
                self.bar.set_length(total);
                self.bar.set_style(style(BYTES));
            }
            Some(_) => {}
            None if self.bar.length().is_some() => {
                self.bar.unset_length();
                self.bar.set_style(style(SOME_BYTES));
            }
            None => {}
        }
        self.bar.set_position(done);
        self.bar.tick();
    }

    fn cancelled(&self) -> bool {
        self.cancel.wanted()
    }
}
