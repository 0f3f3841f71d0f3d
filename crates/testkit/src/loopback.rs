//! An HTTP server on this machine that answers as a test says: rightly, late, in part, without end
//! or not at all.
//!
//! It speaks as much of HTTP/1.1 as a client of JSON needs, keeps connections open, and has a thread
//! a connection. Dropped, it stops.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;

/// How often whatever waits looks whether the server has stopped.
const GLANCE: Duration = Duration::from_millis(5);

/// What a client sent.
#[derive(Debug, Clone)]
pub struct Request {
    /// How many requests came before it.
    pub number: usize,
    /// Such as `POST`.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Names in lower case, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// All of it.
    pub body: Vec<u8>,
}

impl Request {
    /// Returns a header's value; `name` is in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns the body as JSON, null if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// What the server answers.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers beside the body's length.
    pub headers: Vec<(&'static str, String)>,
    /// All of it.
    pub body: Vec<u8>,
    /// How it is sent.
    pub manner: Manner,
}

/// How an answer is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// At once, as it should be.
    Whole,
    /// Whole, after a while.
    Late(Duration),
    /// So many bytes of the body, whose length was told, and then the connection ends.
    Cut(usize),
    /// The connection ends without a word.
    Silent,
    /// Nothing, and the connection stays.
    Hang,
    /// A byte of the body at a time, with so long between two.
    Drip(Duration),
    /// A body of blanks that never ends, of a length that nobody told.
    Endless,
}

impl Answer {
    /// Returns an answer of JSON.
    #[must_use]
    pub fn json(status: u16, body: &Value) -> Self {
        Self::text(status, &body.to_string())
    }

    /// Returns an answer with that very body.
    #[must_use]
    pub fn text(status: u16, body: &str) -> Self {
        let headers = vec![("Content-Type", "application/json".to_owned())];
        Self { status, headers, body: body.as_bytes().to_vec(), manner: Manner::Whole }
    }

    /// Returns the answer with one more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Returns the answer, sent in another manner.
    #[must_use]
    pub fn sent(mut self, manner: Manner) -> Self {
        self.manner = manner;
        self
    }
}

/// The server.
pub struct Loopback {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    answer: Box<dyn Fn(&Request) -> Answer + Send + Sync>,
    requests: Mutex<Vec<Request>>,
    open: Mutex<Vec<TcpStream>>,
    stopped: AtomicBool,
    busy: AtomicUsize,
    busiest: AtomicUsize,
    sent: AtomicU64,
}

impl Loopback {
    /// Starts a server on a free port that answers so.
    ///
    /// # Panics
    ///
    /// If the machine has no loopback interface.
    #[must_use]
    pub fn start(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port of this machine");
        let address = listener.local_addr().expect("the port's number");
        let shared = Arc::new(Shared {
            answer: Box::new(answer),
            requests: Mutex::default(),
            open: Mutex::default(),
            stopped: AtomicBool::new(false),
            busy: AtomicUsize::new(0),
            busiest: AtomicUsize::new(0),
            sent: AtomicU64::new(0),
        });
        let serving = Arc::clone(&shared);
        let accepting = thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if serving.stopped.load(Ordering::SeqCst) {
                    return;
                }
                lock(&serving.open).extend(stream.try_clone());
                let shared = Arc::clone(&serving);
                thread::spawn(move || shared.serve(stream));
            }
        });
        Self { address, shared, accepting: Mutex::new(Some(accepting)) }
    }

    /// Returns where it is, such as `http://127.0.0.1:34567`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns what came so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.shared.requests).clone()
    }

    /// Returns how many requests at most were being answered at once.
    #[must_use]
    pub fn busiest(&self) -> usize {
        self.shared.busiest.load(Ordering::SeqCst)
    }

    /// Returns how many bytes of bodies were sent.
    #[must_use]
    pub fn bytes_sent(&self) -> u64 {
        self.shared.sent.load(Ordering::SeqCst)
    }

    /// Ends all connections and takes no more, as a killed server does.
    pub fn stop(&self) {
        if !self.shared.stopped.swap(true, Ordering::SeqCst) {
            for stream in lock(&self.shared.open).drain(..) {
                let _ = stream.shutdown(Shutdown::Both);
            }
            // The thread that accepts is woken up and ends, and its port is closed.
            let _ = TcpStream::connect(self.address);
            if let Some(accepting) = lock(&self.accepting).take() {
                let _ = accepting.join();
            }
        }
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream) {
        let Ok(mut writer) = stream.try_clone() else { return };
        let mut reader = BufReader::new(stream);
        while let Ok(mut request) = read(&mut reader) {
            let mut requests = lock(&self.requests);
            request.number = requests.len();
            requests.push(request.clone());
            drop(requests);
            let busy = self.busy.fetch_add(1, Ordering::SeqCst) + 1;
            self.busiest.fetch_max(busy, Ordering::SeqCst);
            let kept = self.write(&mut writer, &(self.answer)(&request));
            self.busy.fetch_sub(1, Ordering::SeqCst);
            if !matches!(kept, Ok(true)) {
                break;
            }
        }
        let _ = writer.shutdown(Shutdown::Both);
    }

    /// Sends an answer; returns whether the connection stays.
    fn write(&self, stream: &mut TcpStream, answer: &Answer) -> io::Result<bool> {
        let mut head = format!("HTTP/1.1 {} Answer\r\n", answer.status);
        for (name, value) in &answer.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if answer.manner != Manner::Endless {
            head.push_str(&format!("Content-Length: {}\r\n", answer.body.len()));
        }
        head.push_str("\r\n");
        let body = &answer.body;
        let mut send = |bytes: &[u8]| {
            self.sent.fetch_add(bytes.len() as u64, Ordering::SeqCst);
            stream.write_all(bytes)
        };
        match answer.manner {
            Manner::Whole => send(&[head.as_bytes(), body].concat())?,
            Manner::Late(time) => {
                self.wait(time)?;
                send(&[head.as_bytes(), body].concat())?;
            }
            Manner::Cut(length) => {
                send(&[head.as_bytes(), &body[..length.min(body.len())]].concat())?;
                return Ok(false);
            }
            Manner::Silent => return Ok(false),
            Manner::Hang => self.wait(Duration::MAX)?,
            Manner::Drip(time) => {
                send(head.as_bytes())?;
                for byte in body {
                    self.wait(time)?;
                    send(&[*byte])?;
                }
            }
            Manner::Endless => {
                send(head.as_bytes())?;
                loop {
                    self.wait(Duration::ZERO)?;
                    send(&[b' '; 1 << 16])?;
                }
            }
        }
        Ok(true)
    }

    /// Waits; an error if the server stops meanwhile.
    fn wait(&self, time: Duration) -> io::Result<()> {
        let mut left = time;
        while !self.stopped.load(Ordering::SeqCst) {
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(GLANCE.min(left));
            left = left.saturating_sub(GLANCE);
        }
        Err(io::ErrorKind::Interrupted.into())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read(stream: &mut impl BufRead) -> io::Result<Request> {
    let mut line = || {
        let mut line = String::new();
        match stream.read_line(&mut line)? {
            0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
            _ => Ok(line.trim_end().to_owned()),
        }
    };
    let first = line()?;
    let mut headers = Vec::new();
    loop {
        let line = line()?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or(io::ErrorKind::InvalidData)?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut request = Request { number: 0, method, path, headers, body: Vec::new() };
    let length = request.header("content-length").and_then(|length| length.parse().ok());
    request.body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut request.body)?;
    Ok(request)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn ask(server: &Loopback, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(server.address).unwrap();
        send(&mut stream, body);
        stream
    }

    fn send(stream: &mut TcpStream, body: &str) {
        let length = body.len();
        write!(stream, "POST /x HTTP/1.1\r\nHost: h\r\nCONTENT-length: {length}\r\n\r\n{body}")
            .unwrap();
    }

    #[test]
    fn a_connection_is_kept_and_what_came_is_known() {
        let server = Loopback::start(|request| Answer::json(200, &request.json()));
        let mut stream = ask(&server, "[1]");
        for body in ["[1]", "[2]"] {
            if body == "[2]" {
                send(&mut stream, body);
            }
            let mut got = Vec::new();
            while !got.ends_with(body.as_bytes()) {
                let mut some = [0; 64];
                let read = stream.read(&mut some).unwrap();
                assert_ne!(read, 0);
                got.extend_from_slice(&some[..read]);
            }
            assert!(got.starts_with(b"HTTP/1.1 200 "));
        }
        let requests = server.requests();
        assert_eq!(requests.len(), 2);
        assert_eq!((requests[1].number, requests[1].path.as_str()), (1, "/x"));
        assert_eq!(requests[1].header("host"), Some("h"));
        assert_eq!(server.busiest(), 1);
    }

    #[test]
    fn a_cut_answer_ends_early_and_a_stopped_server_ends_a_hang() {
        let server = Loopback::start(|_| Answer::text(200, "0123456789").sent(Manner::Cut(4)));
        let mut got = String::new();
        ask(&server, "").read_to_string(&mut got).unwrap();
        assert!(got.contains("Content-Length: 10") && got.ends_with("\r\n0123"), "{got}");

        let server = Loopback::start(|_| Answer::text(200, "").sent(Manner::Hang));
        let mut stream = ask(&server, "");
        while server.requests().is_empty() {
            thread::sleep(GLANCE);
        }
        server.stop();
        // Reset or ended, but over.
        let _ = stream.read_to_string(&mut got);
        assert!(TcpStream::connect(server.address).is_err());
    }
}
