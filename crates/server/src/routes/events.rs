//! Server-sent events out of a channel.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::response::sse::Event;
use futures_core::Stream;
use tokio::sync::mpsc::UnboundedReceiver;

/// What comes out of a channel, as a stream.
pub(super) struct Told(UnboundedReceiver<Event>);

/// Returns the events of a channel, until nobody can send any more.
pub(super) fn stream(events: UnboundedReceiver<Event>) -> Told {
    Told(events)
}

impl Stream for Told {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|event| event.map(Ok))
    }
}
