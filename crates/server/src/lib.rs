//! trommel over HTTP and MCP: searches, documents, rerankers and vectors for programs, tools for agents, and
//! a page for people.
//!
//! A thin shell over the library `trommel`: requests are checked, computed on a bounded pool of threads, and
//! written as the command line writes them. `docs/server.md` describes the routes, `docs/security.md` what
//! is promised to whom.

mod compat;
mod error;
#[cfg(test)]
mod fake;
mod following;
mod guard;
mod helps;
mod jobs;
mod listen;
mod log;
pub mod mcp;
mod metrics;
mod models;
mod once;
mod openapi;
mod page;
mod pool;
mod routes;
mod served;
mod state;
mod time;
mod tools;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::TcpListener;

pub use listen::ConnectionLimits;
pub use models::LoadedModels;
pub use served::Served;
pub use state::Limits;

use guard::Guard;
use jobs::Jobs;
use log::Log;
use metrics::Metrics;
use pool::Pool;
use state::{App, Shared};
use tools::AppTools;

/// How a server works.
pub struct Options {
    /// The key that requests must have, if any.
    pub key: Option<String>,
    /// Names of this server beside its addresses.
    pub hosts: Vec<String>,
    /// Pages of others that may ask.
    pub origins: Vec<String>,
    /// How many requests may wait.
    pub queue: usize,
    /// How many are computed at a time.
    pub workers: usize,
    /// Whether budgets shrink under load before anything is refused.
    pub shed: bool,
    /// Whether models by another name than that of the loaded one are refused.
    pub strict_model: bool,
    /// How much one request may hold.
    pub limits: Limits,
    /// What connections may take.
    pub connections: ConnectionLimits,
    /// Whether collections follow their files.
    pub watch: bool,
    /// Where the log goes.
    pub log: Option<Box<dyn Write + Send>>,
}

impl Default for Options {
    /// Returns a server without a key, for this machine alone, with a queue of 64 and two threads.
    fn default() -> Self {
        Self {
            key: None,
            hosts: Vec::new(),
            origins: Vec::new(),
            queue: 64,
            workers: 2,
            shed: false,
            strict_model: false,
            limits: Limits::default(),
            connections: ConnectionLimits::default(),
            watch: false,
            log: None,
        }
    }
}

fn app(
    collections: Vec<Served>,
    models: LoadedModels,
    options: Options,
    bound: SocketAddr,
) -> (App, ConnectionLimits) {
    let Options {
        key,
        hosts,
        origins,
        queue,
        workers,
        shed,
        strict_model,
        limits,
        connections,
        watch,
        log,
    } = options;
    let pool = Pool::start(workers.max(1), queue);
    let shared = Shared {
        collections: collections.into_iter().map(Arc::new).collect(),
        models,
        guard: Guard::new(bound, key.as_deref(), hosts, origins),
        jobs: Jobs::new(pool.is_busy(), !watch),
        pool,
        metrics: Metrics::new(),
        log: Log::to(log),
        limits,
        strict_model,
        shed,
        ending: AtomicBool::new(false),
    };
    (App::new(shared), connections)
}

/// Serves collections at an address until `stop` is set, then answers what was begun and returns.
/// `ready` is told the address once requests are taken: with port 0 the system chooses one.
///
/// # Errors
///
/// If the address cannot be listened at.
pub fn serve(
    collections: Vec<Served>,
    models: LoadedModels,
    options: Options,
    address: SocketAddr,
    ready: impl FnOnce(SocketAddr),
    stop: &AtomicBool,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(32)
        .enable_all()
        .build()?;
    let follows = options.watch;
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await?;
        let bound = listener.local_addr()?;
        let (app, limits) = app(collections, models, options, bound);
        let router = routes::router(app.clone());
        if follows {
            app.collections.iter().for_each(|served| following::start(&app, served));
        }
        ready(bound);
        let ended = async {
            while !stop.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            app.ending.store(true, Ordering::Relaxed);
            app.jobs.cancel_all();
        };
        listen::serve(listener, router, limits, ended).await;
        Ok(())
    })
}

/// Speaks MCP on standard input and output until its end.
///
/// # Errors
///
/// If they fail.
pub fn serve_mcp(
    collections: Vec<Served>,
    models: LoadedModels,
    options: Options,
) -> io::Result<()> {
    let (app, _) = app(collections, models, options, SocketAddr::from(([127, 0, 0, 1], 0)));
    mcp::serve_stdio(Arc::new(AppTools(app)))
}
