//! The Model Context Protocol: the collections as tools of an agent, over stdio and HTTP.
//!
//! `rmcp` speaks the protocol: its stateless form (2026-07-28), and those before it, which begin with
//! `initialize`. Ours are the tools, what they say, and the check of what comes in.

mod argument_error;
mod arguments;
mod calls;
mod client_config;
mod document;
mod excerpt;
mod fair;
mod found;
mod harmless;
mod http;
mod instructions;
mod json;
mod message;
mod report;
mod resource;
mod schemas;
mod server;
mod stdio;
mod tool;
mod tools;

pub use argument_error::ArgumentError;
pub use calls::{GetCall, Part, SearchCall, WhyCall};
pub use client_config::{Client, ClientConfig, Launch, UnknownClient};
pub use http::Http;
pub use instructions::instructions;
pub use resource::Address;
pub use stdio::{serve, serve_stdio};
pub use tools::{ToolError, ToolResult, Tools};

/// The longest message that is read, in bytes.
pub const MAX_MESSAGE: usize = 4 << 20;
