//! The server: what it answers to each request of the protocol.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock,
    CustomRequest, CustomResult, DiscoverResult, ErrorCode, Implementation,
    InitializeRequestParams, InitializeResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, MetaObject, PaginatedRequestParams, ProtocolVersion,
    ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, ResourceContents,
    ResourceTemplate, ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Map, json};
use trommel_core::near;

use super::calls::RESOURCE_CHARS;
use super::document::Document;
use super::resource::{Address, TEMPLATE};
use super::tool::{Outcome, Tool};
use super::tools::{ToolError, Tools};

/// The versions that are spoken, the newest first.
pub(super) const VERSIONS: &[ProtocolVersion] = &[
    ProtocolVersion::V_2026_07_28,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_03_26,
    ProtocolVersion::V_2024_11_05,
];

/// How long a client may keep what only a new version of the program changes.
const AN_HOUR_MS: u64 = 60 * 60 * 1_000;
/// How long it may keep what indexing changes.
const A_MINUTE_MS: u64 = 60 * 1_000;
const PLAIN_TEXT: &str = "text/plain";

/// Answers the requests of clients with the tools. Its copies are one server.
#[derive(Clone)]
pub(super) struct Server {
    tools: Arc<dyn Tools>,
}

type Context = RequestContext<RoleServer>;

impl Server {
    pub(super) fn new(tools: Arc<dyn Tools>) -> Self {
        Self { tools }
    }

    /// Does work on a thread of its own, and sets its flag when the request is cancelled.
    async fn run<T: Send + 'static>(
        &self,
        context: &Context,
        work: impl FnOnce(&dyn Tools, &AtomicBool) -> T + Send + 'static,
    ) -> Result<T, ErrorData> {
        let tools = Arc::clone(&self.tools);
        let cancel = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&cancel);
        let mut task = tokio::task::spawn_blocking(move || work(tools.as_ref(), &flag));
        let done = tokio::select! {
            done = &mut task => done,
            () = context.ct.cancelled() => {
                cancel.store(true, Ordering::Relaxed);
                task.await
            }
        };
        done.map_err(|_| ErrorData::internal_error("the tool ended without an answer", None))
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().enable_resources().build();
        ServerConfig::new(capabilities).with_server_info(implementation())
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(VERSIONS)
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: Context,
    ) -> Result<InitializeResult, ErrorData> {
        context.peer.set_peer_info(request.clone());
        let instructions = self.run(&context, |tools, _| tools.instructions()).await?;
        Ok(self.negotiate_initialize(&request)?.with_instructions(instructions))
    }

    async fn discover(&self, context: Context) -> Result<DiscoverResult, ErrorData> {
        let instructions = self.run(&context, |tools, _| tools.instructions()).await?;
        let config = self.get_info().with_instructions(instructions);
        Ok(DiscoverResult::from_server_info(VERSIONS.to_vec(), config)
            .with_ttl_ms(A_MINUTE_MS)
            .with_cache_scope(CacheScope::Private))
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListToolsResult, ErrorData> {
        the_only_page(request)?;
        let (ttl_ms, cache_scope) = kept(&context, AN_HOUR_MS, CacheScope::Public);
        let tools = ListToolsResult::with_all_items(Tool::ALL.map(Tool::definition).to_vec());
        Ok(ListToolsResult { ttl_ms, cache_scope, meta: meta(&context), ..tools })
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        let tool = Tool::named(&request.name).ok_or_else(|| unknown_tool(&request.name))?;
        let mut result = match tool.call(&request.arguments.unwrap_or_default()) {
            Err(errors) => {
                let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
                failure(said.join("\n"))
            }
            Ok(call) => {
                match self.run(&context, move |tools, cancel| call.run(tools, cancel)).await? {
                    Ok(outcome) => success(outcome),
                    Err(ToolError { message, hint, .. }) => failure(match hint {
                        Some(hint) => format!("{message}\n{hint}"),
                        None => message,
                    }),
                }
            }
        };
        result.meta = meta(&context);
        Ok(result.into())
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        the_only_page(request)?;
        let (ttl_ms, cache_scope) = kept(&context, AN_HOUR_MS, CacheScope::Public);
        // A collection has more documents than a client could show; they are found, not listed.
        let none = ListResourcesResult::with_all_items(Vec::new());
        Ok(ListResourcesResult { ttl_ms, cache_scope, meta: meta(&context), ..none })
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        the_only_page(request)?;
        let (ttl_ms, cache_scope) = kept(&context, AN_HOUR_MS, CacheScope::Public);
        let all = ListResourceTemplatesResult::with_all_items(vec![template()]);
        Ok(ListResourceTemplatesResult { ttl_ms, cache_scope, meta: meta(&context), ..all })
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let uri = request.uri;
        let address = Address::parse(&uri).ok_or_else(|| {
            let message = format!("no such resource: expected {TEMPLATE}, got {uri}");
            ErrorData::resource_not_found(message, Some(json!({ "uri": uri })))
        })?;
        let read = self.run(&context, move |tools, cancel| tools.read_resource(&address, cancel));
        let document = read.await?.map_err(|error| match error.not_found {
            true => ErrorData::resource_not_found(error.message, Some(json!({ "uri": uri }))),
            false => ErrorData::internal_error(error.message, Some(json!({ "uri": uri }))),
        })?;
        let text = Document::of(&document, RESOURCE_CHARS).into_text();
        let contents = ResourceContents::text(text, uri).with_mime_type(PLAIN_TEXT);
        let mut result = ReadResourceResult::new(vec![contents]);
        (result.ttl_ms, result.cache_scope) = kept(&context, A_MINUTE_MS, CacheScope::Private);
        result.meta = meta(&context);
        Ok(result.into())
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _context: Context,
    ) -> Result<CustomResult, ErrorData> {
        let message = format!("no such method: {}", request.method);
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, message, None))
    }
}

fn implementation() -> Implementation {
    Implementation::new("trommel", env!("CARGO_PKG_VERSION")).with_title("trommel")
}

fn is_stateless(context: &Context) -> bool {
    context.protocol_version().is_some_and(|version| !version.has_initialize())
}

/// Returns who answers, as the stateless version wants it on every result.
fn meta(context: &Context) -> Option<MetaObject> {
    let server = || {
        let server = serde_json::to_value(implementation()).ok()?;
        let key = "io.modelcontextprotocol/serverInfo".to_owned();
        Some(MetaObject(Map::from_iter([(key, server)])))
    };
    is_stateless(context).then(server).flatten()
}

/// Returns how long and by whom a result may be kept, which only the stateless version knows.
fn kept(context: &Context, ttl_ms: u64, scope: CacheScope) -> (Option<u64>, Option<CacheScope>) {
    if is_stateless(context) { (Some(ttl_ms), Some(scope)) } else { (None, None) }
}

fn template() -> ResourceTemplate {
    let about = "The text of a document of a collection, as it was indexed; the id is as search gives \
                 it, with :10-40 or #3 behind it only these lines or this page";
    ResourceTemplate::new(TEMPLATE, "document")
        .with_title("A document")
        .with_description(about)
        .with_mime_type(PLAIN_TEXT)
}

/// Refuses a cursor: there is one page, so that none was ever given out.
fn the_only_page(request: Option<PaginatedRequestParams>) -> Result<(), ErrorData> {
    match request.and_then(|request| request.cursor) {
        Some(_) => Err(ErrorData::invalid_params("no such cursor: there is one page only", None)),
        None => Ok(()),
    }
}

fn unknown_tool(name: &str) -> ErrorData {
    let names = Tool::ALL.map(Tool::name);
    let near = near(name, names).into_iter().next();
    let near = near.map(|near| format!("; {near} is like it")).unwrap_or_default();
    let message = format!("no such tool: expected one of {}, got {name}{near}", names.join(", "));
    ErrorData::invalid_params(message, None)
}

fn success(Outcome { data, words }: Outcome) -> CallToolResult {
    let mut result = CallToolResult::success(vec![ContentBlock::text(words)]);
    result.structured_content = Some(data);
    result
}

fn failure(words: String) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(words)])
}
