//! How fast a language model of the store reads and writes here: tokens a second.
//!
//!     cargo run --release -p trommel-inference --example llm_speed -- [MODEL] [THREADS]

use std::env;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use trommel_core::{Ask, ChatModel, Message, Role, SystemClock};
use trommel_inference::llm::InProcess;
use trommel_models::{DEFAULT_LANGUAGE_MODEL, Store};

const WORDS: &str = "The order of the passages is that in which they answer the query. ";

#[allow(clippy::print_stdout, reason = "an example")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let id = arguments.next().unwrap_or_else(|| DEFAULT_LANGUAGE_MODEL.to_owned());
    let threads = arguments.next().map_or(Ok(2), |n| n.parse())?;
    let home = env::var_os("TROMMEL_HOME").ok_or("set TROMMEL_HOME to the folder of the store")?;
    let installed = Store::new(home.into()).model(&id)?;
    let start = Instant::now();
    let model = InProcess::load(&installed, threads, Arc::new(SystemClock::start()))?;
    println!("load    {:.2} s", start.elapsed().as_secs_f64());
    for (name, repeat, shared, max_tokens) in [
        ("read", 128, 0, 1),
        ("again", 128, WORDS.len() * 127, 1),
        ("again", 128, WORDS.len() * 127, 1),
        ("write", 1, 0, 40),
    ] {
        let content = WORDS.repeat(repeat);
        let messages = [Message { role: Role::User, content }];
        let ask = Ask { messages: &messages, shared, max_tokens, first: &[] };
        let start = Instant::now();
        let reply = model.complete(&ask, Duration::MAX)?;
        let seconds = start.elapsed().as_secs_f64();
        let (read, written) =
            (reply.prompt_tokens.unwrap_or(0), reply.completion_tokens.unwrap_or(0));
        println!(
            "{name:7} {read} + {written} tokens in {seconds:.2} s: {:.0} tokens/s; {:?}",
            (read + written) as f64 / seconds,
            reply.text
        );
    }
    Ok(())
}
