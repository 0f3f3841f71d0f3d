//! What is counted, for Prometheus.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use trommel::Answer;

/// The upper bounds of times, in seconds: half a millisecond to half a minute.
const SECONDS: [f64; 16] = [
    0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0,
    30.0,
];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRequest {
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRoute {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfStage {
    stage: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfCollection {
    collection: String,
}

type Times<L> = Family<L, Histogram, fn() -> Histogram>;

/// The counters.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<OfRequest, Counter>,
    request_seconds: Times<OfRoute>,
    stage_seconds: Times<OfStage>,
    pairs: Counter,
    budgets_spent: Counter,
    waiting: Gauge,
    running: Gauge,
    generations: Family<OfCollection, Gauge>,
    documents: Family<OfCollection, Gauge>,
    known_pairs: Gauge<i64>,
    /// Pairs that searches read, and how long that took, in microseconds.
    timed_pairs: AtomicU64,
    timed_micros: AtomicU64,
}

fn times() -> Histogram {
    Histogram::new(SECONDS)
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let metrics = Self {
            registry: Registry::with_prefix("trommel"),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(times as fn() -> Histogram),
            stage_seconds: Family::new_with_constructor(times as fn() -> Histogram),
            pairs: Counter::default(),
            budgets_spent: Counter::default(),
            waiting: Gauge::default(),
            running: Gauge::default(),
            generations: Family::default(),
            documents: Family::default(),
            known_pairs: Gauge::default(),
            timed_pairs: AtomicU64::default(),
            timed_micros: AtomicU64::default(),
        };
        metrics.registered()
    }

    fn registered(mut self) -> Self {
        let mut registry = std::mem::take(&mut self.registry);
        registry.register("requests", "Requests, by route and status", self.requests.clone());
        registry.register(
            "request_seconds",
            "How long requests took, waiting included",
            self.request_seconds.clone(),
        );
        registry.register(
            "stage_seconds",
            "How long each step of searches took",
            self.stage_seconds.clone(),
        );
        registry.register(
            "pairs_read",
            "Pairs of query and passage that rerankers read",
            self.pairs.clone(),
        );
        registry.register(
            "budgets_spent",
            "Searches and reranks whose time was up before all was read",
            self.budgets_spent.clone(),
        );
        registry.register("queue_waiting", "Requests that wait for a thread", self.waiting.clone());
        registry.register("queue_running", "Requests that are computed", self.running.clone());
        registry.register(
            "generation",
            "The generation that is searched",
            self.generations.clone(),
        );
        registry.register("documents", "Documents of a collection", self.documents.clone());
        registry.register(
            "known_pairs",
            "Scores that need not be computed again",
            self.known_pairs.clone(),
        );
        self.registry = registry;
        self
    }

    /// Counts a request.
    pub(crate) fn request(&self, route: &str, status: u16, took: Duration) {
        let route = route.to_owned();
        self.request_seconds
            .get_or_create(&OfRoute { route: route.clone() })
            .observe(took.as_secs_f64());
        self.requests.get_or_create(&OfRequest { route, status }).inc();
    }

    /// Counts what a search did.
    pub(crate) fn search(&self, answer: &Answer) {
        for step in &answer.trace.steps {
            let stage = OfStage { stage: step.name.clone() };
            self.stage_seconds.get_or_create(&stage).observe(step.took.as_secs_f64());
        }
        if let Some(reading) = answer.reading.filter(|reading| reading.read > 0) {
            let reading_steps = answer.trace.steps.iter().filter(|step| step.name == "rerank");
            let took: Duration = reading_steps.map(|step| step.took).sum();
            self.timed_pairs.fetch_add(reading.read as u64, Ordering::Relaxed);
            self.timed_micros.fetch_add(took.as_micros() as u64, Ordering::Relaxed);
        }
        if let Some(reading) = answer.reading {
            self.reading(reading.read, reading.stopped == trommel::Stopped::Budget);
        }
    }

    /// Returns how many milliseconds reading one pair took so far; nothing before one was read.
    pub(crate) fn per_pair_ms(&self) -> Option<f64> {
        let pairs = self.timed_pairs.load(Ordering::Relaxed);
        let micros = self.timed_micros.load(Ordering::Relaxed);
        (pairs > 0).then(|| micros as f64 / pairs as f64 / 1000.0)
    }

    /// Counts what rerankers read.
    pub(crate) fn reading(&self, pairs: usize, is_spent: bool) {
        self.pairs.inc_by(pairs as u64);
        self.budgets_spent.inc_by(u64::from(is_spent));
    }

    /// Returns all of it in the text format of OpenMetrics, with what holds now.
    pub(crate) fn text(&self, now: &Now) -> String {
        self.waiting.set(now.waiting as i64);
        self.running.set(now.running as i64);
        self.known_pairs.set(now.known_pairs as i64);
        for (name, generation, documents) in &now.collections {
            let collection = || OfCollection { collection: name.clone() };
            self.generations.get_or_create(&collection()).set(*generation as i64);
            self.documents.get_or_create(&collection()).set(*documents as i64);
        }
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// What holds at this moment.
pub(crate) struct Now {
    pub(crate) waiting: usize,
    pub(crate) running: usize,
    pub(crate) known_pairs: usize,
    /// Name, generation and documents of each collection.
    pub(crate) collections: Vec<(String, u64, u64)>,
}
