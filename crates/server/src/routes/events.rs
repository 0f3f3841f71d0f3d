//! Server-sent events out of a channel.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use axum::response::sse::Event;
use futures_core::Stream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How often a thread looks at whether its event has left.
const LOOKED_EVERY: Duration = Duration::from_micros(100);

/// Sends events to a client.
#[derive(Clone)]
pub(super) struct Teller {
    events: UnboundedSender<Event>,
    told: Arc<AtomicUsize>,
    left: Arc<AtomicUsize>,
}

/// What is told, as a stream that ends with the last teller.
pub(super) struct Told {
    events: UnboundedReceiver<Event>,
    taken: usize,
    left: Arc<AtomicUsize>,
}

/// Returns both ends of a channel of events.
pub(super) fn channel() -> (Teller, Told) {
    let (sender, receiver) = unbounded_channel();
    let left = Arc::new(AtomicUsize::new(0));
    let teller = Teller { events: sender, told: Arc::default(), left: Arc::clone(&left) };
    (teller, Told { events: receiver, taken: 0, left })
}

impl Teller {
    /// Tells an event; says whether anybody may hear it.
    pub(super) fn tell(&self, event: Event) -> bool {
        self.told.fetch_add(1, Ordering::Relaxed);
        self.events.send(event).is_ok()
    }

    /// Returns once nobody listens any more.
    pub(super) async fn closed(&self) {
        self.events.closed().await;
    }

    /// Waits until all that was told is on its way, or for `patience`. Who computes on every core next keeps
    /// the network from sending it first.
    pub(super) fn see_off(&self, patience: Duration) {
        let began = Instant::now();
        let told = self.told.load(Ordering::Relaxed);
        while self.left.load(Ordering::Relaxed) < told && began.elapsed() < patience {
            thread::sleep(LOOKED_EVERY);
        }
    }
}

impl Stream for Told {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.events.poll_recv(context) {
            Poll::Ready(event) => {
                self.taken += 1;
                Poll::Ready(event.map(Ok))
            }
            // The connection asks for more only after it has taken what was there to be written.
            Poll::Pending => {
                self.left.store(self.taken, Ordering::Relaxed);
                Poll::Pending
            }
        }
    }
}
