//! The server on standard input and output: a message a line.

use std::convert::Infallible;
use std::future::ready;
use std::io;
use std::sync::Arc;

use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::service::ServerInitializeError;
use rmcp::transport::Transport;
use rmcp::{RoleServer, ServiceExt};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::server::Server;
use super::tools::Tools;
use super::{MAX_MESSAGE, message};

/// Serves one client on standard input and output until it closes the input.
///
/// # Errors
///
/// If the streams fail.
pub fn serve_stdio(tools: Arc<dyn Tools>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let served = runtime.block_on(serve(tools, tokio::io::stdin(), tokio::io::stdout()));
    // Not to wait for a tool that did not see its flag, nor for input after the output is closed.
    runtime.shutdown_background();
    served
}

/// Serves one client until its input ends.
///
/// # Errors
///
/// If the streams fail.
pub async fn serve(
    tools: Arc<dyn Tools>,
    input: impl AsyncRead + Send + Unpin + 'static,
    output: impl AsyncWrite + Send + Unpin + 'static,
) -> io::Result<()> {
    let (sender, lines) = unbounded_channel();
    let writer = tokio::spawn(write(output, lines));
    match Server::new(tools).serve(Lines::new(input, sender)).await {
        Ok(running) => {
            running.waiting().await.map_err(io::Error::other)?;
        }
        // A client may leave before it asks anything but what there is.
        Err(ServerInitializeError::ConnectionClosed(_)) => {}
        Err(error) => return Err(io::Error::other(error)),
    }
    writer.await.map_err(io::Error::other)?
}

/// Writes lines as they come, until no more can come.
async fn write(
    mut output: impl AsyncWrite + Unpin,
    mut lines: UnboundedReceiver<Vec<u8>>,
) -> io::Result<()> {
    while let Some(line) = lines.recv().await {
        output.write_all(&line).await?;
        output.flush().await?;
    }
    Ok(())
}

/// Messages as lines of JSON.
///
/// What is read so far lives here, and not in [`receive`](Transport::receive), which the service drops
/// whenever an answer is ready.
struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    /// Whether the rest of a line that was too long is still to be skipped.
    skipping: bool,
    /// Whether there was a request.
    opened: bool,
    output: UnboundedSender<Vec<u8>>,
}

/// A line that was read.
enum Line {
    Whole(Vec<u8>),
    TooLong,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    fn new(input: R, output: UnboundedSender<Vec<u8>>) -> Self {
        let input = BufReader::new(input);
        Self { input, line: Vec::new(), skipping: false, opened: false, output }
    }

    /// Reads a line; none at the end. It may be dropped and called again at any time.
    async fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            let read = self.input.fill_buf().await?;
            if read.is_empty() {
                // The last line need not end.
                let last = std::mem::take(&mut self.line);
                return Ok((!last.is_empty()).then_some(Line::Whole(last)));
            }
            let end = read.iter().position(|&byte| byte == b'\n');
            let part = &read[..end.unwrap_or(read.len())];
            let too_long = self.line.len() + part.len() > MAX_MESSAGE;
            if !self.skipping && !too_long {
                self.line.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            self.input.consume(used);

            let was_skipping = self.skipping;
            self.skipping = end.is_none() && (was_skipping || too_long);
            if too_long && !was_skipping {
                self.line = Vec::new();
                return Ok(Some(Line::TooLong));
            }
            if end.is_some() && !was_skipping {
                return Ok(Some(Line::Whole(std::mem::take(&mut self.line))));
            }
        }
    }

    /// Returns the message of a line; none if there is none in it for the service.
    fn message(&mut self, line: Line) -> Option<ClientJsonRpcMessage> {
        let bytes = match line {
            Line::Whole(bytes) if bytes.trim_ascii().is_empty() => return None,
            Line::Whole(bytes) => bytes,
            Line::TooLong => {
                self.put(&message::too_long(MAX_MESSAGE));
                return None;
            }
        };
        match message::read(&bytes) {
            Ok(message) => {
                self.opened |= matches!(message, ClientJsonRpcMessage::Request(_));
                // What comes before any request is about nothing; the service would end over it.
                self.opened.then_some(message)
            }
            Err(error) => {
                self.put(&error);
                None
            }
        }
    }

    /// Puts a message into the output. Once nobody reads that, the input is not read either, so that
    /// nothing is lost if it fails.
    fn put(&self, message: &impl Serialize) {
        if let Ok(mut line) = serde_json::to_vec(message) {
            line.push(b'\n');
            let _ = self.output.send(line);
        }
    }
}

impl<R: AsyncRead + Send + Unpin> Transport<RoleServer> for Lines<R> {
    type Error = Infallible;

    fn send(
        &mut self,
        message: ServerJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Infallible>> + Send + 'static {
        self.put(&message);
        ready(Ok(()))
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        let output = self.output.clone();
        loop {
            let line = tokio::select! {
                () = output.closed() => return None,
                line = self.next() => line.ok().flatten()?,
            };
            if let Some(message) = self.message(line) {
                return Some(message);
            }
        }
    }

    async fn close(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

#[cfg(test)]
#[path = "stdio_tests.rs"]
mod tests;
